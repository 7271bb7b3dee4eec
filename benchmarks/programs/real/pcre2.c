// n searches of a text with each of eight patterns, by interpretation.
#include "driver.h"
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pcre2.h"
#define LEN (1 << 14)
static const char *const patterns[] = {
  "\\b(import|export)\\s+(\\w+)", "[a-f0-9]{4,}", "(?i)MEMORY\\s+OF", "(\\w+), (as|is)", "proves\\.$",
  "(?:the|a) (module|memory) .*? (check|rustc)", "\\d+(?=\\w)", "(?<word>\\w+) \\k<word>",
};
int run(int n) {
  enum { COUNT = sizeof patterns / sizeof *patterns };
  uint8_t *text = malloc(LEN);
  fill_text(text, LEN, 1);
  // Patterns are of bytes; what is no text is a space.
  for (int i = 0; i < LEN; i++) text[i] = text[i] < 128 ? text[i] : ' ';
  uint64_t h = HASH_START;
  for (int p = 0; p < COUNT; p++) {
    int error;
    PCRE2_SIZE where;
    pcre2_code *code =
      pcre2_compile((PCRE2_SPTR)patterns[p], PCRE2_ZERO_TERMINATED, PCRE2_MULTILINE, &error, &where, NULL);
    if (!code) return -1 - p;
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    for (int round = 0; round < n; round++) {
      PCRE2_SIZE start = 0;
      while (start <= LEN) {
        int found = pcre2_match(code, text, LEN, start, 0, match, NULL);
        if (found == PCRE2_ERROR_NOMATCH) break;
        if (found < 0) return -100 + found;
        PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);
        for (int i = 0; i < 2 * found; i++) {
          uint32_t end = (uint32_t)ends[i];
          h = hash_bytes(h, &end, sizeof end);
        }
        start = ends[1] > start ? ends[1] : start + 1;
      }
    }
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
  free(text);
  return fold(h);
}
