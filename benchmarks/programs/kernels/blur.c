// A picture of bytes, blurred by the weights 1 2 1 in both directions, n times.
#include "kernel.h"

enum { WIDTH = 640, HEIGHT = 480 };
static uint8_t picture[HEIGHT][WIDTH], blurred[HEIGHT][WIDTH];

static void blur(uint8_t (*restrict to)[WIDTH], uint8_t (*restrict from)[WIDTH]) {
  for (int y = 1; y < HEIGHT - 1; y++)
    for (int x = 1; x < WIDTH - 1; x++) {
      int above = from[y - 1][x - 1] + 2 * from[y - 1][x] + from[y - 1][x + 1];
      int middle = from[y][x - 1] + 2 * from[y][x] + from[y][x + 1];
      int below = from[y + 1][x - 1] + 2 * from[y + 1][x] + from[y + 1][x + 1];
      to[y][x] = (uint8_t)((above + 2 * middle + below + 8) >> 4);
    }
}

int run(int n) {
  uint32_t seed = 21, sum = 0;
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) picture[y][x] = (uint8_t)next_random(&seed);
  for (int round = 0; round < n; round++) {
    blur(blurred, picture);
    for (int i = 0; i < 100; i++) blurred[next_random(&seed) % HEIGHT][next_random(&seed) % WIDTH] = (uint8_t)round;
    blur(picture, blurred);
    sum = mix(sum, picture[next_random(&seed) % HEIGHT][next_random(&seed) % WIDTH]);
  }
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) sum = mix(sum, picture[y][x]);
  return (int)sum;
}
