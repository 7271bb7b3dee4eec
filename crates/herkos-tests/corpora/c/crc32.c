// CRC-32 three ways - bit by bit, by one table, by eight tables - over growing lengths: all must agree.
// sizes: 0 1 9 100 3000
#include "corpus.h"

static uint32_t table[8][256];

static uint32_t by_bit(uint32_t crc, const uint8_t *p, size_t len) {
  while (len--) {
    crc ^= *p++;
    for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
  }
  return crc;
}

static uint32_t by_byte(uint32_t crc, const uint8_t *p, size_t len) {
  while (len--) crc = crc >> 8 ^ table[0][(crc ^ *p++) & 255];
  return crc;
}

static uint32_t by_eight(uint32_t crc, const uint8_t *p, size_t len) {
  for (; len >= 8; len -= 8, p += 8) {
    uint32_t a, b;
    memcpy(&a, p, 4), memcpy(&b, p + 4, 4);
    a ^= crc;
    crc = table[7][a & 255] ^ table[6][a >> 8 & 255] ^ table[5][a >> 16 & 255] ^ table[4][a >> 24] ^
          table[3][b & 255] ^ table[2][b >> 8 & 255] ^ table[1][b >> 16 & 255] ^ table[0][b >> 24];
  }
  return by_byte(crc, p, len);
}

CORPUS(int32_t, crc32) {
  for (uint32_t i = 0; i < 256; i++) {
    uint8_t byte = (uint8_t)i;
    table[0][i] = by_bit(0, &byte, 1);
  }
  for (int t = 1; t < 8; t++)
    for (int i = 0; i < 256; i++) table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
  uint8_t *data = malloc((size_t)n + 1);
  uint64_t seed = 11;
  for (int i = 0; i < n; i++) data[i] = (uint8_t)(next_random(&seed) >> 24);
  uint32_t all = 0;
  for (size_t len = 0; len <= (size_t)n; len += len / 2 + 1) {
    uint32_t a = ~by_bit(~0u, data, len), b = ~by_byte(~0u, data, len), c = ~by_eight(~0u, data, len);
    if (a != b || b != c) return -1;
    all = all * 31 + a;
  }
  free(data);
  return (int32_t)all;
}
