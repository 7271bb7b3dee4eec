// A bytecode interpreter whose instructions are functions in a table, with a small assembler in front: runs Collatz, primes and
// a sorting program, counting instructions.
// sizes: 0 1 5 30 200
#include "corpus.h"

typedef struct vm vm;
typedef int instruction(vm *m, int32_t operand);
struct vm {
  int32_t stack[64], memory[256];
  int sp, pc;
  int64_t executed;
  const struct code {
    instruction *run;
    int32_t operand;
  } *code;
};

#define BINARY(name, expression) \
  static int name(vm *m, int32_t operand) { \
    (void)operand; \
    int32_t b = m->stack[--m->sp], a = m->stack[m->sp - 1]; \
    m->stack[m->sp - 1] = expression; \
    return 1; \
  }
BINARY(op_add, (int32_t)((uint32_t)a + (uint32_t)b))
BINARY(op_sub, (int32_t)((uint32_t)a - (uint32_t)b))
BINARY(op_mul, (int32_t)((uint32_t)a * (uint32_t)b))
BINARY(op_div, b ? a / b : 0)
BINARY(op_rem, b ? a % b : 0)
BINARY(op_less, a < b)
BINARY(op_equal, a == b)
static int op_push(vm *m, int32_t v) { return m->stack[m->sp++] = v, 1; }
static int op_load(vm *m, int32_t at) { return m->stack[m->sp++] = m->memory[at], 1; }
static int op_store(vm *m, int32_t at) { return m->memory[at] = m->stack[--m->sp], 1; }
static int op_fetch(vm *m, int32_t base) { return m->stack[m->sp - 1] = m->memory[(base + m->stack[m->sp - 1]) & 255], 1; }
static int op_put(vm *m, int32_t base) {
  m->sp -= 2;
  m->memory[(base + m->stack[m->sp]) & 255] = m->stack[m->sp + 1];
  return 1;
}
static int op_jump(vm *m, int32_t to) { return m->pc = to, 1; }
static int op_jump_if_zero(vm *m, int32_t to) {
  if (m->stack[--m->sp] == 0) m->pc = to;
  return 1;
}
static int op_halt(vm *m, int32_t v) { return (void)m, (void)v, 0; }

static instruction *const instructions[] = {
  ['+'] = op_add, ['-'] = op_sub, ['*'] = op_mul, ['/'] = op_div, ['%'] = op_rem, ['<'] = op_less, ['='] = op_equal,
  ['#'] = op_push, ['@'] = op_load, ['!'] = op_store, ['f'] = op_fetch, ['p'] = op_put,
  ['j'] = op_jump, ['z'] = op_jump_if_zero, ['h'] = op_halt,
};

// Text to code: an instruction's letter and a number; `:x` defines label x, `jx` and `zx` refer to it.
static int assemble(const char *text, struct code *code) {
  int labels[128] = {0}, n = 0;
  for (int pass = 0; pass < 2; pass++) {
    n = 0;
    for (const char *p = text; *p;) {
      char c = *p++;
      if (c == ' ') continue;
      if (c == ':') {
        labels[(uint8_t)*p++] = n;
        continue;
      }
      int32_t operand = 0;
      if (c == 'j' || c == 'z') {
        operand = labels[(uint8_t)*p++];
      } else {
        int negative = *p == '_';
        p += negative;
        while (*p >= '0' && *p <= '9') operand = operand * 10 + (*p++ - '0');
        if (negative) operand = -operand;
      }
      if ((size_t)c >= sizeof instructions / sizeof *instructions || !instructions[(uint8_t)c]) return -1;
      code[n].run = instructions[(uint8_t)c];
      code[n++].operand = operand;
    }
  }
  return n;
}

static int64_t run(vm *m, const struct code *code) {
  m->code = code, m->sp = 0, m->pc = 0, m->executed = 0;
  for (;;) {
    const struct code *c = &m->code[m->pc++];
    m->executed++;
    if (!c->run(m, c->operand)) return m->executed;
  }
}

CORPUS(int64_t, interpreter) {
  static const char *const programs[] = {
    // Collatz steps of all numbers up to n.
    "@0!1 :o @1zh @1!2 :n #1@2<zc @2#2%zv @2#3*#1+!2 jt :v @2#2/!2 :t @3#1+!3 jn :c @1#1-!1 jo :h h",
    // The sum of the primes up to n, by trial division.
    "#2!1 :o @0@1<zb h :b #2!2 :d @1@2@2*<zm jp :m @1@2%zc @2#1+!2 jd :p @3@1+!3 :c @1#1+!1 jo",
    // Fills 32.. with a sequence modulo 97, sorts it by insertion, weighs it.
    "#0!1 :f @1@4<zs @1 @1#37*#11+#97% p32 @1#1+!1 jf"
    ":s #1!1 :i @1@4<zw @1!2 :k @2zn @2f32 @2#1-f32 <zn"
    "@2f32!5 @2 @2#1-f32 p32 @2#1- @5 p32 @2#1-!2 jk :n @1#1+!1 ji"
    ":w #0!1 :g @1@4<zh @3#3*@1f32+!3 @1#1+!1 jg :h h",
  };
  uint64_t h = MIX_START;
  struct code code[256];
  for (int i = 0; i < 3; i++) {
    if (assemble(programs[i], code) < 0) return -1;
    vm *m = calloc(1, sizeof *m);
    m->memory[0] = n;
    m->memory[4] = n < 200 ? n : 200;
    h = mix(h, (uint64_t)run(m, code));
    h = mix(h, (uint32_t)m->memory[3]);
    free(m);
  }
  return (int64_t)h;
}
