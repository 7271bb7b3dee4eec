// Reads a JSON text into a tree of nodes, by recursive descent, and sums the tree up.
#include "kernel.h"
#include <string.h>

enum { TEXT = 1 << 18, NODES = 1 << 16, STRINGS = 1 << 18 };
enum Kind { EMPTY, NUMBER, STRING, LIST, OBJECT, TRUE, FALSE };
typedef struct Node {
  uint8_t kind;
  double number;
  const char *name, *string;
  struct Node *child, *next;
} Node;
static char text[TEXT], strings[STRINGS];
static int text_len, strings_used, nodes_used;
static Node nodes[NODES];
static const char *at;

// ---- a text to read ----

static void put(const char *s) {
  while (*s) text[text_len++] = *s++;
}
static void put_number(uint32_t value) {
  char digits[12];
  int len = 0;
  do digits[len++] = (char)('0' + value % 10);
  while (value /= 10);
  while (len) text[text_len++] = digits[--len];
}
static void put_value(uint32_t *seed, int depth) {
  uint32_t what = next_random(seed) % (depth > 0 ? 10 : 5);
  switch (what) {
    case 0: put("null"); break;
    case 1: put(next_random(seed) & 1 ? "true" : "false"); break;
    case 2: put("\"a string \\\"quoted\\\" \\u0041 no. "), put_number(next_random(seed)), put("\""); break;
    case 3: put("-"), put_number(next_random(seed)), put("."), put_number(next_random(seed) % 1000); break;
    case 4: put_number(next_random(seed) % 100), put("e-3"); break;
    default: {
      int object = what > 7, count = (int)(next_random(seed) % 7);
      put(object ? "{ " : "[");
      for (int i = 0; i < count; i++) {
        if (i) put(",\n  ");
        if (object) put("\"key"), put_number((uint32_t)i), put("\" : ");
        put_value(seed, depth - 1);
      }
      put(object ? " }" : "]");
    }
  }
}

// ---- the reader ----

static void space(void) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}
static int hex(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

static const char *read_string(void) {
  char *out = strings + strings_used, *start = out;
  for (at++; *at != '"'; at++) {
    char c = *at;
    if (c == 0) return NULL;
    if (c == '\\') {
      c = *++at;
      if (c == 'n') c = '\n';
      else if (c == 'u') c = (char)(hex(at[3]) << 4 | hex(at[4])), at += 4;
    }
    *out++ = c;
  }
  at++;
  *out++ = 0;
  strings_used = (int)(out - strings);
  return start;
}

static double read_number(void) {
  double value = 0, scale = 1;
  int negative = *at == '-', exponent = 0;
  at += negative;
  for (; *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
  if (*at == '.')
    for (at++; *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0'), scale *= 10;
  if ((*at | 32) == 'e') {
    int down = *++at == '-';
    at += down;
    for (; *at >= '0' && *at <= '9'; at++) exponent = exponent * 10 + (*at - '0');
    for (; exponent; exponent--) down ? (scale *= 10) : (value *= 10);
  }
  return (negative ? -value : value) / scale;
}

static Node *read_value(void) {
  Node *node = &nodes[nodes_used++];
  *node = (Node){.kind = EMPTY};
  space();
  switch (*at) {
    case 'n': at += 4; break;
    case 't': node->kind = TRUE, at += 4; break;
    case 'f': node->kind = FALSE, at += 5; break;
    case '"': node->kind = STRING, node->string = read_string(); break;
    case '[':
    case '{': {
      int object = *at++ == '{';
      Node **last = &node->child;
      node->kind = object ? OBJECT : LIST;
      for (space(); *at != (object ? '}' : ']'); space()) {
        const char *name = NULL;
        if (*at == ',') at++, space();
        if (object) name = read_string(), space(), at++;
        Node *child = read_value();
        child->name = name;
        *last = child, last = &child->next;
      }
      at++;
      break;
    }
    default: node->kind = NUMBER, node->number = read_number();
  }
  return node;
}

static uint32_t sum_of(const Node *node, uint32_t sum) {
  sum = mix(sum, node->kind);
  if (node->name) sum = mix(sum, (uint32_t)strlen(node->name));
  if (node->kind == NUMBER) sum = mix_real(sum, node->number);
  if (node->kind == STRING)
    for (const char *s = node->string; *s; s++) sum = mix(sum, (uint8_t)*s);
  for (const Node *child = node->child; child; child = child->next) sum = sum_of(child, sum);
  return sum;
}

int run(int n) {
  uint32_t seed = 17, sum = 0;
  text_len = 0;
  put("[");
  while (text_len < TEXT / 2) put_value(&seed, 6), put(",");
  put("0]");
  text[text_len] = 0;
  for (int round = 0; round < n; round++) {
    at = text, strings_used = nodes_used = 0;
    sum = sum_of(read_value(), sum);
    sum = mix(sum, (uint32_t)(at - text) + (uint32_t)nodes_used);
  }
  return (int)sum;
}
