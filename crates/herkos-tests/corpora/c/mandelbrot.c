// The Mandelbrot set in doubles, in floats and in 64-bit fixed point, with periodicity checks and a colour histogram; saturating
// float-to-integer conversions.
// flags: -O3 -mnontrapping-fptoint
// sizes: 1 2 16 48
#include "corpus.h"

enum { LIMIT = 200 };

static int in_double(double cx, double cy) {
  double x = 0, y = 0, old_x = 0, old_y = 0;
  for (int i = 0, period = 8; i < LIMIT; i++) {
    double x2 = x * x, y2 = y * y;
    if (x2 + y2 > 4) return i;
    y = 2 * x * y + cy, x = x2 - y2 + cx;
    if (x == old_x && y == old_y) return LIMIT;
    if (i == period) old_x = x, old_y = y, period *= 2;
  }
  return LIMIT;
}

static int in_float(float cx, float cy) {
  float x = 0, y = 0;
  int i = 0;
  for (; i < LIMIT && x * x + y * y <= 4; i++) {
    float t = x * x - y * y + cx;
    y = 2 * x * y + cy, x = t;
  }
  return i;
}

static int64_t fixed_mul(int64_t a, int64_t b) {
  // 28 fractional bits: the operands stay below 2^32, the product below 2^63.
  return a * b >> 28;
}

static int in_fixed(int64_t cx, int64_t cy) {
  int64_t x = 0, y = 0, four = (int64_t)4 << 28;
  int i = 0;
  for (; i < LIMIT && fixed_mul(x, x) + fixed_mul(y, y) <= four; i++) {
    int64_t t = fixed_mul(x, x) - fixed_mul(y, y) + cx;
    y = 2 * fixed_mul(x, y) + cy, x = t;
  }
  return i;
}

CORPUS(int64_t, mandelbrot) {
  uint32_t histogram[LIMIT + 1] = {0};
  uint64_t h = MIX_START;
  for (int py = 0; py < n; py++)
    for (int px = 0; px < n; px++) {
      double cx = -2.0 + 2.5 * px / n, cy = -1.25 + 2.5 * py / n;
      int a = in_double(cx, cy), b = in_float((float)cx, (float)cy);
      int c = in_fixed((int64_t)(cx * (1 << 28)), (int64_t)(cy * (1 << 28)));
      histogram[a]++;
      double mean = (double)(a + b + c) / 3;
      h = mix(h, (uint64_t)a << 32 | (uint64_t)b << 16 | (uint64_t)c);
      h = mix(h, (uint64_t)(uint32_t)mean);
    }
  for (int i = 0; i <= LIMIT; i++) h = mix(h, histogram[i]);
  return (int64_t)h;
}
