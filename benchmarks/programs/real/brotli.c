// n rounds of compression at three qualities + decompression.
#include "driver.h"
#include "brotli/decode.h"
#include "brotli/encode.h"
#define LEN (1 << 17)
int run(int n) {
  static const int qualities[] = {1, 5, 9};
  size_t bound = BrotliEncoderMaxCompressedSize(LEN);
  uint8_t *in = malloc(LEN), *back = malloc(LEN), *packed = malloc(bound);
  uint64_t h = HASH_START;
  for (int i = 0; i < n; i++) {
    fill_text(in, LEN, (uint64_t)i);
    for (int k = 0; k < 3; k++) {
      size_t packed_len = bound, back_len = LEN;
      if (!BrotliEncoderCompress(qualities[k], 20, BROTLI_MODE_GENERIC, LEN, in, &packed_len, packed)) return -1;
      for (int again = 0; again < 3; again++) {
        back_len = LEN;
        if (BrotliDecoderDecompress(packed_len, packed, &back_len, back) != BROTLI_DECODER_RESULT_SUCCESS) return -2;
      }
      if (back_len != LEN || memcmp(in, back, LEN)) return -3;
      // What is packed depends on the word size.
      h = hash_bytes(h, back, LEN);
    }
  }
  free(in), free(back), free(packed);
  return fold(h);
}
#ifdef __wasm__
// Where memory runs out. wasi-libc's would ask the host.
_Noreturn void exit(int code) { (void)code, __builtin_trap(); }
#endif
