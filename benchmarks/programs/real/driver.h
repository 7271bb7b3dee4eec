// What the programs around real libraries share: generated input and a checksum.
#ifndef DRIVER_H
#define DRIVER_H
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Does `n` units of work. The sum depends on all of it; a small negative number tells which step failed.
int run(int n);

#define HASH_START 14695981039346656037u

static inline uint64_t hash_bytes(uint64_t h, const void *data, size_t len) {
  const uint8_t *p = data;
  for (size_t i = 0; i < len; i++) h = (h ^ p[i]) * 0x100000001b3u;
  return h;
}

// 64 bits to the 32 of the result.
static inline int fold(uint64_t h) { return (int)(uint32_t)(h ^ h >> 32); }

static inline uint64_t next_random(uint64_t *state) {
  uint64_t x = *state;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}

// Text-like data: words out of a small vocabulary, some numbers, some noise.
static inline void fill_text(uint8_t *out, size_t len, uint64_t seed) {
  static const char *const words[] = {"the ", "memory ", "of ", "a ", "module ", "is ", "isolated ", "from ",
    "every ", "other ", "and ", "no ", "check ", "is ", "lost, ", "as ", "rustc ", "proves.\n", "import ", "export "};
  uint64_t s = seed * 0x9e3779b97f4a7c15u + 1;
  size_t i = 0;
  while (i < len) {
    uint64_t r = next_random(&s);
    if ((r & 63) == 0) {
      for (int k = 0; k < 16 && i < len; k++) out[i++] = (uint8_t)(next_random(&s) >> 32);
    } else if ((r & 15) == 1) {
      uint32_t v = (uint32_t)(r >> 40);
      do {
        out[i++] = (uint8_t)('0' + v % 10);
        v /= 10;
      } while (v && i < len);
    } else {
      const char *w = words[(r >> 20) % (sizeof words / sizeof *words)];
      while (*w && i < len) out[i++] = (uint8_t)*w++;
    }
  }
}
#endif
