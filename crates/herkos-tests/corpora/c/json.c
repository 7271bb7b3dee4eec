// A JSON writer and a recursive-descent parser: a generated document is written, parsed into a tree, written again, and compared;
// then damaged and parsed once more.
// sizes: 0 1 4 12 30
#include "corpus.h"

typedef enum { NUL, FALSE_, TRUE_, NUMBER, STRING, ARRAY, OBJECT } kind;
typedef struct value {
  kind kind;
  int64_t number;
  char *text;
  struct value *first, *next;
} value;

typedef struct {
  char *bytes;
  size_t len, capacity;
} buffer;

static void put(buffer *b, char c) {
  if (b->len == b->capacity) b->bytes = realloc(b->bytes, b->capacity = b->capacity ? b->capacity * 2 : 16);
  b->bytes[b->len++] = c;
}

static void put_text(buffer *b, const char *s) {
  while (*s) put(b, *s++);
}

static void put_number(buffer *b, int64_t v) {
  char digits[24];
  int n = 0;
  uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
  do digits[n++] = (char)('0' + u % 10);
  while (u /= 10);
  if (v < 0) put(b, '-');
  while (n) put(b, digits[--n]);
}

static void put_string(buffer *b, const char *s) {
  put(b, '"');
  for (; *s; s++) switch (*s) {
      case '"': put_text(b, "\\\""); break;
      case '\\': put_text(b, "\\\\"); break;
      case '\n': put_text(b, "\\n"); break;
      case '\t': put_text(b, "\\t"); break;
      default:
        if ((uint8_t)*s < 32) {
          put_text(b, "\\u00");
          put(b, (char)('0' + (*s >> 4)));
          put(b, "0123456789abcdef"[*s & 15]);
        } else {
          put(b, *s);
        }
    }
  put(b, '"');
}

static void write_value(buffer *b, const value *v) {
  switch (v->kind) {
    case NUL: put_text(b, "null"); break;
    case FALSE_: put_text(b, "false"); break;
    case TRUE_: put_text(b, "true"); break;
    case NUMBER: put_number(b, v->number); break;
    case STRING: put_string(b, v->text); break;
    case ARRAY:
    case OBJECT:
      put(b, v->kind == ARRAY ? '[' : '{');
      for (const value *e = v->first; e; e = e->next) {
        if (v->kind == OBJECT) {
          put_string(b, e->text);
          put(b, ':');
          // A member is its name in `text`; what it holds is its only child.
          write_value(b, e->first);
        } else {
          write_value(b, e);
        }
        if (e->next) put(b, ',');
      }
      put(b, v->kind == ARRAY ? ']' : '}');
  }
}

static void release(value *v) {
  for (value *next; v; v = next) {
    next = v->next;
    release(v->first);
    free(v->text);
    free(v);
  }
}

typedef struct {
  const char *at, *end;
  int depth;
} parser;

static void space(parser *p) {
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\n')) p->at++;
}

static int word(parser *p, const char *w) {
  size_t len = strlen(w);
  if ((size_t)(p->end - p->at) < len || memcmp(p->at, w, len) != 0) return 0;
  p->at += len;
  return 1;
}

static char *parse_string(parser *p) {
  if (!word(p, "\"")) return NULL;
  buffer b = {0};
  while (p->at < p->end && *p->at != '"') {
    char c = *p->at++;
    if (c == '\\' && p->at < p->end) {
      c = *p->at++;
      if (c == 'n') c = '\n';
      else if (c == 't') c = '\t';
      else if (c == 'u' && p->end - p->at >= 4) {
        c = 0;
        for (int i = 0; i < 4; i++) {
          char d = *p->at++;
          c = (char)(c * 16 + (d <= '9' ? d - '0' : (d | 32) - 'a' + 10));
        }
      } else if (c != '"' && c != '\\') {
        free(b.bytes);
        return NULL;
      }
    }
    put(&b, c);
  }
  if (!word(p, "\"")) {
    free(b.bytes);
    return NULL;
  }
  put(&b, 0);
  return b.bytes;
}

