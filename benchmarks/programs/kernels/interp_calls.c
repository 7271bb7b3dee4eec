// The same interpreter, each code a function behind a pointer in a table.
#include "machine.h"

typedef void Handler(Machine *, int32_t operand);

static void push(Machine *m, int32_t operand) { m->stack[m->sp++] = operand; }
static void load(Machine *m, int32_t operand) { m->stack[m->sp++] = m->vars[operand]; }
static void store(Machine *m, int32_t operand) { m->vars[operand] = m->stack[--m->sp]; }
static void add(Machine *m, int32_t operand) { (void)operand, m->sp--, m->stack[m->sp - 1] += m->stack[m->sp]; }
static void mul(Machine *m, int32_t operand) { (void)operand, m->sp--, m->stack[m->sp - 1] *= m->stack[m->sp]; }
static void inc(Machine *m, int32_t operand) { (void)operand, m->stack[m->sp - 1]++; }
static void halve(Machine *m, int32_t operand) { (void)operand, m->stack[m->sp - 1] /= 2; }
static void odd(Machine *m, int32_t operand) { (void)operand, m->stack[m->sp - 1] &= 1; }
static void less(Machine *m, int32_t operand) {
  (void)operand, m->sp--, m->stack[m->sp - 1] = m->stack[m->sp - 1] < m->stack[m->sp];
}
static void jump(Machine *m, int32_t operand) { m->pc = operand; }
static void jump_if(Machine *m, int32_t operand) {
  if (m->stack[--m->sp]) m->pc = operand;
}
static void hash(Machine *m, int32_t operand) { (void)operand, m->sum = mix(m->sum, (uint32_t)m->stack[--m->sp]); }
static void halt(Machine *m, int32_t operand) { (void)operand, m->pc = -1; }

static Handler *const handlers[CODES] = {
  [HALT] = halt, [PUSH] = push, [LOAD] = load, [STORE] = store, [ADD] = add, [MUL] = mul,
  [INC] = inc, [HALVE] = halve, [ODD] = odd, [LESS] = less, [JUMP] = jump, [JUMP_IF] = jump_if, [HASH] = hash,
};

static uint32_t execute(int32_t limit) {
  Machine m = {.vars = {limit}};
  while (m.pc >= 0) {
    const int32_t *instruction = program[m.pc++];
    handlers[instruction[0]](&m, instruction[1]);
  }
  return m.sum;
}

int run(int n) {
  uint32_t sum = 0;
  for (int round = 1; round <= n; round++) sum = mix(sum, execute(1000 + round % 8));
  return (int)sum;
}
