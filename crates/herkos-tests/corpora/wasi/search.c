// Searches files, or standard input, for lines that match a pattern: . for any character, * for any number of the
// one before, ^ and $ for the ends. Options -n (line numbers), -v (lines that don't match), -c (counts).
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int match_here(const char *pattern, const char *text);

static int match_star(char c, const char *pattern, const char *text) {
  do {
    if (match_here(pattern, text)) return 1;
  } while (*text && (*text++ == c || c == '.'));
  return 0;
}

static int match_here(const char *pattern, const char *text) {
  if (!*pattern) return 1;
  if (pattern[1] == '*') return match_star(*pattern, pattern + 2, text);
  if (*pattern == '$' && !pattern[1]) return !*text;
  if (*text && (*pattern == '.' || *pattern == *text)) return match_here(pattern + 1, text + 1);
  return 0;
}

static int match(const char *pattern, const char *text) {
  if (*pattern == '^') return match_here(pattern + 1, text);
  do {
    if (match_here(pattern, text)) return 1;
  } while (*text++);
  return 0;
}

static int numbers, inverted, counts, found;

static void search(const char *pattern, FILE *file, const char *name) {
  static char line[1 << 16];
  long number = 0, count = 0;
  while (fgets(line, sizeof line, file)) {
    number++;
    line[strcspn(line, "\n")] = 0;
    if (match(pattern, line) == inverted) continue;
    count++;
    found = 1;
    if (counts) continue;
    if (name) printf("%s:", name);
    if (numbers) printf("%ld:", number);
    puts(line);
  }
  if (counts) printf("%s%s%ld\n", name ? name : "", name ? ":" : "", count);
}

int main(int argc, char **argv) {
  int at = 1, failed = 0;
  for (; at < argc && argv[at][0] == '-' && argv[at][1]; at++) {
    if (!strcmp(argv[at], "-n")) numbers = 1;
    else if (!strcmp(argv[at], "-v")) inverted = 1;
    else if (!strcmp(argv[at], "-c")) counts = 1;
    else return fprintf(stderr, "search: unknown option %s\n", argv[at]), 2;
  }
  if (at == argc) return fprintf(stderr, "usage: search [-ncv] PATTERN [FILE]...\n"), 2;
  const char *pattern = argv[at++];
  if (at == argc) search(pattern, stdin, NULL);
  for (int many = argc - at > 1; at < argc; at++) {
    FILE *file = fopen(argv[at], "r");
    if (!file) {
      fprintf(stderr, "search: %s: %s\n", argv[at], strerror(errno));
      failed = 1;
      continue;
    }
    search(pattern, file, many ? argv[at] : NULL);
    fclose(file);
  }
  return failed ? 2 : !found;
}
