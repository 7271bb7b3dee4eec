// Heat on a plate: a five-point stencil over two grids that swap, fixed borders, until it hardly moves.
// sizes: 3 8 20 50
#include "corpus.h"

static double at(const double *grid, int n, int x, int y) { return grid[y * n + x]; }

CORPUS(double, heat) {
  if (n < 3) return 0;
  double *from = calloc((size_t)n * (size_t)n, sizeof *from), *to = calloc((size_t)n * (size_t)n, sizeof *to);
  for (int i = 0; i < n; i++) {
    from[i] = to[i] = 100;
    from[(n - 1) * n + i] = to[(n - 1) * n + i] = (double)i / 4;
  }
  int steps = 0;
  double change;
  do {
    change = 0;
    for (int y = 1; y < n - 1; y++)
      for (int x = 1; x < n - 1; x++) {
        double v = (at(from, n, x - 1, y) + at(from, n, x + 1, y) + at(from, n, x, y - 1) + at(from, n, x, y + 1)) / 4;
        double d = v - at(from, n, x, y);
        if (d < 0) d = -d;
        if (d > change) change = d;
        to[y * n + x] = v;
      }
    double *swap = from;
    from = to;
    to = swap;
  } while (change > 0.05 && ++steps < 500);
  double sum = 0;
  for (int i = 0; i < n * n; i++) sum += from[i] * (1 + i % 3);
  free(from), free(to);
  return sum + steps * 1e6;
}
