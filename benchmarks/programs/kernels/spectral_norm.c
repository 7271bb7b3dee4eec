// The largest singular value of a matrix that is never stored, by the power method.
#include "kernel.h"
#include <math.h>

enum { SIZE = 500 };
static double u[SIZE], v[SIZE], t[SIZE];

static double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void times(const double *in, double *out) {
  for (int i = 0; i < SIZE; i++) {
    out[i] = 0;
    for (int j = 0; j < SIZE; j++) out[i] += element(i, j) * in[j];
  }
}
static void times_transposed(const double *in, double *out) {
  for (int i = 0; i < SIZE; i++) {
    out[i] = 0;
    for (int j = 0; j < SIZE; j++) out[i] += element(j, i) * in[j];
  }
}

int run(int n) {
  uint32_t seed = 18, sum = 0;
  for (int i = 0; i < SIZE; i++) u[i] = 1 + next_real(&seed) / 2;
  for (int round = 0; round < n; round++) {
    times(u, t), times_transposed(t, v);
    times(v, t), times_transposed(t, u);
    double uv = 0, vv = 0;
    for (int i = 0; i < SIZE; i++) uv += u[i] * v[i], vv += v[i] * v[i];
    sum = mix_real(sum, sqrt(uv / vv));
    u[round % SIZE] += 0.5;
  }
  return (int)sum;
}
