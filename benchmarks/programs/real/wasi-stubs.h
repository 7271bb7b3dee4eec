// wasi-libc's members that would ask the host, replaced so that the linker leaves them out. None is called.
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#undef stdin
#undef stdout
#undef stderr
char __stderr_FILE[256];
char __stdout_FILE[256];
FILE *const stderr = (FILE *)__stderr_FILE;
FILE *const stdout = (FILE *)__stdout_FILE;
FILE *volatile __stderr_used;
FILE *volatile __stdout_used;
int clock_gettime(clockid_t clock, struct timespec *out) {
  (void)clock;
  out->tv_sec = 1700000000, out->tv_nsec = 0;
  return 0;
}
int __clock_gettime(clockid_t clock, struct timespec *out) { return clock_gettime(clock, out); }
int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  (void)zone;
  out->tv_sec = 1700000000, out->tv_usec = 0;
  return 0;
}
time_t time(time_t *out) { return out ? (*out = 1700000000) : 1700000000; }
