// Base64 (RFC 4648) there and back for every length up to n, broken input included.
// flags: -Os
// sizes: 0 1 2 3 50 150
#include "corpus.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t encode(const uint8_t *in, size_t len, char *out) {
  char *start = out;
  for (; len >= 3; len -= 3, in += 3) {
    uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    for (int i = 18; i >= 0; i -= 6) *out++ = alphabet[v >> i & 63];
  }
  if (len) {
    uint32_t v = (uint32_t)in[0] << 16 | (len == 2 ? (uint32_t)in[1] << 8 : 0);
    *out++ = alphabet[v >> 18];
    *out++ = alphabet[v >> 12 & 63];
    *out++ = len == 2 ? alphabet[v >> 6 & 63] : '=';
    *out++ = '=';
  }
  *out = 0;
  return (size_t)(out - start);
}

static int value(char c) {
  switch (c) {
    case 'A' ... 'Z': return c - 'A';
    case 'a' ... 'z': return c - 'a' + 26;
    case '0' ... '9': return c - '0' + 52;
    case '+': return 62;
    case '/': return 63;
    case '=': return -1;
    default: return -2;
  }
}

// The length, or a negative error: -1 length, -2 character, -3 misplaced padding, -4 bits left over.
static int decode(const char *in, size_t len, uint8_t *out) {
  if (len % 4) return -1;
  int n = 0;
  for (size_t i = 0; i < len; i += 4) {
    int a = value(in[i]), b = value(in[i + 1]), c = value(in[i + 2]), d = value(in[i + 3]);
    if (a < -1 || b < -1 || c < -1 || d < -1) return -2;
    if (a < 0 || b < 0 || (c < 0 && d >= 0) || (d < 0 && i + 4 < len)) return -3;
    out[n++] = (uint8_t)(a << 2 | b >> 4);
    if (c < 0) {
      if (b & 15) return -4;
      continue;
    }
    out[n++] = (uint8_t)(b << 4 | c >> 2);
    if (d < 0) {
      if (c & 3) return -4;
      continue;
    }
    out[n++] = (uint8_t)(c << 6 | d);
  }
  return n;
}

CORPUS(int64_t, base64) {
  uint8_t *data = malloc((size_t)n + 1), *back = malloc((size_t)n + 8);
  char *text = malloc((size_t)n * 2 + 8);
  uint64_t h = MIX_START, seed = 5;
  for (int i = 0; i < n; i++) data[i] = (uint8_t)next_random(&seed);
  for (int len = 0; len <= n; len++) {
    size_t encoded = encode(data, (size_t)len, text);
    for (size_t i = 0; i < encoded; i++) h = mix(h, (uint8_t)text[i]);
    if (decode(text, encoded, back) != len || memcmp(back, data, (size_t)len) != 0) return -1;
    if (encoded) {
      // One character changed at random: the verdict is part of the result.
      text[next_random(&seed) % encoded] = "=!A/"[len % 4];
      h = mix(h, (uint64_t)(int64_t)decode(text, encoded - (size_t)(len % 5 == 0), back));
    }
  }
  free(data), free(back), free(text);
  return (int64_t)h;
}
