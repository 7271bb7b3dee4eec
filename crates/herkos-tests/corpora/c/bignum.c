// Big numbers, unoptimised code: factorials, their digits by long division, and digits of pi by a spigot.
// flags: -O0
// sizes: 0 1 10 60 150
#include "corpus.h"

typedef struct {
  uint32_t *limbs;
  int used, capacity;
} big;

static void big_set(big *b, uint32_t v) {
  b->capacity = 2;
  b->limbs = malloc(2 * sizeof *b->limbs);
  b->limbs[0] = v;
  b->used = v != 0;
}

static void big_multiply(big *b, uint32_t by) {
  uint64_t carry = 0;
  for (int i = 0; i < b->used; i++) {
    carry += (uint64_t)b->limbs[i] * by;
    b->limbs[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry) {
    if (b->used == b->capacity) b->limbs = realloc(b->limbs, (size_t)(b->capacity *= 2) * sizeof *b->limbs);
    b->limbs[b->used++] = (uint32_t)carry;
  }
}

static uint32_t big_divide(big *b, uint32_t by) {
  uint64_t rest = 0;
  for (int i = b->used - 1; i >= 0; i--) {
    rest = rest << 32 | b->limbs[i];
    b->limbs[i] = (uint32_t)(rest / by);
    rest %= by;
  }
  while (b->used && !b->limbs[b->used - 1]) b->used--;
  return (uint32_t)rest;
}

CORPUS(int64_t, bignum) {
  uint64_t h = MIX_START;
  big f;
  big_set(&f, 1);
  for (int i = 2; i <= n; i++) big_multiply(&f, (uint32_t)i);
  int digits = 0, sum = 0;
  while (f.used) {
    uint32_t digit = big_divide(&f, 10);
    digits++, sum += (int)digit;
    h = mix(h, digit);
  }
  free(f.limbs);
  // Rabinowitz and Wagon's spigot: n digits of pi.
  int len = n * 10 / 3 + 2, nines = 0, held = 0;
  int32_t *a = malloc((size_t)len * sizeof *a);
  for (int i = 0; i < len; i++) a[i] = 2;
  for (int j = 0; j < n; j++) {
    int32_t q = 0;
    for (int i = len - 1; i > 0; i--) {
      int32_t x = 10 * a[i] + q * (i + 1);
      a[i] = x % (2 * i + 1);
      q = x / (2 * i + 1);
    }
    int32_t x = 10 * a[0] + q * 1;
    a[0] = x % 10, q = x / 10;
    if (q == 9) {
      nines++;
    } else {
      h = mix(h, (uint64_t)(held + q / 10));
      for (; nines; nines--) h = mix(h, q == 10 ? 0 : 9);
      held = q % 10;
    }
  }
  free(a);
  return (int64_t)mix(h, (uint64_t)digits << 32 | (uint64_t)sum);
}
