// n rounds of compress (block size 1 and 9) + decompress.
#include "driver.h"
#include "bzlib.h"
#define LEN (1 << 18)
void bz_internal_error(int code) {
  (void)code;
  __builtin_trap();
}
int run(int n) {
  unsigned bound = LEN + LEN / 100 + 600;
  char *in = malloc(LEN), *back = malloc(LEN), *packed = malloc(bound);
  uint64_t h = HASH_START;
  for (int i = 0; i < n; i++) {
    fill_text((uint8_t *)in, LEN, (uint64_t)i);
    for (int level = 1; level <= 9; level += 8) {
      unsigned packed_len = bound, back_len = LEN;
      if (BZ2_bzBuffToBuffCompress(packed, &packed_len, in, LEN, level, 0, 30) != BZ_OK) return -1;
      if (BZ2_bzBuffToBuffDecompress(back, &back_len, packed, packed_len, level == 9, 0) != BZ_OK) return -2;
      if (back_len != LEN || memcmp(in, back, LEN) != 0) return -3;
      h = hash_bytes(h, packed, packed_len);
    }
  }
  free(in), free(back), free(packed);
  return fold(h);
}
