// n rounds of deflate at three levels + inflate, with crc32 and adler32 of the result.
#include "driver.h"
#include "zlib.h"
#define LEN (1 << 18)
int run(int n) {
  uint8_t *in = malloc(LEN), *back = malloc(LEN);
  uLong bound = compressBound(LEN);
  uint8_t *packed = malloc(bound);
  uint64_t h = HASH_START;
  static const int levels[] = {1, 6, 9};
  for (int i = 0; i < n; i++) {
    fill_text(in, LEN, (uint64_t)i);
    for (int k = 0; k < 3; k++) {
      uLongf packed_len = bound, back_len = LEN;
      if (compress2(packed, &packed_len, in, LEN, levels[k]) != Z_OK) return -1;
      if (uncompress(back, &back_len, packed, packed_len) != Z_OK || back_len != LEN) return -2;
      if (memcmp(in, back, LEN) != 0) return -3;
      h = hash_bytes(h, &packed_len, 4);
      h = hash_bytes(h, packed, packed_len);
      uint32_t sums[2] = {(uint32_t)crc32(0, back, LEN), (uint32_t)adler32(1, back, LEN)};
      h = hash_bytes(h, sums, 8);
    }
  }
  free(in), free(back), free(packed);
  return fold(h);
}
