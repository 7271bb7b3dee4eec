// Functions that call little but themselves: Fibonacci, Ackermann, Takeuchi, and queens on a board.
#include "kernel.h"

static int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static int ackermann(int m, int n) {
  if (m == 0) return n + 1;
  return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

static int takeuchi(int x, int y, int z) {
  return y < x ? takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y)) : z;
}

static int queens(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  int count = 0;
  for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
    uint32_t bit = free & -free;
    count += queens(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

int run(int n) {
  uint32_t sum = 0;
  for (int round = 0; round < n; round++) {
    sum = mix(sum, (uint32_t)fibonacci(24 + round % 3));
    sum = mix(sum, (uint32_t)ackermann(2, 120 + round % 16));
    sum = mix(sum, (uint32_t)takeuchi(14 + round % 2, 8, 2));
    sum = mix(sum, (uint32_t)queens(255, 0, 0, 0));
  }
  return (int)sum;
}
