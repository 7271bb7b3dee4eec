// A matrix of f32 times a vector, again and again: the vector converges.
#include "kernel.h"

enum { ROWS = 512 };
static float m[ROWS][ROWS], v[ROWS], w[ROWS];

int run(int n) {
  uint32_t seed = 2, sum = 0;
  for (int i = 0; i < ROWS; i++) {
    v[i] = (float)next_real(&seed);
    for (int j = 0; j < ROWS; j++) m[i][j] = (float)next_real(&seed);
  }
  for (int round = 0; round < n; round++) {
    float largest = 0;
    for (int i = 0; i < ROWS; i++) {
      // Four sums, so that the additions need not wait for each other.
      float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (int j = 0; j < ROWS; j += 4) {
        s0 += m[i][j] * v[j];
        s1 += m[i][j + 1] * v[j + 1];
        s2 += m[i][j + 2] * v[j + 2];
        s3 += m[i][j + 3] * v[j + 3];
      }
      w[i] = (s0 + s1) + (s2 + s3);
      float size = w[i] < 0 ? -w[i] : w[i];
      if (size > largest) largest = size;
    }
    for (int i = 0; i < ROWS; i++) v[i] = w[i] / largest;
    sum = mix_real(sum, (double)largest);
  }
  for (int i = 0; i < ROWS; i++) sum = mix_real(sum, (double)v[i]);
  return (int)sum;
}
