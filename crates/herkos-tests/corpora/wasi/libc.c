// What C's library makes of the calls that programs use less: each line is a question and its answer. Works in the
// directory `data`.
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *name(int error) {
  switch (error) {
  case 0: return "done";
  case EBADF: return "EBADF";
  case EEXIST: return "EEXIST";
  case EINVAL: return "EINVAL";
  case EISDIR: return "EISDIR";
  case ELOOP: return "ELOOP";
  case ENOENT: return "ENOENT";
  case ENOTDIR: return "ENOTDIR";
  case ENOTEMPTY: return "ENOTEMPTY";
  case ENOTSOCK: return "ENOTSOCK";
  default: return "another";
  }
}

static void tell(const char *question, long answer) {
  printf("%s: %ld\n", question, answer);
}

static void outcome(const char *question, int result) {
  printf("%s: %s\n", question, name(result < 0 ? errno : 0));
}

static void clocks(void) {
  struct timespec step, first, second;
  tell("monotonic has a step", clock_getres(CLOCK_MONOTONIC, &step) == 0 && step.tv_sec == 0 && step.tv_nsec > 0);
  tell("realtime has a step", clock_getres(CLOCK_REALTIME, &step) == 0);
  clock_gettime(CLOCK_MONOTONIC, &first);
  clock_gettime(CLOCK_MONOTONIC, &second);
  long passed = (second.tv_sec - first.tv_sec) * 1000000000L + (second.tv_nsec - first.tv_nsec);
  tell("time passes", passed > 0);
  clock_gettime(CLOCK_REALTIME, &first);
  tell("it is after 2020", first.tv_sec > 1577836800);
}

static void streams(void) {
  char bytes[8] = {0};
  FILE *file = fopen("data/poem.txt", "r");
  size_t count = fread(bytes, 1, 4, file);
  fflush(file);
  tell("read", (long)count);
  tell("position", (long)lseek(fileno(file), 0, SEEK_CUR));
  count = fread(bytes, 1, 1, file);
  fflush(file);
  tell("position after one more", (long)lseek(fileno(file), 0, SEEK_CUR));
  tell("byte", bytes[0]);
  tell("start", (long)lseek(fileno(file), 0, SEEK_SET));
  tell("end", (long)lseek(fileno(file), 0, SEEK_END));
  outcome("write to it", (int)write(fileno(file), "x", 1));
  fclose(file);
  tell("no such file", fopen("data/none.txt", "r") == NULL);
  outcome("and why", -1);
  tell("terminals", isatty(0) + isatty(1) + isatty(2));
}

static void at_offsets(void) {
  char bytes[32] = {0};
  outcome("access", access("data/offsets", F_OK));
  int fd = open("data/offsets", O_WRONLY | O_CREAT, 0666);
  tell("pwrite", (long)pwrite(fd, "very long text", 14, 0));
  tell("pwrite in the middle", (long)pwrite(fd, "test", 4, 3));
  tell("position", (long)lseek(fd, 0, SEEK_CUR));
  outcome("read from it", (int)read(fd, bytes, 1));
  close(fd);
  fd = open("data/offsets", O_RDONLY);
  tell("read", (long)read(fd, bytes, sizeof bytes));
  puts(bytes);
  memset(bytes, 0, sizeof bytes);
  tell("pread", (long)pread(fd, bytes, 3, 4));
  puts(bytes);
  outcome("pread before the start", (int)pread(fd, bytes, 3, -1));
  close(fd);
  outcome("close again", close(fd));
  fd = open("data/offsets", O_WRONLY | O_APPEND);
  tell("append", (long)write(fd, "!", 1));
  lseek(fd, 0, SEEK_SET);
  tell("append", (long)write(fd, "?", 1));
  tell("position", (long)lseek(fd, 0, SEEK_CUR));
  close(fd);
  outcome("remove", remove("data/offsets"));
}

static void directories(void) {
  int fd = open("data/sub", O_RDONLY | O_DIRECTORY);
  DIR *dir = fdopendir(fd);
  int entries = 0, same = 0;
  for (struct dirent *entry; (entry = readdir(dir));) {
    struct stat found;
    if (entry->d_name[0] == '.') continue;
    entries++;
    same += fstatat(fd, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && found.st_ino == entry->d_ino;
  }
  tell("entries", entries);
  tell("with the inode of stat", same);
  closedir(dir);
  struct stat one, two;
  stat("data/poem.txt", &one);
  stat("data/numbers.txt", &two);
  tell("one device", one.st_dev == two.st_dev);
  tell("two files", one.st_ino != two.st_ino);
  outcome("mkdir", mkdir("data/new", 0777));
  outcome("mkdir again", mkdir("data/new/", 0777));
  outcome("open a directory to write", open("data/new", O_WRONLY));
  outcome("rmdir with a slash", rmdir("data/new/"));
  outcome("rmdir what has entries", rmdir("data/sub"));
  outcome("a file as a directory", open("data/poem.txt", O_RDONLY | O_DIRECTORY));
  outcome("a file with a slash", open("data/poem.txt/", O_RDONLY));
  outcome("symlink", symlink("nowhere", "data/dangling"));
  outcome("open it", open("data/dangling", O_RDONLY));
  outcome("open the link", open("data/dangling", O_RDONLY | O_NOFOLLOW));
  outcome("make it, nothing else", open("data/dangling", O_WRONLY | O_CREAT | O_EXCL, 0666));
  outcome("rename it", rename("data/dangling", "data/link2"));
  outcome("unlink it", unlink("data/link2"));
  outcome("rename a file to a directory's name", rename("data/poem.txt", "data/none/"));
}

int main(void) {
  clocks();
  streams();
  at_offsets();
  directories();
  outcome("shut down what is not open", shutdown(77, SHUT_RD));
  outcome("shut down what is no socket", shutdown(STDOUT_FILENO, SHUT_RD));
  fflush(stdout);
  return 33;
}
