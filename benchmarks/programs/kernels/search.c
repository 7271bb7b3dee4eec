// Strings found in a text by Horspool's rule: compare from the end, skip by the last character.
#include "kernel.h"
#include <string.h>

enum { LEN = 1 << 18 };
static char text[LEN];

static int count(const char *pattern, int len) {
  int skip[256], found = 0;
  for (int i = 0; i < 256; i++) skip[i] = len;
  for (int i = 0; i < len - 1; i++) skip[(uint8_t)pattern[i]] = len - 1 - i;
  for (int at = 0; at + len <= LEN; at += skip[(uint8_t)text[at + len - 1]]) {
    int i = len - 1;
    while (i >= 0 && text[at + i] == pattern[i]) i--;
    found += i < 0;
  }
  return found;
}

int run(int n) {
  static const char *const patterns[] = {"abba", "cadabra", "ed", "feedbagfaced", "gag", "deadbeefcafe"};
  uint32_t seed = 16, sum = 0;
  for (int i = 0; i < LEN; i++) text[i] = (char)('a' + next_random(&seed) % 7);
  for (int round = 0; round < n; round++) {
    const char *pattern = patterns[round % 6];
    sum = mix(sum, (uint32_t)count(pattern, (int)strlen(pattern)));
    text[next_random(&seed) % LEN] = (char)('a' + round % 7);
  }
  return (int)sum;
}
