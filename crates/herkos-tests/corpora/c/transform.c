// A number-theoretic transform (mod 998244353): polynomial products, against the schoolbook product.
// sizes: 1 2 8 100 700
#include "corpus.h"

#define P 998244353u

static uint32_t multiply(uint32_t a, uint32_t b) { return (uint32_t)((uint64_t)a * b % P); }

static uint32_t power(uint32_t base, uint32_t e) {
  uint32_t r = 1;
  for (; e; e >>= 1, base = multiply(base, base))
    if (e & 1) r = multiply(r, base);
  return r;
}

static void transform(uint32_t *a, uint32_t size, int inverse) {
  for (uint32_t i = 1, j = 0; i < size; i++) {
    uint32_t bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      uint32_t t = a[i];
      a[i] = a[j], a[j] = t;
    }
  }
  for (uint32_t len = 2; len <= size; len <<= 1) {
    uint32_t step = power(3, inverse ? P - 1 - (P - 1) / len : (P - 1) / len);
    for (uint32_t i = 0; i < size; i += len) {
      uint32_t w = 1;
      for (uint32_t k = 0; k < len / 2; k++, w = multiply(w, step)) {
        uint32_t u = a[i + k], v = multiply(a[i + k + len / 2], w);
        a[i + k] = u + v < P ? u + v : u + v - P;
        a[i + k + len / 2] = u >= v ? u - v : u + P - v;
      }
    }
  }
  if (inverse) {
    uint32_t scale = power(size, P - 2);
    for (uint32_t i = 0; i < size; i++) a[i] = multiply(a[i], scale);
  }
}

CORPUS(int64_t, polynomial_product) {
  uint32_t size = 1, len = (uint32_t)n;
  while (size < 2 * len) size <<= 1;
  uint32_t *a = calloc(size, 4), *b = calloc(size, 4), *plain = calloc(size, 4);
  uint64_t seed = 53, h = MIX_START;
  for (uint32_t i = 0; i < len; i++) a[i] = (uint32_t)(next_random(&seed) % P), b[i] = (uint32_t)(next_random(&seed) % P);
  for (uint32_t i = 0; i < len; i++)
    for (uint32_t j = 0; j < len; j++) plain[i + j] = (uint32_t)((plain[i + j] + (uint64_t)a[i] * b[j]) % P);
  transform(a, size, 0), transform(b, size, 0);
  for (uint32_t i = 0; i < size; i++) a[i] = multiply(a[i], b[i]);
  transform(a, size, 1);
  for (uint32_t i = 0; i < size; i++) {
    if (a[i] != plain[i]) return -1;
    h = mix(h, a[i]);
  }
  free(a), free(b), free(plain);
  return (int64_t)h;
}
