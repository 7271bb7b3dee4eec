// n rounds of compress at levels 1, 3, 9 and 19 + decompress.
#include "driver.h"
#include "zstd.h"
#define LEN (1 << 18)
int run(int n) {
  size_t bound = ZSTD_compressBound(LEN);
  uint8_t *in = malloc(LEN), *back = malloc(LEN), *packed = malloc(bound);
  uint64_t h = HASH_START;
  static const int levels[] = {1, 3, 9, 19};
  for (int i = 0; i < n; i++) {
    fill_text(in, LEN, (uint64_t)i);
    for (int k = 0; k < 4; k++) {
      // The high level costs more than all the others: not every round.
      if (levels[k] == 19 && i % 8 != 0) continue;
      size_t packed_len = ZSTD_compress(packed, bound, in, LEN, levels[k]);
      if (ZSTD_isError(packed_len)) return -1;
      size_t back_len = ZSTD_decompress(back, LEN, packed, packed_len);
      if (back_len != LEN || memcmp(in, back, LEN) != 0) return -2;
      // Tables are sized by the pointer width nowhere, but only the round trip is promised to be
      // the same everywhere; the size is too in practice.
      uint32_t len = (uint32_t)packed_len;
      h = hash_bytes(h, &len, 4);
      h = hash_bytes(h, back, LEN);
    }
  }
  free(in), free(back), free(packed);
  return fold(h);
}
