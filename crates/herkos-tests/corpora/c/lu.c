// LU decomposition with partial pivoting; solves a system and returns the determinant's scaled mantissa plus the residual's class.
// sizes: 1 2 5 16 40
#include "corpus.h"

static int decompose(double **rows, int *permutation, int n) {
  int sign = 1;
  for (int i = 0; i < n; i++) permutation[i] = i;
  for (int k = 0; k < n; k++) {
    int best = k;
    for (int i = k + 1; i < n; i++)
      if (__builtin_fabs(rows[i][k]) > __builtin_fabs(rows[best][k])) best = i;
    if (rows[best][k] == 0) return 0;
    if (best != k) {
      double *row = rows[k];
      rows[k] = rows[best], rows[best] = row;
      int p = permutation[k];
      permutation[k] = permutation[best], permutation[best] = p;
      sign = -sign;
    }
    for (int i = k + 1; i < n; i++) {
      double f = rows[i][k] /= rows[k][k];
      for (int j = k + 1; j < n; j++) rows[i][j] -= f * rows[k][j];
    }
  }
  return sign;
}

CORPUS(double, lu_solve) {
  double **rows = malloc((size_t)n * sizeof *rows), **original = malloc((size_t)n * sizeof *original);
  double *x = malloc((size_t)n * 8), *b = malloc((size_t)n * 8);
  int *permutation = malloc((size_t)n * sizeof *permutation);
  uint64_t seed = 99;
  for (int i = 0; i < n; i++) {
    rows[i] = malloc((size_t)n * 8), original[i] = malloc((size_t)n * 8);
    for (int j = 0; j < n; j++) original[i][j] = rows[i][j] = (double)(int64_t)(next_random(&seed) % 4096) / 64 - 32;
    b[i] = i + 1;
  }
  int sign = decompose(rows, permutation, n);
  if (sign == 0) return -1;
  for (int i = 0; i < n; i++) {
    x[i] = b[permutation[i]];
    for (int j = 0; j < i; j++) x[i] -= rows[i][j] * x[j];
  }
  for (int i = n - 1; i >= 0; i--) {
    for (int j = i + 1; j < n; j++) x[i] -= rows[i][j] * x[j];
    x[i] /= rows[i][i];
  }
  double worst = 0, determinant = sign, sum = 0;
  for (int i = 0; i < n; i++) {
    double r = b[i];
    for (int j = 0; j < n; j++) r -= original[i][j] * x[j];
    if (__builtin_fabs(r) > worst) worst = __builtin_fabs(r);
    determinant *= rows[i][i] / 32;
    sum += x[i];
  }
  for (int i = 0; i < n; i++) free(rows[i]), free(original[i]);
  free(rows), free(original), free(x), free(b), free(permutation);
  return determinant + sum + (worst < 1e-6 ? 0 : 1e12);
}
