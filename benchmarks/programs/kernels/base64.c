// Base64, there and back, of 48 kilobytes, n times.
#include "kernel.h"

enum { LEN = 48 << 10, CODED = LEN / 3 * 4 };
static uint8_t plain[LEN], back[LEN];
static char coded[CODED];
static uint8_t value_of[256];
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(const uint8_t *in, int len, char *out) {
  for (int i = 0; i < len; i += 3, out += 4) {
    uint32_t v = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
    out[0] = alphabet[v >> 18], out[1] = alphabet[v >> 12 & 63];
    out[2] = alphabet[v >> 6 & 63], out[3] = alphabet[v & 63];
  }
}

// How many bytes: fewer than there could be if a character does not belong.
static int decode(const char *in, int len, uint8_t *out) {
  for (int i = 0; i < len; i += 4) {
    uint32_t v = 0;
    for (int j = 0; j < 4; j++) {
      uint8_t six = value_of[(uint8_t)in[i + j]];
      if (six > 63) return i / 4 * 3;
      v = v << 6 | six;
    }
    *out++ = (uint8_t)(v >> 16), *out++ = (uint8_t)(v >> 8), *out++ = (uint8_t)v;
  }
  return len / 4 * 3;
}

int run(int n) {
  uint32_t seed = 12, sum = 0;
  for (int i = 0; i < 256; i++) value_of[i] = 255;
  for (int i = 0; i < 64; i++) value_of[(uint8_t)alphabet[i]] = (uint8_t)i;
  for (int i = 0; i < LEN; i++) plain[i] = (uint8_t)next_random(&seed);
  for (int round = 0; round < n; round++) {
    encode(plain, LEN, coded);
    sum = mix(sum, (uint8_t)coded[next_random(&seed) % CODED]);
    sum = mix(sum, (uint32_t)decode(coded, CODED, back));
    uint32_t at = next_random(&seed) % LEN;
    plain[at] = (uint8_t)(back[at] + round);
  }
  for (int i = 0; i < LEN; i++) sum = mix(sum, plain[i]);
  return (int)sum;
}
