// The fast Fourier transform of 4096 complex numbers and back, radix 2, in place.
#include "kernel.h"

enum { BITS = 12, LEN = 1 << BITS };
typedef struct {
  double re, im;
} Complex;
static Complex data[LEN], roots[LEN / 2];

// e to the i x, by its series: the same on every machine.
static Complex turn(double x) {
  Complex sum = {1, 0}, term = {1, 0};
  for (int k = 1; k < 30; k++) {
    term = (Complex){-term.im * x / k, term.re * x / k};
    sum.re += term.re, sum.im += term.im;
  }
  return sum;
}

static void transform(int inverse) {
  for (uint32_t i = 0, j = 0; i < LEN; i++) {
    if (i < j) {
      Complex swap = data[i];
      data[i] = data[j], data[j] = swap;
    }
    uint32_t bit = LEN >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
  }
  for (int half = 1; half < LEN; half *= 2)
    for (int start = 0; start < LEN; start += 2 * half)
      for (int k = 0; k < half; k++) {
        Complex w = roots[k * (LEN / 2 / half)];
        if (inverse) w.im = -w.im;
        Complex *a = &data[start + k], *b = &data[start + k + half];
        Complex product = {b->re * w.re - b->im * w.im, b->re * w.im + b->im * w.re};
        b->re = a->re - product.re, b->im = a->im - product.im;
        a->re += product.re, a->im += product.im;
      }
}

int run(int n) {
  uint32_t seed = 19, sum = 0;
  for (int i = 0; i < LEN / 2; i++) roots[i] = turn(-3.14159265358979323846 * i / (LEN / 2));
  for (int i = 0; i < LEN; i++) data[i] = (Complex){next_real(&seed), next_real(&seed)};
  for (int round = 0; round < n; round++) {
    transform(0);
    for (int i = 0; i < 64; i++) {
      sum = mix_real(sum, data[i * 64].im);
      data[LEN / 2 + i].re *= 0.5;
    }
    transform(1);
    for (int i = 0; i < LEN; i++) data[i].re /= LEN, data[i].im /= LEN;
  }
  for (int i = 0; i < LEN; i++) sum = mix_real(sum, data[i].re);
  return (int)sum;
}
