// Sorts lines of standard input with little memory: runs of a few lines go to temporary files in a directory, which
// are merged and removed.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUN 100
#define FAN 8

static char line[4096];
static const char *directory;

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static FILE *run(int number, const char *mode) {
  char name[4096];
  snprintf(name, sizeof name, "%s/run.%d", directory, number);
  FILE *file = fopen(name, mode);
  if (!file) {
    fprintf(stderr, "sort: %s: %s\n", name, strerror(errno));
    exit(1);
  }
  // The name goes as soon as it is read: the file stays until it is closed.
  if (*mode == 'r' && unlink(name)) {
    fprintf(stderr, "sort: %s: %s\n", name, strerror(errno));
    exit(1);
  }
  return file;
}

static char *next(FILE *file) {
  if (!fgets(line, sizeof line, file)) return NULL;
  line[strcspn(line, "\n")] = 0;
  return strdup(line);
}

static void merge(int first, int count, FILE *out) {
  FILE *files[FAN];
  char *heads[FAN];
  for (int i = 0; i < count; i++) {
    files[i] = run(first + i, "r");
    heads[i] = next(files[i]);
  }
  for (;;) {
    int least = -1;
    for (int i = 0; i < count; i++)
      if (heads[i] && (least < 0 || strcmp(heads[i], heads[least]) < 0)) least = i;
    if (least < 0) break;
    fprintf(out, "%s\n", heads[least]);
    free(heads[least]);
    heads[least] = next(files[least]);
  }
  for (int i = 0; i < count; i++) fclose(files[i]);
}

int main(int argc, char **argv) {
  if (argc != 2) return fprintf(stderr, "usage: sort DIRECTORY\n"), 2;
  directory = argv[1];
  int runs = 0, merged = 0;
  char *lines[RUN];
  for (int more = 1; more;) {
    int count = 0;
    while (count < RUN && (lines[count] = next(stdin))) count++;
    more = count == RUN;
    qsort(lines, count, sizeof *lines, by_text);
    FILE *file = run(runs++, "w");
    for (int i = 0; i < count; i++) fprintf(file, "%s\n", lines[i]), free(lines[i]);
    if (fclose(file)) return perror("sort"), 1;
  }
  while (runs - merged > FAN) {
    FILE *file = run(runs, "w");
    merge(merged, FAN, file);
    if (fclose(file)) return perror("sort"), 1;
    merged += FAN;
    runs++;
  }
  merge(merged, runs - merged, stdout);
  fprintf(stderr, "%d runs\n", runs);
  return 0;
}
