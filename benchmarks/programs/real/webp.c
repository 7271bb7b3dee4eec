// Encodes n generated pictures, lossless and lossy at two qualities, and decodes them again.
#include "driver.h"
#include "src/webp/decode.h"
#include "src/webp/encode.h"
enum { W = 160, H = 120 };
int run(int n) {
  uint8_t *rgba = malloc(W * H * 4);
  uint64_t h = HASH_START;
  for (int i = 0; i < n; i++) {
    uint64_t s = (uint64_t)i + 1;
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) {
        uint8_t *p = rgba + 4 * (y * W + x);
        int dx = x - 80 - i, dy = y - 60, inside = dx * dx + dy * dy < 1600;
        p[0] = (uint8_t)(x + i), p[1] = (uint8_t)(inside ? 200 : y * 2);
        p[2] = (uint8_t)(next_random(&s) % (inside ? 8 : 24) + (x / 16 + y / 16) % 2 * 90), p[3] = (uint8_t)(inside ? 255 : 255 - y);
      }
    for (int kind = 0; kind < 3; kind++) {
      uint8_t *out = NULL;
      size_t len = kind == 0 ? WebPEncodeLosslessRGBA(rgba, W, H, W * 4, &out)
                             : WebPEncodeRGBA(rgba, W, H, W * 4, kind == 1 ? 20.0f : 85.0f, &out);
      if (!len) return -1;
      h = hash_bytes(h, out, len);
      int w, hh;
      uint8_t *back = WebPDecodeRGBA(out, len, &w, &hh);
      if (!back || w != W || hh != H) return -2;
      h = hash_bytes(h, back, W * H * 4);
      WebPFree(back), WebPFree(out);
    }
  }
  free(rgba);
  return fold(h);
}
