// The ChaCha20 stream cipher over n times 64 kilobytes.
#include "kernel.h"

enum { LEN = 1 << 16 };
static uint8_t text[LEN];

#define ROTATE(x, by) ((x) << (by) | (x) >> (32 - (by)))
#define QUARTER(a, b, c, d) \
  (a += b, d ^= a, d = ROTATE(d, 16), c += d, b ^= c, b = ROTATE(b, 12), \
   a += b, d ^= a, d = ROTATE(d, 8), c += d, b ^= c, b = ROTATE(b, 7))

static void cipher(const uint32_t key[8], const uint32_t nonce[3], uint8_t *p, int len) {
  uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (int i = 0; i < 8; i++) start[4 + i] = key[i];
  start[12] = 1;
  for (int i = 0; i < 3; i++) start[13 + i] = nonce[i];
  for (int at = 0; at < len; at += 64) {
    uint32_t x[16];
    for (int i = 0; i < 16; i++) x[i] = start[i];
    for (int i = 0; i < 10; i++) {
      QUARTER(x[0], x[4], x[8], x[12]);
      QUARTER(x[1], x[5], x[9], x[13]);
      QUARTER(x[2], x[6], x[10], x[14]);
      QUARTER(x[3], x[7], x[11], x[15]);
      QUARTER(x[0], x[5], x[10], x[15]);
      QUARTER(x[1], x[6], x[11], x[12]);
      QUARTER(x[2], x[7], x[8], x[13]);
      QUARTER(x[3], x[4], x[9], x[14]);
    }
    for (int i = 0; i < 16; i++) {
      uint32_t v = x[i] + start[i];
      for (int j = 0; j < 4; j++) p[at + 4 * i + j] ^= (uint8_t)(v >> 8 * j);
    }
    start[12]++;
  }
}

int run(int n) {
  uint32_t seed = 10, sum = 0, key[8], nonce[3];
  for (int i = 0; i < 8; i++) key[i] = next_random(&seed);
  for (int round = 0; round < n; round++) {
    for (int i = 0; i < 3; i++) nonce[i] = next_random(&seed);
    cipher(key, nonce, text, LEN);
    sum = mix(sum, text[next_random(&seed) % LEN]);
  }
  for (int i = 0; i < LEN; i++) sum = mix(sum, text[i]);
  return (int)sum;
}
