// Five sorts - quick, heap, merge, radix, and the C library's with a comparison function - and a sieve for the input.
// flags: -O1
// sizes: 0 1 2 10 1000 5000
#include "corpus.h"

static void quick(int32_t *a, int lo, int hi) {
  while (lo < hi) {
    int32_t pivot = a[lo + (hi - lo) / 2];
    int i = lo, j = hi;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (pivot < a[j]) j--;
      if (i <= j) {
        int32_t t = a[i];
        a[i++] = a[j], a[j--] = t;
      }
    }
    if (j - lo < hi - i) {
      quick(a, lo, j);
      lo = i;
    } else {
      quick(a, i, hi);
      hi = j;
    }
  }
}

static void heap(int32_t *a, int n) {
  for (int start = n / 2, end = n; end > 1;) {
    int32_t v;
    if (start > 0) v = a[--start];
    else v = a[--end], a[end] = a[0];
    int hole = start;
    for (int child; (child = 2 * hole + 1) < end; hole = child) {
      if (child + 1 < end && a[child] < a[child + 1]) child++;
      if (v >= a[child]) break;
      a[hole] = a[child];
    }
    a[hole] = v;
  }
}

static void merge(int32_t *a, int32_t *scratch, int n) {
  for (int width = 1; width < n; width *= 2) {
    for (int lo = 0; lo < n; lo += 2 * width) {
      int mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
      for (int i = lo, j = mid, k = lo; k < hi; k++) scratch[k] = i < mid && (j >= hi || a[i] <= a[j]) ? a[i++] : a[j++];
    }
    memcpy(a, scratch, (size_t)n * sizeof *a);
  }
}

// Eight bits of the number, its sign turned round so that negative ones come first.
static int digit(int32_t v, int shift) { return (int)(((uint32_t)v ^ 0x80000000u) >> shift & 255); }

static void radix(int32_t *a, int32_t *scratch, int n) {
  for (int shift = 0; shift < 32; shift += 8) {
    int at[257] = {0};
    for (int i = 0; i < n; i++) at[digit(a[i], shift) + 1]++;
    for (int i = 1; i < 257; i++) at[i] += at[i - 1];
    for (int i = 0; i < n; i++) scratch[at[digit(a[i], shift)]++] = a[i];
    memcpy(a, scratch, (size_t)n * sizeof *a);
  }
}

static int compare(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

CORPUS(int64_t, sorts) {
  size_t bytes = (size_t)n * sizeof(int32_t);
  int32_t *input = malloc(bytes + 4), *a = malloc(bytes + 4), *b = malloc(bytes + 4), *scratch = malloc(bytes + 4);
  char *composite = calloc((size_t)n + 2, 1);
  for (int p = 2; p * p <= n; p++)
    if (!composite[p])
      for (int q = p * p; q <= n; q += p) composite[q] = 1;
  uint64_t seed = 61, h = MIX_START;
  // Primes keep their own value, the rest is noise of both signs with repetitions.
  for (int i = 0; i < n; i++) input[i] = composite[i] ? (int32_t)(next_random(&seed) >> 40) % 5000 - 2500 : i * (i % 3 - 1);
  memcpy(b, input, bytes);
  qsort(b, (size_t)n, sizeof *b, compare);
  for (int which = 0; which < 4; which++) {
    memcpy(a, input, bytes);
    switch (which) {
      case 0: quick(a, 0, n - 1); break;
      case 1: heap(a, n); break;
      case 2: merge(a, scratch, n); break;
      case 3: radix(a, scratch, n); break;
    }
    if (memcmp(a, b, bytes) != 0) return -1 - which;
  }
  for (int i = 0; i < n; i++) h = mix(h, (uint32_t)b[i]);
  free(input), free(a), free(b), free(scratch), free(composite);
  return (int64_t)h;
}
