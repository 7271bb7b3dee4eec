// How long each point of a picture stays near zero: n rows of 512 points.
#include "kernel.h"

enum { WIDTH = 512, STEPS = 200 };

int run(int n) {
  uint32_t sum = 0;
  for (int row = 0; row < n; row++)
    for (int column = 0; column < WIDTH; column++) {
      double cx = 3.0 * column / WIDTH - 2.2, cy = 2.4 * (row % 512) / 512 - 1.2;
      double x = 0, y = 0;
      int step = 0;
      for (; step < STEPS; step++) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 4) break;
        y = 2 * x * y + cy;
        x = xx - yy + cx;
      }
      sum = mix(sum, (uint32_t)step);
    }
  return (int)sum;
}
