// Heat on a plate: each point becomes the mean of itself and its four neighbours; two grids take turns.
#include "kernel.h"

enum { SIZE = 512 };
static double grids[2][SIZE][SIZE];

static void step(double (*restrict to)[SIZE], double (*restrict from)[SIZE]) {
  for (int i = 1; i < SIZE - 1; i++)
    for (int j = 1; j < SIZE - 1; j++)
      to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i - 1][j] + from[i + 1][j]);
}

int run(int n) {
  uint32_t seed = 3, sum = 0;
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) grids[0][i][j] = grids[1][i][j] = next_real(&seed);
  for (int round = 0; round < n; round++) step(grids[(round + 1) % 2], grids[round % 2]);
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) sum = mix_real(sum, grids[n % 2][i][j]);
  return (int)sum;
}
