#!/bin/bash
# Rebuilds every module of the corpora from its source, computes the expectations of the C and Rust programs by running a
# native build of the same source, and writes MANIFEST. The expectations of wat/ are reasoned, not computed: they are only
# listed. Needs clang with a wasm32-wasi sysroot, wasm-ld, wabt (wasm-objdump), and a rustc that has wasm32-unknown-unknown:
# on Debian 12, `apt-get install clang lld wasi-libc libclang-rt-dev-wasm32 wabt rustc libstd-rust-dev-wasm32`.
# Other versions build other modules; MANIFEST says which ones made those in the repository.
set -euo pipefail
cd "$(dirname "$0")"
CLANG=${CLANG:-clang}
RUSTC=${RUSTC:-/usr/bin/rustc}
native=$(mktemp -d)
trap 'rm -rf "$native"' EXIT

# The value of a source's `// key: value` line.
setting() { sed -n "s|^// $2: ||p" "$1" | head -1; }

no_imports() {
  if wasm-objdump -x -j Import "$1" 2>/dev/null | grep -q '<-'; then
    echo "$1 has imports:" >&2
    wasm-objdump -x -j Import "$1" >&2
    exit 1
  fi
}

for source in c/*.c; do
  name=${source%.c}
  flags=$(setting "$source" flags)
  # -ffp-contract=off: wasm has no fused multiply-add, so the native build must not either.
  common="${flags:--O3} -std=gnu11 -Wall -Wextra -Werror -ffp-contract=off"
  $CLANG --target=wasm32-wasi -mexec-model=reactor -Wl,--strip-debug $common "$source" -o "$name.wasm"
  # -m flags choose wasm features.
  $CLANG $(sed "s/-m[a-z-]*//g" <<< "$common") "$source" -lm -o "$native/program"
  no_imports "$name.wasm"
  {
    echo "# Computed by rebuild.sh from a native build of $source."
    echo "invoke _initialize ="
    "$native/program" $(setting "$source" sizes)
  } > "$name.expect"
done

for source in rust/*.rs; do
  [ "$source" = rust/corpus.in.rs ] && continue
  name=${source%.rs}
  common="--edition 2021 -O -C overflow-checks=on -D warnings --cap-lints deny"
  $RUSTC $common --target wasm32-unknown-unknown --crate-type cdylib -C panic=abort -C strip=debuginfo "$source" -o "$name.wasm"
  $RUSTC $common "$source" -o "$native/program"
  no_imports "$name.wasm"
  {
    echo "# Computed by rebuild.sh from a native build of $source."
    "$native/program" $(setting "$source" sizes)
  } > "$name.expect"
done

chmod 644 c/*.wasm rust/*.wasm

{
  echo "# Written by rebuild.sh: the SHA-256 of every source, module and expectation file, and what built them."
  echo "# clang: $($CLANG --version | head -1)"
  echo "# linker: $(wasm-ld --version)"
  echo "# rustc: $($RUSTC --version)"
  sha256sum rebuild.sh {wat,c,rust}/* | sort -k 2
} > MANIFEST
