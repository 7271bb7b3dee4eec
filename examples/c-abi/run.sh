#!/bin/sh
# Makes a C library of examples/guide/words.wasm in a temporary directory, links main.c with it, and runs that.
# Needs Rust and a C compiler, `cc`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cargo run --quiet --manifest-path "$here/../../Cargo.toml" -p herkos -- \
  new "$place/words" --c-abi --module "$here/../guide/words.wasm"
cd "$place/words"
unset CARGO_TARGET_DIR
cargo build --release --quiet
cc -std=c99 -Wall -Wextra -Wpedantic -Werror -Iinclude "$here/main.c" target/release/libwords.a -o main
./main