static value *parse(parser *p) {
  if (p->depth > 40) return NULL;
  space(p);
  if (p->at == p->end) return NULL;
  value *v = calloc(1, sizeof *v), **tail = &v->first;
  switch (*p->at) {
    case '"':
      v->kind = STRING;
      if (!(v->text = parse_string(p))) goto fail;
      return v;
    case '[':
    case '{':
      v->kind = *p->at == '[' ? ARRAY : OBJECT;
      p->at++, p->depth++;
      space(p);
      if (word(p, v->kind == ARRAY ? "]" : "}")) {
        p->depth--;
        return v;
      }
      do {
        if (v->kind == OBJECT) {
          space(p);
          value *member = *tail = calloc(1, sizeof *member);
          member->kind = OBJECT;
          if (!(member->text = parse_string(p))) goto fail;
          space(p);
          if (!word(p, ":") || !(member->first = parse(p))) goto fail;
        } else if (!(*tail = parse(p))) {
          goto fail;
        }
        tail = &(*tail)->next;
        space(p);
      } while (word(p, ","));
      p->depth--;
      if (!word(p, v->kind == ARRAY ? "]" : "}")) goto fail;
      return v;
    case 'n':
      if (!word(p, "null")) goto fail;
      return v;
    case 't':
      v->kind = TRUE_;
      if (!word(p, "true")) goto fail;
      return v;
    case 'f':
      v->kind = FALSE_;
      if (!word(p, "false")) goto fail;
      return v;
    default: {
      int negative = word(p, "-");
      uint64_t u = 0;
      if (p->at == p->end || *p->at < '0' || *p->at > '9') goto fail;
      while (p->at < p->end && *p->at >= '0' && *p->at <= '9') u = u * 10 + (uint64_t)(*p->at++ - '0');
      v->kind = NUMBER;
      v->number = (int64_t)(negative ? -u : u);
      return v;
    }
  }
fail:
  release(v);
  return NULL;
}

static value *generate(uint64_t *seed, int depth) {
  value *v = calloc(1, sizeof *v), **tail = &v->first;
  uint64_t r = next_random(seed);
  v->kind = depth <= 0 ? (kind)(r % 5) : (kind)(r % 7);
  if (depth > 8) v->kind = ARRAY;
  if (v->kind == NUMBER) v->number = (int64_t)next_random(seed) >> (r >> 58);
  if (v->kind == STRING) {
    v->text = calloc(1, 12);
    for (int i = 0; i < (int)(r >> 60) % 11; i++) v->text[i] = "ab\"\\\n\tz \x01\x1f/{"[next_random(seed) % 12];
  }
  if (v->kind >= ARRAY)
    for (int i = 0; i < (int)(r >> 32 & 7); i++) {
      value *child = generate(seed, depth - 1 - (int)(r >> 40 & 1));
      if (v->kind == OBJECT) {
        value *member = calloc(1, sizeof *member);
        member->kind = OBJECT, member->first = child;
        member->text = calloc(1, 3);
        member->text[0] = (char)('a' + i), member->text[1] = (char)('A' + depth % 26);
        child = member;
      }
      *tail = child, tail = &child->next;
    }
  return v;
}

CORPUS(int64_t, json) {
  uint64_t seed = 31, h = MIX_START;
  for (int i = 0; i < n; i++) {
    value *document = generate(&seed, i % 12);
    buffer a = {0}, b = {0};
    write_value(&a, document);
    parser p = {a.bytes, a.bytes + a.len, 0};
    value *back = parse(&p);
    if (!back || p.at != p.end) return -1;
    write_value(&b, back);
    if (a.len != b.len || memcmp(a.bytes, b.bytes, a.len) != 0) return -2;
    for (size_t k = 0; k < a.len; k++) h = (h ^ (uint8_t)a.bytes[k]) * 0x100000001b3u;
    for (int k = 0; k < 5; k++) {
      a.bytes[next_random(&seed) % a.len] = "]}\",:x0"[next_random(&seed) % 7];
      parser q = {a.bytes, a.bytes + a.len, 0};
      value *damaged = parse(&q);
      h = mix(h, (uint64_t)(damaged != NULL) << 32 | (uint64_t)(q.at - a.bytes));
      release(damaged);
    }
    release(document), release(back);
    free(a.bytes), free(b.bytes);
  }
  return (int64_t)h;
}
