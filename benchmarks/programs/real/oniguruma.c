// Oniguruma: compiles patterns (backtracking, lookaround, named groups, Unicode classes) and searches n kilobytes of text.
#include "driver.h"
#include "oniguruma.h"
int run(int n) {
  static const char *const patterns[] = {
    "\\b(\\w+) (?:is|of) (\\w+)\\b", "(?<=m)[aeiou]+(?!r)", "(?<word>[a-z]{3,7})\\s+\\k<word>", "\\d{2,}(?:\\.\\d+)?", "(?i:MODULE|rustc)\\s",
    "[^\\x00-\\x7f]+", "(?>a+|[b-m]+)*t", "\\p{Alpha}+\\p{Space}\\p{Digit}", "(a|b|ab)*c|every .{0,9}? and", "^(?:(?!no).)*$", "(\\((?:[^()]|\\g<1>)*\\))",
    "(?=.*lost)(.*?),", "\\R|\\X{3}z",
  };
  OnigEncoding encodings[] = {ONIG_ENCODING_UTF8, ONIG_ENCODING_ASCII};
  if (onig_initialize(encodings, 2) != ONIG_NORMAL) return -1;
  size_t len = (size_t)n * 1024;
  uint8_t *text = malloc(len + 1);
  fill_text(text, len, 77);
  // Valid UTF-8: the noise becomes letters and a few two-byte characters.
  for (size_t i = 0; i < len; i++)
    if (text[i] >= 128 || text[i] == 0) text[i] = (uint8_t)('a' + text[i] % 26);
  for (size_t i = 0; i + 2 < len; i += 211) text[i] = 0xc3, text[i + 1] = (uint8_t)(0xa0 + i % 30);
  uint64_t h = HASH_START;
  for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
    regex_t *re;
    const UChar *pattern = (const UChar *)patterns[p];
    int rc = onig_new(&re, pattern, pattern + strlen(patterns[p]), p % 3 ? ONIG_OPTION_NONE : ONIG_OPTION_MULTILINE, encodings[0], ONIG_SYNTAX_DEFAULT, NULL);
    h = hash_bytes(h, &rc, 4);
    if (rc != ONIG_NORMAL) continue;
    OnigRegion *region = onig_region_new();
    const UChar *end = text + len;
    int found = 0;
    for (const UChar *at = text; at < end && found < 20000; found++) {
      // Line by line where the pattern could run over the whole text.
      const UChar *limit = memchr(at, '\n', (size_t)(end - at));
      if (!limit) limit = end;
      int r = onig_search(re, at, limit, at, limit, region, ONIG_OPTION_NONE);
      if (r < 0) {
        at = limit + 1;
        h = hash_bytes(h, &r, 4);
        continue;
      }
      for (int k = 0; k < region->num_regs; k++) h = hash_bytes(hash_bytes(h, &region->beg[k], 4), &region->end[k], 4);
      at += region->end[0] > r ? region->end[0] : r + 1;
    }
    onig_region_free(region, 1), onig_free(re);
  }
  onig_end();
  free(text);
  return fold(h);
}
#ifdef __wasm__
#include "wasi-stubs.h"
#endif
