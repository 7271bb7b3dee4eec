// Dense matrix product, plain and in blocks: the two must agree, their weighted sum is the result.
// sizes: 0 1 2 7 33 64
#include "corpus.h"

static void product(int n, const double *a, const double *b, double *c) {
  for (int i = 0; i < n; i++)
    for (int k = 0; k < n; k++) {
      double x = a[i * n + k];
      for (int j = 0; j < n; j++) c[i * n + j] += x * b[k * n + j];
    }
}

static void product_blocked(int n, const double *a, const double *b, double *c) {
  enum { B = 8 };
  for (int kk = 0; kk < n; kk += B)
    for (int jj = 0; jj < n; jj += B)
      for (int i = 0; i < n; i++)
        for (int k = kk; k < n && k < kk + B; k++)
          for (int j = jj; j < n && j < jj + B; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
}

CORPUS(double, matrix_product) {
  size_t count = (size_t)n * (size_t)n;
  double *a = calloc(count + 1, 8), *b = calloc(count + 1, 8), *c = calloc(count + 1, 8), *d = calloc(count + 1, 8);
  uint64_t seed = 7;
  for (size_t i = 0; i < count; i++) {
    a[i] = (double)(next_random(&seed) % 2001) / 8 - 125;
    b[i] = (double)(next_random(&seed) % 1001) / 16 - 31;
  }
  product(n, a, b, c);
  product_blocked(n, a, b, d);
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    // The products are exact in binary, so the order of summation does not matter.
    if (c[i] != d[i]) return -1;
    sum += c[i] * (double)(i % 17);
  }
  free(a), free(b), free(c), free(d);
  return sum;
}
