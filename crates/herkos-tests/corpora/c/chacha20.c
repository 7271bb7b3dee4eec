// ChaCha20 (RFC 8439): encrypts n bytes, decrypts them again from the middle on, sums up the ciphertext.
// sizes: 0 1 63 64 65 5000
#include "corpus.h"

#define QUARTER(a, b, c, d) \
  a += b, d = rotl(d ^ a, 16), c += d, b = rotl(b ^ c, 12), a += b, d = rotl(d ^ a, 8), c += d, b = rotl(b ^ c, 7)

static uint32_t rotl(uint32_t v, int by) { return v << by | v >> (32 - by); }

static void key_stream(const uint32_t state[16], uint8_t out[64]) {
  uint32_t x[16];
  memcpy(x, state, sizeof x);
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
    uint32_t v = x[i] + state[i];
    for (int b = 0; b < 4; b++) out[4 * i + b] = (uint8_t)(v >> (8 * b));
  }
}

// Bytes from..to of the stream; any place can be reached directly.
static void crypt(uint32_t state[16], uint8_t *data, size_t from, size_t to) {
  uint8_t stream[64];
  for (size_t i = from; i < to; i++) {
    if (i == from || i % 64 == 0) {
      state[12] = (uint32_t)(i / 64) + 1;
      key_stream(state, stream);
    }
    data[i] ^= stream[i % 64];
  }
}

CORPUS(int64_t, chacha20) {
  uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (uint32_t i = 0; i < 8; i++) state[4 + i] = i * 0x04040404 + 0x03020100;
  // RFC 8439, 2.3.2: the block of its test vector starts with 10 f1 e7 e4.
  state[12] = 1, state[13] = 0x09000000, state[14] = 0x4a000000, state[15] = 0;
  uint8_t first[64];
  key_stream(state, first);
  if (first[0] != 0x10 || first[1] != 0xf1 || first[2] != 0xe7 || first[63] != 0x4e) return -1;
  size_t len = (size_t)n;
  uint8_t *data = malloc(len + 1);
  for (size_t i = 0; i < len; i++) data[i] = (uint8_t)(i * i >> 3);
  crypt(state, data, 0, len);
  uint64_t h = MIX_START;
  for (size_t i = 0; i < len; i++) h = mix(h, data[i]);
  crypt(state, data, len / 2, len);
  crypt(state, data, 0, len / 2);
  for (size_t i = 0; i < len; i++)
    if (data[i] != (uint8_t)(i * i >> 3)) return -2;
  free(data);
  return (int64_t)h;
}
