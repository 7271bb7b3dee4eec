// Two hash tables, chained with nodes from malloc and open with robin-hood displacement, doing the same work: words counted,
// some removed, tables grown on the way.
// sizes: 0 1 10 500 8000
#include "corpus.h"

typedef struct node {
  struct node *next;
  uint32_t count;
  char key[];
} node;

typedef struct {
  node **buckets;
  uint32_t size, used;
} chained;

static uint32_t hash(const char *s) {
  uint32_t h = 2166136261u;
  while (*s) h = (h ^ (uint8_t)*s++) * 16777619u;
  return h;
}

static void chained_grow(chained *t) {
  uint32_t size = t->size ? t->size * 2 : 4;
  node **buckets = calloc(size, sizeof *buckets);
  for (uint32_t i = 0; i < t->size; i++)
    for (node *e = t->buckets[i], *next; e; e = next) {
      next = e->next;
      node **slot = &buckets[hash(e->key) & (size - 1)];
      e->next = *slot;
      *slot = e;
    }
  free(t->buckets);
  t->buckets = buckets, t->size = size;
}

static void chained_add(chained *t, const char *key) {
  if (t->used * 4 >= t->size * 3) chained_grow(t);
  node **slot = &t->buckets[hash(key) & (t->size - 1)];
  for (node *e = *slot; e; e = e->next)
    if (strcmp(e->key, key) == 0) {
      e->count++;
      return;
    }
  size_t len = strlen(key) + 1;
  node *e = malloc(sizeof *e + len);
  e->next = *slot, e->count = 1;
  memcpy(e->key, key, len);
  *slot = e, t->used++;
}

static uint32_t chained_remove(chained *t, const char *key) {
  if (!t->size) return 0;
  for (node **slot = &t->buckets[hash(key) & (t->size - 1)]; *slot; slot = &(*slot)->next)
    if (strcmp((*slot)->key, key) == 0) {
      node *e = *slot;
      uint32_t count = e->count;
      *slot = e->next;
      free(e), t->used--;
      return count;
    }
  return 0;
}

typedef struct {
  char key[12];
  uint32_t hash, count;
} cell;

typedef struct {
  cell *cells;
  uint32_t size, used;
} open_table;

static uint32_t away(const open_table *t, uint32_t at) { return (at - t->cells[at].hash) & (t->size - 1); }

static void open_add(open_table *t, cell add);

static void open_grow(open_table *t) {
  open_table bigger = {calloc(t->size ? t->size * 2 : 4, sizeof(cell)), t->size ? t->size * 2 : 4, 0};
  for (uint32_t i = 0; i < t->size; i++)
    if (t->cells[i].count) open_add(&bigger, t->cells[i]);
  free(t->cells);
  *t = bigger;
}

static void open_add(open_table *t, cell add) {
  if (t->used * 8 >= t->size * 7) open_grow(t);
  uint32_t distance = 0;
  for (uint32_t at = add.hash & (t->size - 1);; at = (at + 1) & (t->size - 1), distance++) {
    cell *c = &t->cells[at];
    if (!c->count) {
      *c = add, t->used++;
      return;
    }
    if (c->hash == add.hash && strcmp(c->key, add.key) == 0) {
      c->count += add.count;
      return;
    }
    if (away(t, at) < distance) {
      cell richer = *c;
      distance = away(t, at);
      *c = add, add = richer;
    }
  }
}

static uint32_t open_remove(open_table *t, const char *key) {
  if (!t->size) return 0;
  uint32_t h = hash(key);
  for (uint32_t at = h & (t->size - 1), distance = 0; t->cells[at].count && away(t, at) >= distance;
       at = (at + 1) & (t->size - 1), distance++)
    if (t->cells[at].hash == h && strcmp(t->cells[at].key, key) == 0) {
      uint32_t count = t->cells[at].count;
      for (uint32_t next; next = (at + 1) & (t->size - 1), t->cells[next].count && away(t, next); at = next)
        t->cells[at] = t->cells[next];
      t->cells[at].count = 0, t->used--;
      return count;
    }
  return 0;
}

CORPUS(int64_t, hash_tables) {
  chained a = {0};
  open_table b = {0};
  uint64_t seed = 17, h = MIX_START;
  for (int i = 0; i < n; i++) {
    uint64_t r = next_random(&seed) % ((uint64_t)n / 2 + 3);
    cell word = {.count = 1};
    int len = 0;
    do word.key[len++] = (char)('a' + r % 13);
    while (r /= 13);
    word.hash = hash(word.key);
    chained_add(&a, word.key);
    open_add(&b, word);
    if (i % 5 == 0) {
      word.key[0] = (char)('a' + i % 13);
      uint32_t from_a = chained_remove(&a, word.key), from_b = open_remove(&b, word.key);
      if (from_a != from_b) return -1;
      h = mix(h, from_a);
    }
  }
  if (a.used != b.used) return -2;
  for (uint32_t i = 0; i < b.size; i++)
    if (b.cells[i].count) h += mix(mix(MIX_START, b.cells[i].hash), chained_remove(&a, b.cells[i].key));
  if (a.used != 0) return -3;
  free(a.buckets), free(b.cells);
  return (int64_t)h;
}
