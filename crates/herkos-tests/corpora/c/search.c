// Four string searches - naive, Knuth-Morris-Pratt, Horspool, and by rolling hash - must find the same places.
// flags: -O2
// sizes: 0 1 20 400 5000
#include "corpus.h"

typedef uint64_t search(const char *text, size_t n, const char *pattern, size_t m);

static uint64_t naive(const char *text, size_t n, const char *pattern, size_t m) {
  uint64_t h = MIX_START;
  for (size_t i = 0; i + m <= n; i++)
    if (memcmp(text + i, pattern, m) == 0) h = mix(h, i);
  return h;
}

static uint64_t knuth_morris_pratt(const char *text, size_t n, const char *pattern, size_t m) {
  uint64_t h = MIX_START;
  size_t *fail = malloc((m + 1) * sizeof *fail), k = 0;
  fail[0] = fail[1] = 0;
  for (size_t i = 1; i < m; i++) {
    while (k && pattern[i] != pattern[k]) k = fail[k];
    if (pattern[i] == pattern[k]) k++;
    fail[i + 1] = k;
  }
  k = 0;
  for (size_t i = 0; i < n; i++) {
    while (k && (k == m || text[i] != pattern[k])) k = fail[k];
    if (text[i] == pattern[k]) k++;
    if (k == m) h = mix(h, i + 1 - m);
  }
  free(fail);
  return h;
}

static uint64_t horspool(const char *text, size_t n, const char *pattern, size_t m) {
  uint64_t h = MIX_START;
  size_t skip[256];
  for (int c = 0; c < 256; c++) skip[c] = m;
  for (size_t i = 0; i + 1 < m; i++) skip[(uint8_t)pattern[i]] = m - 1 - i;
  for (size_t i = 0; i + m <= n; i += skip[(uint8_t)text[i + m - 1]]) {
    size_t j = m;
    while (j && text[i + j - 1] == pattern[j - 1]) j--;
    if (!j) h = mix(h, i);
  }
  return h;
}

static uint64_t rolling(const char *text, size_t n, const char *pattern, size_t m) {
  uint64_t h = MIX_START;
  uint32_t wanted = 0, have = 0, top = 1;
  for (size_t i = 0; i < m; i++) wanted = wanted * 257 + (uint8_t)pattern[i];
  for (size_t i = 1; i < m; i++) top *= 257;
  for (size_t i = 0; i < n; i++) {
    if (i >= m) have -= top * (uint8_t)text[i - m];
    have = have * 257 + (uint8_t)text[i];
    if (i + 1 >= m && have == wanted && memcmp(text + i + 1 - m, pattern, m) == 0) h = mix(h, i + 1 - m);
  }
  return h;
}

CORPUS(int64_t, string_search) {
  static search *const searches[] = {naive, knuth_morris_pratt, horspool, rolling};
  size_t len = (size_t)n;
  char *text = malloc(len + 1);
  uint64_t seed = 23, all = MIX_START;
  // A small alphabet and repeated stretches: many partial matches.
  for (size_t i = 0; i < len; i++)
    text[i] = i >= 40 && next_random(&seed) % 16 ? text[i - 40] : (char)('a' + next_random(&seed) % 3);
  text[len] = 0;
  for (size_t m = 1; m <= 21 && m <= len; m += 4) {
    char pattern[32];
    memcpy(pattern, text + next_random(&seed) % (len - m + 1), m);
    if (m % 8 == 5) pattern[m / 2] = 'b';
    uint64_t first = 0;
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
      uint64_t found = searches[i](text, len, pattern, m);
      if (i == 0) first = found;
      if (found != first) return -(int64_t)i;
    }
    all = mix(all, first);
  }
  free(text);
  return (int64_t)all;
}
