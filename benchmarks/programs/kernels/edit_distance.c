// Levenshtein's distance and the longest common subsequence of two strings, row by row.
#include "kernel.h"

enum { LEN = 1000 };
static char a[LEN], b[LEN];
static int row[LEN + 1];

static int smaller(int x, int y) { return x < y ? x : y; }

static int distance(void) {
  for (int j = 0; j <= LEN; j++) row[j] = j;
  for (int i = 1; i <= LEN; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= LEN; j++) {
      int above = row[j];
      int change = diagonal + (a[i - 1] != b[j - 1]);
      row[j] = smaller(change, smaller(above, row[j - 1]) + 1);
      diagonal = above;
    }
  }
  return row[LEN];
}

static int common(void) {
  for (int j = 0; j <= LEN; j++) row[j] = 0;
  for (int i = 0; i < LEN; i++) {
    int diagonal = 0;
    for (int j = 0; j < LEN; j++) {
      int above = row[j + 1];
      if (a[i] == b[j]) row[j + 1] = diagonal + 1;
      else if (row[j] > above) row[j + 1] = row[j];
      diagonal = above;
    }
  }
  return row[LEN];
}

int run(int n) {
  uint32_t seed = 20, sum = 0;
  for (int i = 0; i < LEN; i++) {
    a[i] = (char)('a' + next_random(&seed) % 12);
    b[i] = next_random(&seed) % 3 ? a[i] : 'z';
  }
  for (int round = 0; round < n; round++) {
    sum = mix(sum, (uint32_t)distance());
    sum = mix(sum, (uint32_t)common());
    b[next_random(&seed) % LEN] = (char)('a' + round % 12);
  }
  return (int)sum;
}
