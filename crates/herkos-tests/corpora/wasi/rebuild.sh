#!/bin/bash
# Rebuilds the WASI programs of this directory from their sources, runs native builds of the same sources, and records
# in `expect` what those did: what each case of `cases` printed, its exit status, and the files it left behind.
# Needs clang with a wasm32-wasi sysroot, wasm-ld, and a rustc that has wasm32-wasi: on Debian 12,
# `apt-get install clang lld wasi-libc libclang-rt-dev-wasm32 rustc libstd-rust-dev-wasm32`. A test compares `MANIFEST` with the files.
set -euo pipefail
cd "$(dirname "$0")"
CLANG=${CLANG:-clang}
RUSTC=${RUSTC:-/usr/bin/rustc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

common="-O2 -std=gnu11 -Wall -Wextra -Werror -ffp-contract=off"
for source in *.c; do
  name=${source%.c}
  $CLANG --target=wasm32-wasi -Wl,--strip-debug $common "$source" -lm -o "$name.wasm"
  $CLANG $common -D_GNU_SOURCE "$source" -lm -o "$work/$name"
done
for source in *.rs; do
  name=${source%.rs}
  $RUSTC --edition 2021 -O -D warnings -C strip=debuginfo --target wasm32-wasi "$source" -o "$name.wasm"
  $RUSTC --edition 2021 -O -D warnings "$source" -o "$work/$name"
done
chmod 644 ./*.wasm

# One case: its name, the program, its arguments.
{
  echo "# Written by rebuild.sh from native builds: > output, ! errors, = exit status, @ files that are left."
  while read -r name program arguments; do
    rm -rf "$work/dir" && mkdir "$work/dir"
    cp -r data "$work/dir/data"
    ln -s poem.txt "$work/dir/data/link"
    input=/dev/null
    [ -f "inputs/$name" ] && input=$PWD/inputs/$name
    status=0
    (cd "$work/dir" && set -f && "$work/$program" $arguments < "$input" > "$work/out" 2> "$work/err") || status=$?
    echo "case $name"
    sed 's/^/>/' "$work/out"
    sed 's/^/!/' "$work/err"
    echo "=$status"
    (cd "$work/dir" && find . -type f -printf '@%P %s\n' | LC_ALL=C sort)
  done < cases
} > expect

sha256sum rebuild.sh cases expect ./*.c ./*.rs ./*.wasm inputs/* | LC_ALL=C sort -k 2 > MANIFEST
