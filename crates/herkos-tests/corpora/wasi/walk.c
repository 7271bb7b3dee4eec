// Walks a directory: every entry with its kind and size, sorted by name, and what there is in all.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static long files, directories, links, bytes;

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static int walk(const char *path, int depth) {
  DIR *dir = opendir(path);
  if (!dir) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return 1;
  }
  char **names = NULL;
  size_t count = 0, room = 0;
  struct dirent *entry;
  while ((entry = readdir(dir))) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    if (count == room) names = realloc(names, (room = room * 2 + 8) * sizeof *names);
    names[count++] = strdup(entry->d_name);
  }
  closedir(dir);
  if (count) qsort(names, count, sizeof *names, by_name);
  int failed = 0;
  for (size_t i = 0; i < count; i++) {
    char full[4096];
    struct stat stat;
    snprintf(full, sizeof full, "%s/%s", path, names[i]);
    if (lstat(full, &stat)) {
      fprintf(stderr, "%s: %s\n", full, strerror(errno));
      failed = 1;
    } else if (S_ISDIR(stat.st_mode)) {
      printf("%*s%s/\n", depth * 2, "", names[i]);
      directories++;
      failed |= walk(full, depth + 1);
    } else if (S_ISLNK(stat.st_mode)) {
      printf("%*s%s@\n", depth * 2, "", names[i]);
      links++;
    } else {
      printf("%*s%s %lld\n", depth * 2, "", names[i], (long long)stat.st_size);
      files++;
      bytes += stat.st_size;
    }
    free(names[i]);
  }
  free(names);
  return failed;
}

int main(int argc, char **argv) {
  int failed = walk(argc > 1 ? argv[1] : ".", 0);
  printf("%ld files, %ld bytes, %ld directories, %ld links\n", files, bytes, directories, links);
  return failed;
}
