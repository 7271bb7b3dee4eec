// What the C programs share. Each exports one function of its size; natively, main prints the
// expectations for the sizes that rebuild.sh takes from the source's `sizes:` line.
#ifndef CORPUS_H
#define CORPUS_H
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __wasm__
#define CORPUS(result, name) __attribute__((export_name(#name))) result name(int32_t n)
#else
#include <stdio.h>
static inline void print_i32(int32_t v) { printf("i32:%ld\n", (long)v); }
static inline void print_i64(int64_t v) { printf("i64:%lld\n", (long long)v); }
// 17 digits name the number exactly.
static inline void print_f64(double v) { printf("f64:%.17g\n", v); }
#define PRINT(value) _Generic((value), int32_t: print_i32, int64_t: print_i64, double: print_f64)(value)
#define CORPUS(result, name) \
  static result name(int32_t n); \
  int main(int argc, char **argv) { \
    for (int i = 1; i < argc; i++) { \
      int32_t n = (int32_t)atoi(argv[i]); \
      printf("invoke " #name " i32:%ld = ", (long)n); \
      PRINT(name(n)); \
    } \
    return 0; \
  } \
  static result name(int32_t n)
#endif

// xorshift64: the same numbers on every machine.
static inline uint64_t next_random(uint64_t *state) {
  uint64_t x = *state;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}

// FNV-1a, to sum up results.
static inline uint64_t mix(uint64_t hash, uint64_t value) {
  for (int i = 0; i < 8; i++) hash = (hash ^ ((value >> (8 * i)) & 255)) * 0x100000001b3u;
  return hash;
}
#define MIX_START 0xcbf29ce484222325u
#endif
