// An LZ77 compressor with hash chains and lazy matches, a canonical prefix code over its output, and both ways back.
// flags: -O3 -mbulk-memory -msign-ext
// sizes: 0 1 10 1000 20000
#include "corpus.h"

enum { WINDOW = 4096, MIN = 3, MAX = 66, HASH = 1024 };

// Tokens: a flag byte for eight items; an item is a byte, or 12 bits of distance - 1 and length - 3 in one byte more.
static size_t pack(const uint8_t *in, size_t len, uint8_t *out) {
  int32_t *head = malloc(HASH * sizeof *head), *previous = malloc((len + 1) * sizeof *previous);
  for (int i = 0; i < HASH; i++) head[i] = -1;
  size_t at = 0, o = 0, flag = 0;
  int items = 8;
  int pending = 0;
  size_t pending_length = 0, pending_from = 0;
  while (at < len || pending) {
    size_t best = 0, from = 0;
    if (at + MIN <= len) {
      uint32_t hash = ((uint32_t)in[at] << 16 | (uint32_t)in[at + 1] << 8 | in[at + 2]) * 2654435761u >> 22;
      int tries = 32;
      for (int32_t p = head[hash]; p >= 0 && at - (size_t)p <= WINDOW && tries--; p = previous[p]) {
        size_t k = 0;
        while (k < MAX && at + k < len && in[(size_t)p + k] == in[at + k]) k++;
        if (k > best) best = k, from = (size_t)p;
      }
      previous[at] = head[hash], head[hash] = (int32_t)at;
    }
    if (items == 8) flag = o++, out[flag] = 0, items = 0;
    if (pending && pending_length >= best) {
      // The match one byte ago is no worse than this one: take it.
      uint32_t distance = (uint32_t)(at - 1 - pending_from) - 1;
      out[flag] = (uint8_t)(out[flag] | 1 << items++);
      out[o++] = (uint8_t)distance;
      out[o++] = (uint8_t)(distance >> 8);
      out[o++] = (uint8_t)(pending_length - MIN);
      for (size_t end = at - 1 + pending_length, i = at + 1; i < end && i + MIN <= len; i++) {
        uint32_t hash = ((uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2]) * 2654435761u >> 22;
        previous[i] = head[hash], head[hash] = (int32_t)i;
      }
      at += pending_length - 1;
      pending = 0;
      continue;
    }
    if (pending) out[o++] = in[at - 1], items++;
    if (items == 8) flag = o++, out[flag] = 0, items = 0;
    if (best >= MIN) {
      pending = 1, pending_length = best, pending_from = from;
    } else {
      pending = 0;
      if (at < len) out[o++] = in[at], items++;
    }
    at++;
  }
  free(head), free(previous);
  return o;
}

static size_t unpack(const uint8_t *in, size_t len, uint8_t *out) {
  size_t o = 0;
  for (size_t i = 0; i < len;) {
    uint8_t flags = in[i++];
    for (int k = 0; k < 8 && i < len; k++) {
      if (!(flags >> k & 1)) {
        out[o++] = in[i++];
        continue;
      }
      size_t distance = ((size_t)in[i] | (size_t)in[i + 1] << 8) + 1, length = (size_t)in[i + 2] + MIN;
      i += 3;
      // Source and destination may overlap: byte by byte.
      for (; length--; o++) out[o] = out[o - distance];
    }
  }
  return o;
}

// Code lengths by repeatedly joining the two rarest, then codes in order of length and symbol.
static int prefix_code(const uint32_t *count, uint8_t *length, uint32_t *code) {
  int parent[512], alive[512], n = 256;
  uint64_t weight[512];
  for (int i = 0; i < 256; i++) alive[i] = count[i] != 0, weight[i] = count[i], parent[i] = -1, length[i] = 0;
  for (;;) {
    int a = -1, b = -1;
    for (int i = 0; i < n; i++)
      if (alive[i]) {
        if (a < 0 || weight[i] < weight[a]) b = a, a = i;
        else if (b < 0 || weight[i] < weight[b]) b = i;
      }
    if (b < 0) break;
    alive[a] = alive[b] = 0;
    parent[a] = parent[b] = n;
    weight[n] = weight[a] + weight[b], alive[n] = 1, parent[n++] = -1;
  }
  int longest = 0;
  for (int i = 0; i < 256; i++)
    if (count[i]) {
      for (int p = i; parent[p] >= 0; p = parent[p]) length[i]++;
      if (!length[i]) length[i] = 1;
      if (length[i] > longest) longest = length[i];
    }
  uint32_t next = 0;
  for (int l = 1; l <= longest; l++, next <<= 1)
    for (int i = 0; i < 256; i++)
      if (length[i] == l) code[i] = next++;
  return longest;
}

CORPUS(int64_t, lz) {
  size_t len = (size_t)n;
  uint8_t *in = malloc(len + 1), *packed = malloc(len * 2 + 16), *back = malloc(len + 1);
  uint64_t seed = 71, h = MIX_START;
  for (size_t i = 0; i < len; i++)
    in[i] = i > 100 && next_random(&seed) % 12 ? in[i - 1 - i / 7 % 100] : (uint8_t)(next_random(&seed) % 29 + 'a');
  size_t packed_len = pack(in, len, packed);
  if (unpack(packed, packed_len, back) != len || memcmp(in, back, len) != 0) return -1;
  uint32_t count[256] = {0}, code[256] = {0};
  uint8_t length[256];
  for (size_t i = 0; i < packed_len; i++) count[packed[i]]++;
  int longest = prefix_code(count, length, code);
  // Bits out and in again.
  size_t bits = 0;
  uint8_t *stream = calloc(packed_len * 4 + 8, 1), *again = malloc(packed_len + 1);
  for (size_t i = 0; i < packed_len; i++)
    for (int b = length[packed[i]] - 1; b >= 0; b--, bits++)
      if (code[packed[i]] >> b & 1) stream[bits / 8] = (uint8_t)(stream[bits / 8] | 128 >> bits % 8);
  size_t bit = 0;
  for (size_t i = 0; i < packed_len; i++) {
    uint32_t v = 0;
    int found = -1;
    for (int l = 1; l <= longest && found < 0; l++) {
      v = v << 1 | (stream[bit / 8] >> (7 - bit % 8) & 1);
      bit++;
      for (int s = 0; s < 256; s++)
        if (length[s] == l && code[s] == v) {
          found = s;
          break;
        }
    }
    if (found < 0) return -2;
    again[i] = (uint8_t)found;
  }
  if (memcmp(again, packed, packed_len) != 0) return -3;
  for (size_t i = 0; i < (bits + 7) / 8; i++) h = (h ^ stream[i]) * 0x100000001b3u;
  free(in), free(packed), free(back), free(stream), free(again);
  return (int64_t)mix(h, (uint64_t)packed_len << 32 | bits);
}
