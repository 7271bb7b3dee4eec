// n rounds of compression at four levels + decompression.
#include "driver.h"
#include "libdeflate.h"
#define LEN (1 << 18)
int run(int n) {
  static const int levels[] = {1, 6, 9, 12};
  uint8_t *in = malloc(LEN), *back = malloc(LEN);
  struct libdeflate_decompressor *unpack = libdeflate_alloc_decompressor();
  uint64_t h = HASH_START;
  for (int k = 0; k < 4; k++) {
    struct libdeflate_compressor *pack = libdeflate_alloc_compressor(levels[k]);
    size_t bound = libdeflate_deflate_compress_bound(pack, LEN), back_len;
    uint8_t *packed = malloc(bound);
    for (int i = 0; i < n; i++) {
      fill_text(in, LEN, (uint64_t)i);
      size_t packed_len = libdeflate_deflate_compress(pack, in, LEN, packed, bound);
      if (!packed_len) return -1;
      for (int again = 0; again < 4; again++) {
        if (libdeflate_deflate_decompress(unpack, packed, packed_len, back, LEN, &back_len)) return -2;
      }
      if (back_len != LEN || memcmp(in, back, LEN)) return -3;
      h = hash_bytes(h, packed, packed_len);
    }
    free(packed);
    libdeflate_free_compressor(pack);
  }
  libdeflate_free_decompressor(unpack);
  free(in), free(back);
  return fold(h);
}
#ifdef __x86_64__
// The same C everywhere: no instructions beyond those of every x86-64. The bit says that others were looked for.
volatile uint32_t libdeflate_x86_cpu_features = 1u << 31;
void libdeflate_init_x86_cpu_features(void) {}
#endif
