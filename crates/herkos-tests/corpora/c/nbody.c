// Bodies under gravity in three dimensions, leapfrog steps; the energy, which must hardly change.
// sizes: 0 1 100 2000
#include "corpus.h"

typedef struct {
  double x[3], v[3], mass;
} body;

static double energy(const body *b, int count) {
  double e = 0;
  for (int i = 0; i < count; i++) {
    for (int k = 0; k < 3; k++) e += b[i].mass * b[i].v[k] * b[i].v[k] / 2;
    for (int j = i + 1; j < count; j++) {
      double d = 0;
      for (int k = 0; k < 3; k++) d += (b[i].x[k] - b[j].x[k]) * (b[i].x[k] - b[j].x[k]);
      e -= b[i].mass * b[j].mass / __builtin_sqrt(d);
    }
  }
  return e;
}

CORPUS(double, n_body) {
  enum { COUNT = 5 };
  body b[COUNT] = {
    {{0, 0, 0}, {0, 0, 0}, 40},
    {{5, 1, -0.25}, {-0.5, 2.5, 0.125}, 0.04},
    {{-8, 4, 0.5}, {-1, -1.75, 0.0625}, 0.0125},
    {{13, -11, -0.5}, {0.875, 1.25, -0.25}, 0.002},
    {{17, 22, 0.75}, {-1, 0.75, 0.5}, 0.003},
  };
  for (int i = 1; i < COUNT; i++)
    for (int k = 0; k < 3; k++) b[0].v[k] -= b[i].v[k] * b[i].mass / b[0].mass;
  double before = energy(b, COUNT), dt = 1.0 / 128;
  for (int step = 0; step < n; step++) {
    for (int i = 0; i < COUNT; i++)
      for (int j = i + 1; j < COUNT; j++) {
        double d[3], square = 0;
        for (int k = 0; k < 3; k++) d[k] = b[i].x[k] - b[j].x[k], square += d[k] * d[k];
        double pull = dt / (square * __builtin_sqrt(square));
        for (int k = 0; k < 3; k++) b[i].v[k] -= d[k] * b[j].mass * pull, b[j].v[k] += d[k] * b[i].mass * pull;
      }
    for (int i = 0; i < COUNT; i++)
      for (int k = 0; k < 3; k++) b[i].x[k] += dt * b[i].v[k];
  }
  double after = energy(b, COUNT);
  if (__builtin_fabs(after - before) > 0.05) return 1e9;
  return after;
}
