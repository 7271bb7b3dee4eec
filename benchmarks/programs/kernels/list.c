// Linked lists, scattered over two megabytes: walked, reversed and cut.
#include "kernel.h"

enum { NODES = 1 << 16 };
typedef struct Node {
  struct Node *next;
  uint32_t value;
  uint32_t padding[6];
} Node;
static Node nodes[NODES];
static uint32_t order[NODES];

static Node *reverse(Node *list) {
  Node *done = NULL;
  while (list) {
    Node *next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}

int run(int n) {
  uint32_t seed = 14, sum = 0;
  for (uint32_t i = 0; i < NODES; i++) order[i] = i;
  for (uint32_t i = NODES - 1; i > 0; i--) {
    uint32_t j = next_random(&seed) % (i + 1), t = order[i];
    order[i] = order[j], order[j] = t;
  }
  for (uint32_t i = 0; i < NODES; i++) {
    nodes[order[i]].next = i + 1 < NODES ? &nodes[order[i + 1]] : NULL;
    nodes[order[i]].value = i;
  }
  Node *list = &nodes[order[0]];
  for (int round = 0; round < n; round++) {
    list = reverse(list);
    uint32_t position = 0;
    for (Node *node = list; node; node = node->next) {
      node->value = node->value * 5 + position++;
      sum += node->value;
    }
    // The first half becomes the second.
    Node *middle = list, *last = list;
    for (int i = 1; i < NODES / 2; i++) middle = middle->next;
    for (last = middle; last->next; last = last->next) continue;
    last->next = list;
    list = middle->next;
    middle->next = NULL;
  }
  for (Node *node = list; node; node = node->next) sum = mix(sum, node->value);
  return (int)sum;
}
