// The program around a guest in C: takes n, prints what `run(n)` gives and its CPU seconds.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

double thread_cpu_seconds(void);
// Of native.c or wasm2c.c.
void set_up(void);
int run_guest(int n);

static void *timed(void *argument) {
  set_up();
  double start = thread_cpu_seconds();
  int sum = run_guest(*(int *)argument);
  double end = thread_cpu_seconds();
  printf("%d %.9f\n", sum, end - start);
  return NULL;
}

int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 1;
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstacksize(&attributes, 256u << 20) || pthread_create(&thread, &attributes, timed, &n)) {
    fprintf(stderr, "cannot start a thread\n");
    return 1;
  }
  pthread_join(thread, NULL);
  return 0;
}
