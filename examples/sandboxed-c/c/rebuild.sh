#!/bin/sh
# Builds qoi.wasm, which is committed. Needs clang, lld and wasi-libc: on Debian 12,
# `apt-get install clang lld wasi-libc libclang-rt-dev-wasm32`.
set -eu
cd "$(dirname "$0")"
${CLANG:-clang} --target=wasm32-wasi -mexec-model=reactor -O2 -std=gnu11 -Wall -Wextra -Werror -Wl,--strip-debug \
  -Wl,--export=malloc,--export=free qoi.c -o qoi.wasm
chmod 644 qoi.wasm
