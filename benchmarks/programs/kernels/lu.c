// LU decomposition in place, without pivoting, of matrices that don't need it.
#include "kernel.h"

enum { SIZE = 200 };
static double a[SIZE][SIZE];

int run(int n) {
  uint32_t seed = 4, sum = 0;
  for (int round = 0; round < n; round++) {
    for (int i = 0; i < SIZE; i++) {
      for (int j = 0; j < SIZE; j++) a[i][j] = next_real(&seed);
      a[i][i] += SIZE;
    }
    for (int k = 0; k < SIZE; k++)
      for (int i = k + 1; i < SIZE; i++) {
        double factor = a[i][k] /= a[k][k];
        for (int j = k + 1; j < SIZE; j++) a[i][j] -= factor * a[k][j];
      }
    for (int i = 0; i < SIZE; i++) sum = mix_real(sum, a[i][SIZE - 1 - i]);
  }
  return (int)sum;
}
