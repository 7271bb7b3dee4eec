// A binary search tree (a treap, so that it stays flat): insertions by recursion, look-ups, a walk in order.
#include "kernel.h"

enum { NODES = 20000 };
typedef struct Node {
  struct Node *left, *right;
  uint32_t key, priority;
} Node;
static Node nodes[NODES];
static int used;

static Node *insert(Node *tree, Node *node) {
  if (!tree) return node;
  if (node->key < tree->key) {
    Node *left = insert(tree->left, node);
    tree->left = left;
    if (left->priority > tree->priority) {
      tree->left = left->right;
      left->right = tree;
      return left;
    }
  } else {
    Node *right = insert(tree->right, node);
    tree->right = right;
    if (right->priority > tree->priority) {
      tree->right = right->left;
      right->left = tree;
      return right;
    }
  }
  return tree;
}

static const Node *at_least(const Node *tree, uint32_t key) {
  const Node *best = NULL;
  while (tree) {
    if (tree->key >= key) best = tree, tree = tree->left;
    else tree = tree->right;
  }
  return best;
}

static uint32_t walk(const Node *tree, uint32_t sum) {
  if (!tree) return sum;
  return walk(tree->right, mix(walk(tree->left, sum), tree->key));
}

int run(int n) {
  uint32_t seed = 15, sum = 0;
  for (int round = 0; round < n; round++) {
    Node *tree = NULL;
    for (used = 0; used < NODES; used++) {
      nodes[used] = (Node){NULL, NULL, next_random(&seed), next_random(&seed)};
      tree = insert(tree, &nodes[used]);
    }
    for (int i = 0; i < 2 * NODES; i++) {
      const Node *node = at_least(tree, next_random(&seed));
      sum = node ? mix(sum, node->key) : sum + 1;
    }
    sum = walk(tree, sum);
  }
  return (int)sum;
}
