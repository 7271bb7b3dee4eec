// n rounds of fast and high compression + decompression.
#include "driver.h"
#include "lz4.h"
#include "lz4hc.h"
#define LEN (1 << 20)
int run(int n) {
  int bound = LZ4_compressBound(LEN);
  char *in = malloc(LEN), *back = malloc(LEN), *packed = malloc((size_t)bound);
  uint64_t h = HASH_START;
  for (int i = 0; i < n; i++) {
    fill_text((uint8_t *)in, LEN, (uint64_t)i);
    for (int k = 0; k < 3; k++) {
      int packed_len = k < 2 ? LZ4_compress_fast(in, packed, LEN, bound, 1 + 7 * k)
                             : LZ4_compress_HC(in, packed, LEN, bound, 9);
      if (packed_len <= 0) return -1;
      if (LZ4_decompress_safe(packed, back, packed_len, LEN) != LEN) return -2;
      if (memcmp(in, back, LEN) != 0) return -3;
      // How LZ4 hashes depends on the word size, so the packed bytes do too.
      h = hash_bytes(h, back, LEN);
    }
  }
  free(in), free(back), free(packed);
  return fold(h);
}
