// Copies a file, or with -r a directory and all that is in it; says how much it copied.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long files, bytes;

static int complain(const char *path) {
  fprintf(stderr, "copy: %s: %s\n", path, strerror(errno));
  return 1;
}

static int copy_file(const char *from, const char *to) {
  static char buffer[10000];
  int in = open(from, O_RDONLY);
  if (in < 0) return complain(from);
  int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (out < 0) {
    close(in);
    return complain(to);
  }
  ssize_t count;
  while ((count = read(in, buffer, sizeof buffer)) > 0) {
    for (ssize_t done = 0; done < count;) {
      ssize_t written = write(out, buffer + done, count - done);
      if (written < 0) return complain(to);
      done += written;
    }
    bytes += count;
  }
  if (count < 0) return complain(from);
  close(in);
  if (close(out)) return complain(to);
  files++;
  return 0;
}

static int copy_tree(const char *from, const char *to) {
  DIR *dir = opendir(from);
  if (!dir) return errno == ENOTDIR ? copy_file(from, to) : complain(from);
  if (mkdir(to, 0777) && errno != EEXIST) {
    closedir(dir);
    return complain(to);
  }
  int failed = 0;
  struct dirent *entry;
  while ((entry = readdir(dir))) {
    if (entry->d_name[0] == '.') continue;
    char source[4096], target[4096];
    snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
    snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
    failed |= copy_tree(source, target);
  }
  closedir(dir);
  return failed;
}

int main(int argc, char **argv) {
  int failed;
  if (argc == 4 && !strcmp(argv[1], "-r")) failed = copy_tree(argv[2], argv[3]);
  else if (argc == 3) failed = copy_file(argv[1], argv[2]);
  else return fprintf(stderr, "usage: copy [-r] FROM TO\n"), 2;
  printf("%ld files, %ld bytes\n", files, bytes);
  return failed;
}
