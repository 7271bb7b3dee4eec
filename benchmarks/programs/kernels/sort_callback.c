// Merge sort of records of any size, as a library would offer it: the comparison is a function pointer.
#include "kernel.h"
#include <string.h>

enum { LEN = 50000 };
typedef struct {
  uint32_t key;
  uint16_t group;
  uint16_t place;
} Record;
static Record data[LEN], spare[LEN];

typedef int Compare(const void *, const void *);

static void merge_sort(char *a, size_t len, size_t width, Compare *compare, char *room) {
  if (len < 2) return;
  size_t half = len / 2;
  merge_sort(a, half, width, compare, room);
  merge_sort(a + half * width, len - half, width, compare, room);
  memcpy(room, a, half * width);
  char *left = room, *left_end = room + half * width;
  char *right = a + half * width, *right_end = a + len * width, *to = a;
  while (left < left_end && right < right_end) {
    char **from = compare(left, right) <= 0 ? &left : &right;
    memcpy(to, *from, width);
    *from += width, to += width;
  }
  memcpy(to, left, (size_t)(left_end - left));
}

static int by_key(const void *a, const void *b) {
  const Record *x = a, *y = b;
  return (x->key > y->key) - (x->key < y->key);
}
static int by_group(const void *a, const void *b) {
  const Record *x = a, *y = b;
  return x->group != y->group ? x->group - y->group : by_key(a, b);
}
static int by_place_down(const void *a, const void *b) {
  const Record *x = a, *y = b;
  return y->place - x->place;
}
static Compare *const orders[] = {by_key, by_group, by_place_down};

int run(int n) {
  uint32_t seed = 7, sum = 0;
  for (int round = 0; round < n; round++) {
    for (int i = 0; i < LEN; i++) {
      uint32_t r = next_random(&seed);
      data[i] = (Record){r, (uint16_t)(r % 97), (uint16_t)(r >> 13)};
    }
    merge_sort((char *)data, LEN, sizeof *data, orders[round % 3], (char *)spare);
    for (int i = 0; i < LEN; i += 5) sum = mix(sum, data[i].key);
  }
  return (int)sum;
}
