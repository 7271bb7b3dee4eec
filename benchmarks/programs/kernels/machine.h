// A stack machine's program, for the interpreters: counts the steps of the Collatz sequences of the numbers up to `limit`.
#ifndef MACHINE_H
#define MACHINE_H
#include "kernel.h"

enum Code { HALT, PUSH, LOAD, STORE, ADD, MUL, INC, HALVE, ODD, LESS, JUMP, JUMP_IF, HASH, CODES };

typedef struct {
  int32_t stack[64];
  int32_t vars[8];
  int32_t sp, pc;
  uint32_t sum;
} Machine;

enum { LIMIT, NUMBER, VALUE, STEPS };

// Pairs of a code and its operand. Jumps name an instruction by its number.
static const int32_t program[][2] = {
  /* 0 */ {PUSH, 1}, {STORE, NUMBER},
  /* 2: a number */ {LOAD, NUMBER}, {STORE, VALUE}, {PUSH, 0}, {STORE, STEPS},
  /* 6: a step */ {LOAD, VALUE}, {PUSH, 2}, {LESS, 0}, {JUMP_IF, 26},
  /* 10 */ {LOAD, STEPS}, {PUSH, 1}, {ADD, 0}, {STORE, STEPS},
  /* 14 */ {LOAD, VALUE}, {ODD, 0}, {JUMP_IF, 20},
  /* 17: even */ {LOAD, VALUE}, {HALVE, 0}, {JUMP, 24},
  /* 20: odd */ {LOAD, VALUE}, {PUSH, 3}, {MUL, 0}, {INC, 0},
  /* 24 */ {STORE, VALUE}, {JUMP, 6},
  /* 26: at one */ {LOAD, STEPS}, {HASH, 0}, {LOAD, NUMBER}, {INC, 0}, {STORE, NUMBER},
  /* 31 */ {LOAD, NUMBER}, {LOAD, LIMIT}, {LESS, 0}, {JUMP_IF, 2}, {HALT, 0},
};
#endif
