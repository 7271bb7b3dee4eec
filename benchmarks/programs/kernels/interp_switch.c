// An interpreter whose loop is a `switch` over the codes.
#include "machine.h"

static uint32_t execute(int32_t limit) {
  Machine m = {.vars = {limit}};
  for (;;) {
    int32_t operand = program[m.pc][1];
    switch (program[m.pc++][0]) {
      case HALT: return m.sum;
      case PUSH: m.stack[m.sp++] = operand; break;
      case LOAD: m.stack[m.sp++] = m.vars[operand]; break;
      case STORE: m.vars[operand] = m.stack[--m.sp]; break;
      case ADD: m.sp--, m.stack[m.sp - 1] += m.stack[m.sp]; break;
      case MUL: m.sp--, m.stack[m.sp - 1] *= m.stack[m.sp]; break;
      case INC: m.stack[m.sp - 1]++; break;
      case HALVE: m.stack[m.sp - 1] /= 2; break;
      case ODD: m.stack[m.sp - 1] &= 1; break;
      case LESS: m.sp--, m.stack[m.sp - 1] = m.stack[m.sp - 1] < m.stack[m.sp]; break;
      case JUMP: m.pc = operand; break;
      case JUMP_IF:
        if (m.stack[--m.sp]) m.pc = operand;
        break;
      case HASH: m.sum = mix(m.sum, (uint32_t)m.stack[--m.sp]); break;
    }
  }
}

int run(int n) {
  uint32_t sum = 0;
  for (int round = 1; round <= n; round++) sum = mix(sum, execute(1000 + round % 8));
  return (int)sum;
}
