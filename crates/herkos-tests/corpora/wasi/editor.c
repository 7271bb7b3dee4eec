// A line editor on standard input, in the manner of ed: a, i, d, p, n, s/old/new/, w, r, q with addresses N, N,M, $.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **lines;
static int count, room, current, dirty;

static char *read_line(void) {
  static char line[4096];
  if (!fgets(line, sizeof line, stdin)) return NULL;
  line[strcspn(line, "\n")] = 0;
  return line;
}

static void insert(int at, const char *text) {
  if (count == room) lines = realloc(lines, (room = room * 2 + 16) * sizeof *lines);
  memmove(lines + at + 1, lines + at, (count - at) * sizeof *lines);
  lines[at] = strdup(text);
  count++;
  current = at + 1;
}

static void read_text(int at) {
  char *line;
  while ((line = read_line()) && strcmp(line, ".")) insert(at++, line), dirty = 1;
}

static int load(const char *name) {
  FILE *file = fopen(name, "r");
  if (!file) return printf("%s: %s\n", name, strerror(errno)), 1;
  char line[4096];
  long bytes = 0;
  while (fgets(line, sizeof line, file)) {
    bytes += strlen(line);
    line[strcspn(line, "\n")] = 0;
    insert(count, line);
  }
  fclose(file);
  printf("%ld\n", bytes);
  return 0;
}

static void save(const char *name) {
  FILE *file = fopen(name, "w");
  if (!file) {
    printf("%s: %s\n", name, strerror(errno));
    return;
  }
  long bytes = 0;
  for (int i = 0; i < count; i++) bytes += fprintf(file, "%s\n", lines[i]);
  if (fclose(file)) printf("%s: %s\n", name, strerror(errno));
  else printf("%ld\n", bytes), dirty = 0;
}

static int address(char **at) {
  if (**at == '$') return (*at)++, count;
  if (**at == '.') return (*at)++, current;
  return strtol(*at, at, 10);
}

static void substitute(int from, int to, char *text) {
  char *old = text + 1, *new = strchr(old, '/');
  if (*text != '/' || !new) {
    puts("?");
    return;
  }
  *new++ = 0;
  new[strcspn(new, "/")] = 0;
  for (int i = from - 1; i < to; i++) {
    char *found = strstr(lines[i], old);
    if (!found) continue;
    char changed[8192];
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(found - lines[i]), lines[i], new, found + strlen(old));
    free(lines[i]);
    lines[i] = strdup(changed);
    dirty = 1;
    current = i + 1;
  }
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : NULL;
  char *line;
  if (name) load(name);
  while ((line = read_line())) {
    char *at = line;
    int from = current, to, given = 0;
    if (*at == ',') at++, from = 1, to = count, given = 1;
    else {
      if (strchr("0123456789$.", *at) && *at) from = address(&at), given = 1;
      to = from;
      if (*at == ',') at++, to = address(&at);
    }
    char command = *at ? *at++ : 'p';
    int valid = from >= 1 && from <= to && to <= count;
    if (command == 'a' && to >= 0 && to <= count) read_text(to);
    else if (command == 'i' && valid) read_text(from - 1);
    else if (command == 'w') save(*at == ' ' ? at + 1 : name ? name : "");
    else if (command == 'q') return dirty;
    else if (command == '=') printf("%d\n", given ? to : count);
    else if (strchr("dpns", command) && valid) {
      if (command == 's') substitute(from, to, at);
      for (int i = from; i <= to && command != 's'; i++) {
        if (command == 'p') puts(lines[i - 1]);
        if (command == 'n') printf("%d\t%s\n", i, lines[i - 1]);
      }
      if (command == 'd') {
        for (int i = from; i <= to; i++) free(lines[i - 1]);
        memmove(lines + from - 1, lines + to, (count - to) * sizeof *lines);
        count -= to - from + 1;
        current = from > count ? count : from;
        dirty = 1;
      } else current = to;
    } else puts("?");
    fflush(stdout);
  }
  return dirty;
}
