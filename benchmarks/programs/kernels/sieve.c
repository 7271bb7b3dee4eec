// The primes below two million, n times.
#include "kernel.h"
#include <string.h>

enum { LIMIT = 2000000 };
static uint8_t composite[LIMIT];

int run(int n) {
  uint32_t sum = 0;
  for (int round = 0; round < n; round++) {
    memset(composite, 0, sizeof composite);
    int count = 0;
    for (int i = 2; i < LIMIT; i++) {
      if (composite[i]) continue;
      count++;
      sum += (uint32_t)i;
      for (int j = 2 * i; j < LIMIT; j += i) composite[j] = 1;
    }
    sum = mix(sum, (uint32_t)(count + round));
  }
  return (int)sum;
}
