// Prefix sums of 32-bit integers, inclusive and then exclusive with a maximum, over a megabyte.
#include "kernel.h"

enum { LEN = 1 << 18 };
static uint32_t in[LEN], out[LEN];

int run(int n) {
  uint32_t seed = 5, sum = 0;
  for (int i = 0; i < LEN; i++) in[i] = next_random(&seed);
  for (int round = 0; round < n; round++) {
    uint32_t total = (uint32_t)round;
    for (int i = 0; i < LEN; i++) {
      total += in[i];
      out[i] = total;
    }
    uint32_t largest = 0;
    for (int i = 0; i < LEN; i++) {
      uint32_t value = out[i];
      in[i] = (value >> 3) ^ largest;
      if (value > largest) largest = value;
    }
    sum = mix(sum, total ^ largest);
  }
  for (int i = 0; i < LEN; i++) sum = mix(sum, in[i]);
  return (int)sum;
}
