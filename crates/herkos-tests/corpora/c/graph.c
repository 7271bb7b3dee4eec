// Graphs out of malloc: shortest paths with a binary heap, the longest path of an acyclic graph in topological order, strongly
// connected components by recursion.
// sizes: 1 2 10 300 2000
#include "corpus.h"

typedef struct edge {
  struct edge *next;
  int to;
  int32_t weight;
} edge;

typedef struct {
  int n;
  edge **out;
} graph;

static void connect(graph *g, int from, int to, int32_t weight) {
  edge *e = malloc(sizeof *e);
  *e = (edge){g->out[from], to, weight};
  g->out[from] = e;
}

typedef struct {
  int64_t key;
  int node;
} entry;

static void heap_push(entry *heap, int *size, entry e) {
  int i = (*size)++;
  for (; i > 0 && heap[(i - 1) / 2].key > e.key; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
  heap[i] = e;
}

static entry heap_pop(entry *heap, int *size) {
  entry top = heap[0], last = heap[--*size];
  int i = 0;
  for (int c; (c = 2 * i + 1) < *size; i = c) {
    if (c + 1 < *size && heap[c + 1].key < heap[c].key) c++;
    if (last.key <= heap[c].key) break;
    heap[i] = heap[c];
  }
  heap[i] = last;
  return top;
}

static uint64_t shortest(const graph *g, int edges) {
  int64_t *distance = malloc((size_t)g->n * sizeof *distance);
  entry *heap = malloc((size_t)(edges + 1) * sizeof *heap);
  int size = 0;
  for (int i = 0; i < g->n; i++) distance[i] = INT64_MAX;
  distance[0] = 0;
  heap_push(heap, &size, (entry){0, 0});
  while (size) {
    entry e = heap_pop(heap, &size);
    if (e.key > distance[e.node]) continue;
    for (edge *o = g->out[e.node]; o; o = o->next)
      if (e.key + o->weight < distance[o->to]) {
        distance[o->to] = e.key + o->weight;
        heap_push(heap, &size, (entry){distance[o->to], o->to});
      }
  }
  uint64_t h = MIX_START;
  for (int i = 0; i < g->n; i++) h = mix(h, (uint64_t)distance[i]);
  free(distance), free(heap);
  return h;
}

// Only edges to higher numbers count: the graph they make has no cycle.
static int64_t longest(const graph *g) {
  int *waiting = calloc((size_t)g->n, sizeof *waiting), *queue = malloc((size_t)g->n * sizeof *queue);
  int64_t *length = calloc((size_t)g->n, sizeof *length), best = 0;
  for (int i = 0; i < g->n; i++)
    for (edge *o = g->out[i]; o; o = o->next) waiting[o->to] += o->to > i;
  int head = 0, tail = 0;
  for (int i = 0; i < g->n; i++)
    if (!waiting[i]) queue[tail++] = i;
  while (head < tail) {
    int at = queue[head++];
    if (length[at] > best) best = length[at];
    for (edge *o = g->out[at]; o; o = o->next)
      if (o->to > at) {
        if (length[at] + o->weight > length[o->to]) length[o->to] = length[at] + o->weight;
        if (--waiting[o->to] == 0) queue[tail++] = o->to;
      }
  }
  free(waiting), free(queue), free(length);
  return tail == g->n ? best : -1;
}

typedef struct {
  const graph *g;
  int *index, *low, *stack, top, next, components, biggest;
  char *on_stack;
} tarjan;

static void visit(tarjan *t, int v) {
  t->index[v] = t->low[v] = ++t->next;
  t->stack[t->top++] = v;
  t->on_stack[v] = 1;
  for (edge *o = t->g->out[v]; o; o = o->next) {
    if (!t->index[o->to]) {
      visit(t, o->to);
      if (t->low[o->to] < t->low[v]) t->low[v] = t->low[o->to];
    } else if (t->on_stack[o->to] && t->index[o->to] < t->low[v]) {
      t->low[v] = t->index[o->to];
    }
  }
  if (t->low[v] != t->index[v]) return;
  int size = 0, w;
  do w = t->stack[--t->top], t->on_stack[w] = 0, size++;
  while (w != v);
  t->components++;
  if (size > t->biggest) t->biggest = size;
}

CORPUS(int64_t, graphs) {
  graph g = {n, calloc((size_t)n, sizeof(edge *))};
  uint64_t seed = 41;
  int edges = 0;
  for (int i = 0; i < n; i++)
    for (int k = (int)(next_random(&seed) % 4); k >= 0; k--, edges++)
      connect(&g, i, (int)(next_random(&seed) % (uint64_t)n), (int32_t)(next_random(&seed) % 100) + 1);
  tarjan t = {&g, calloc((size_t)n, 4), calloc((size_t)n, 4), calloc((size_t)n, 4), 0, 0, 0, 0, calloc((size_t)n, 1)};
  for (int i = 0; i < n; i++)
    if (!t.index[i]) visit(&t, i);
  uint64_t h = mix(mix(shortest(&g, edges), (uint64_t)longest(&g)), (uint64_t)t.components << 32 | (uint64_t)t.biggest);
  for (int i = 0; i < n; i++)
    for (edge *e = g.out[i], *next; e; e = next) next = e->next, free(e);
  free(g.out), free(t.index), free(t.low), free(t.stack), free(t.on_stack);
  return (int64_t)h;
}
