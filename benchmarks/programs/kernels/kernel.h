// What the kernels share: the numbers they work on, and the sum that every one of them gives.
#ifndef KERNEL_H
#define KERNEL_H
#include <stddef.h>
#include <stdint.h>

// Does `n` units of work. The sum depends on all of it.
int run(int n);

// Numbers that look random, the same everywhere: xorshift.
static inline uint32_t next_random(uint32_t *state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

// From -1 to 1.
static inline double next_real(uint32_t *state) {
  return (double)(int32_t)next_random(state) / 2147483648.0;
}

static inline uint32_t mix(uint32_t sum, uint32_t value) { return (sum ^ value) * 16777619u; }

static inline uint32_t mix_real(uint32_t sum, double value) {
  union {
    double real;
    uint64_t bits;
  } u = {value};
  return mix(mix(sum, (uint32_t)u.bits), (uint32_t)(u.bits >> 32));
}
#endif
