// Gravity between five bodies, in f64: n thousand steps.
#include "kernel.h"
#include <math.h>

enum { BODIES = 5 };
typedef struct {
  double x, y, z, vx, vy, vz, mass;
} Body;
static Body bodies[BODIES];

static void advance(double dt) {
  for (int i = 0; i < BODIES; i++)
    for (int j = i + 1; j < BODIES; j++) {
      Body *a = &bodies[i], *b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double square = dx * dx + dy * dy + dz * dz + 0.01;
      double pull = dt / (square * sqrt(square));
      a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
    }
  for (int i = 0; i < BODIES; i++) {
    Body *a = &bodies[i];
    a->x += dt * a->vx, a->y += dt * a->vy, a->z += dt * a->vz;
  }
}

int run(int n) {
  uint32_t seed = 8, sum = 0;
  for (int i = 0; i < BODIES; i++) {
    Body *a = &bodies[i];
    a->x = 10 * next_real(&seed), a->y = 10 * next_real(&seed), a->z = next_real(&seed);
    a->vx = next_real(&seed), a->vy = next_real(&seed), a->vz = next_real(&seed);
    a->mass = i == 0 ? 40 : 1 + next_real(&seed) / 2;
  }
  for (int i = 0; i < n * 1000; i++) advance(0.001);
  for (int i = 0; i < BODIES; i++) sum = mix_real(mix_real(sum, bodies[i].x), bodies[i].vy);
  return (int)sum;
}
