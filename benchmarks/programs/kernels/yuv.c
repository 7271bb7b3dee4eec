// RGB to YUV and back in integers, 4:4:4, a picture of 320 by 240, n times.
#include "kernel.h"

enum { PIXELS = 320 * 240 };
static uint8_t rgb[3 * PIXELS], y_plane[PIXELS], u_plane[PIXELS], v_plane[PIXELS];

static uint8_t clamp(int x) { return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x); }

static void to_yuv(void) {
  for (int i = 0; i < PIXELS; i++) {
    int r = rgb[3 * i], g = rgb[3 * i + 1], b = rgb[3 * i + 2];
    y_plane[i] = (uint8_t)(((66 * r + 129 * g + 25 * b + 128) >> 8) + 16);
    u_plane[i] = (uint8_t)(((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128);
    v_plane[i] = (uint8_t)(((112 * r - 94 * g - 18 * b + 128) >> 8) + 128);
  }
}

static void to_rgb(void) {
  for (int i = 0; i < PIXELS; i++) {
    int y = 298 * (y_plane[i] - 16), u = u_plane[i] - 128, v = v_plane[i] - 128;
    rgb[3 * i] = clamp((y + 409 * v + 128) >> 8);
    rgb[3 * i + 1] = clamp((y - 100 * u - 208 * v + 128) >> 8);
    rgb[3 * i + 2] = clamp((y + 516 * u + 128) >> 8);
  }
}

int run(int n) {
  uint32_t seed = 22, sum = 0;
  for (int i = 0; i < 3 * PIXELS; i++) rgb[i] = (uint8_t)next_random(&seed);
  for (int round = 0; round < n; round++) {
    to_yuv();
    u_plane[next_random(&seed) % PIXELS] ^= 85;
    to_rgb();
    sum = mix(sum, rgb[next_random(&seed) % (3 * PIXELS)]);
  }
  for (int i = 0; i < 3 * PIXELS; i++) sum = mix(sum, rgb[i]);
  return (int)sum;
}
