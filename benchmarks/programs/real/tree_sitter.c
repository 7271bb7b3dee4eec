// Parses a generated C program of n functions with tree-sitter's C grammar (a lexer of thousands of states), walks the tree,
// edits the text and parses again.
#include "driver.h"
#include <tree_sitter/api.h>
const TSLanguage *tree_sitter_c(void);

static uint64_t walk(TSTree *tree) {
  uint64_t h = HASH_START;
  TSTreeCursor c = ts_tree_cursor_new(ts_tree_root_node(tree));
  for (;;) {
    TSNode node = ts_tree_cursor_current_node(&c);
    uint32_t row[4] = {ts_node_symbol(node), ts_node_start_byte(node), ts_node_end_byte(node), ts_node_is_missing(node)};
    h = hash_bytes(h, row, sizeof row);
    if (ts_tree_cursor_goto_first_child(&c) || ts_tree_cursor_goto_next_sibling(&c)) continue;
    do {
      if (!ts_tree_cursor_goto_parent(&c)) {
        ts_tree_cursor_delete(&c);
        return h;
      }
    } while (!ts_tree_cursor_goto_next_sibling(&c));
  }
}

static const char *const pieces[] = {
  "static int f%(const char *s, struct t *x) {\n  int a = % + 0x1fu, *p = &a;\n  for (; *s; s++) if (*s == 'a' || s[1] != '\\n') *p += x->n ? a * 2 : ~a;\n  return (int)sizeof(*x) << %;\n}\n",
  "#define M%(x) ((x) + 1)\n#ifdef A%\nextern unsigned long g%[][4];\n#endif\n",
  "typedef union { float f; enum { A%, B% = 7 } e : 3; void (*fn)(int, ...); } u%;\n/* note % */\n",
  "void s%(void) { switch (%) { case 1 ... 3: goto out; default: do { x%++; } while (--y); }\nout: ; \"str\\x41\" \"%\"; }\n",
};

int run(int n) {
  TSParser *parser = ts_parser_new();
  if (!ts_parser_set_language(parser, tree_sitter_c())) return -1;
  char *text = malloc((size_t)n * 400 + 16);
  size_t len = 0;
  uint64_t s = 5;
  for (int i = 0; i < n; i++)
    for (const char *p = pieces[next_random(&s) % 4]; *p; p++) {
      if (*p != '%') {
        text[len++] = *p;
        continue;
      }
      for (uint32_t v = (uint32_t)(next_random(&s) % 1000);; v /= 10) {
        text[len++] = (char)('0' + v % 10);
        if (v < 10) break;
      }
    }
  TSTree *tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)len);
  if (!tree) return -2;
  uint64_t h = walk(tree);
  // Damage in the middle: error recovery, and reuse of the old tree.
  for (int k = 0; k < 10 && len > 20; k++) {
    uint32_t at = (uint32_t)(next_random(&s) % (len - 8));
    memcpy(text + at, "){ \"*;", 1 + (size_t)k % 6);
    TSInputEdit edit = {.start_byte = at, .old_end_byte = at + 6, .new_end_byte = at + 6};
    for (uint32_t i = 0; i < at; i++) text[i] == '\n' ? (edit.start_point.row++, edit.start_point.column = 0) : edit.start_point.column++;
    edit.old_end_point = edit.new_end_point = (TSPoint){edit.start_point.row, edit.start_point.column + 6};
    ts_tree_edit(tree, &edit);
    TSTree *next = ts_parser_parse_string(parser, tree, text, (uint32_t)len);
    if (!next) return -3;
    ts_tree_delete(tree);
    tree = next;
    h = h * 31 + walk(tree);
  }
  ts_tree_delete(tree), ts_parser_delete(parser), free(text);
  return fold(h);
}

#ifdef __wasm__
#include "wasi-stubs.h"
int dup(int fd) { return fd; }
#endif
