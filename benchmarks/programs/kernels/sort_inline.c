// Quicksort and heap sort of integers; the comparison is part of the code.
#include "kernel.h"

enum { LEN = 100000 };
static int32_t data[LEN];

static void insertion_sort(int32_t *a, int len) {
  for (int i = 1; i < len; i++) {
    int32_t value = a[i];
    int j = i;
    for (; j > 0 && a[j - 1] > value; j--) a[j] = a[j - 1];
    a[j] = value;
  }
}

static void quick_sort(int32_t *a, int len) {
  while (len > 16) {
    int32_t x = a[0], y = a[len / 2], z = a[len - 1];
    int32_t pivot = x < y ? (y < z ? y : x < z ? z : x) : (x < z ? x : y < z ? z : y);
    int i = 0, j = len - 1;
    for (;;) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i >= j) break;
      int32_t t = a[i];
      a[i++] = a[j];
      a[j--] = t;
    }
    // The smaller part first, so that the recursion stays flat.
    int left = j + 1;
    if (left < len - left) {
      quick_sort(a, left);
      a += left, len -= left;
    } else {
      quick_sort(a + left, len - left);
      len = left;
    }
  }
  insertion_sort(a, len);
}

static void sift(int32_t *a, int root, int len) {
  int32_t value = a[root];
  for (int child; (child = 2 * root + 1) < len; root = child) {
    if (child + 1 < len && a[child] < a[child + 1]) child++;
    if (a[child] <= value) break;
    a[root] = a[child];
  }
  a[root] = value;
}

static void heap_sort(int32_t *a, int len) {
  for (int i = len / 2 - 1; i >= 0; i--) sift(a, i, len);
  for (int end = len - 1; end > 0; end--) {
    int32_t t = a[0];
    a[0] = a[end];
    a[end] = t;
    sift(a, 0, end);
  }
}

int run(int n) {
  uint32_t seed = 6, sum = 0;
  for (int round = 0; round < n; round++)
    for (int kind = 0; kind < 2; kind++) {
      for (int i = 0; i < LEN; i++) data[i] = (int32_t)next_random(&seed);
      if (kind == 0) quick_sort(data, LEN);
      else heap_sort(data, LEN);
      for (int i = 0; i < LEN; i += 7) sum = mix(sum, (uint32_t)data[i]);
    }
  return (int)sum;
}
