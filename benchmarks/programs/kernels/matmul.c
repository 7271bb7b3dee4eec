// Dense product of two matrices of f64, n times.
#include "kernel.h"

enum { SIZE = 192 };
static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

int run(int n) {
  uint32_t seed = 1, sum = 0;
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) a[i][j] = next_real(&seed), b[i][j] = next_real(&seed);
  for (int round = 0; round < n; round++) {
    for (int i = 0; i < SIZE; i++) {
      for (int j = 0; j < SIZE; j++) c[i][j] = 0;
      for (int k = 0; k < SIZE; k++)
        for (int j = 0; j < SIZE; j++) c[i][j] += a[i][k] * b[k][j];
    }
    for (int i = 0; i < SIZE; i++) {
      sum = mix_real(sum, c[i][(i + round) % SIZE]);
      a[i][round % SIZE] = c[(i * 7) % SIZE][i] / SIZE;
    }
  }
  return (int)sum;
}
