// wasm-rt-impl.c includes this: a trap ends the program.
#include <stdio.h>
#include <stdlib.h>
#define WASM_RT_TRAP_HANDLER(code) (fprintf(stderr, "trap: %s\n", wasm_rt_strerror(code)), exit(134))
