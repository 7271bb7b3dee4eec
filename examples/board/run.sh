#!/usr/bin/env bash
# Builds the images for a Cortex-M3, runs them in QEMU, compares what they print with expected.txt, and says how much flash
# and RAM they take.
#
#   examples/board/run.sh                  with `core` of the toolchain in use
#   examples/board/run.sh --distribution   with compiler and source of Debian, or a distribution made from it
#
# Needs qemu-system-arm, readelf (binutils) and a linker for ARM: the toolchain's rust-lld, or ld.lld (lld). And `core` for
# thumbv7m-none-eabi: `rustup target add thumbv7m-none-eabi`. Where that can't be had, --distribution downloads the
# distribution's rustc with its source, 1.95 or newer, by apt-get; unpacks both into the target directory, installing
# nothing; and compiles `core` and what compilers call there. That takes RUSTC_BOOTSTRAP=1, since `core` is written in
# unstable Rust; what is built with it afterwards does not.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly TARGET=thumbv7m-none-eabi
work=${CARGO_TARGET_DIR:-$PWD/target}/board
mkdir -p "$work"
work=$(cd "$work" && pwd)

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# A compiler and its `core`, from the distribution's packages. Sets RUSTC.
distribution() {
  local suffix='' candidate root=$work/distribution
  for suffix in '' -web none; do
    [ "$suffix" != none ] || fail "the distribution has no rustc 1.95 or newer"
    candidate=$(apt-cache policy "rustc$suffix" | awk '/Candidate:/ { print $2 }')
    if [ -n "$candidate" ] && dpkg --compare-versions "$candidate" ge 1.95; then break; fi
  done
  export RUSTC=$root/rustc
  if [ "$(cat "$root/complete" 2> /dev/null)" = "$candidate" ]; then return; fi

  rm -rf "$root"
  mkdir -p "$root/packages"
  local depends='/^ *Depends: / { print $2 }' libstd llvm
  libstd=$(apt-cache depends "libstd-rust$suffix-dev" | awk "$depends" | grep "^libstd-rust$suffix-[0-9]")
  llvm=$(apt-cache depends "$libstd" | awk "$depends" | grep '^libllvm')
  (cd "$root/packages" && apt-get download "rustc$suffix" "rust$suffix-src" "libstd-rust$suffix-dev" "$libstd" "$llvm")
  for package in "$root"/packages/*.deb; do dpkg-deb -x "$package" "$root"; done
  rm -r "$root/packages"
  # Its libraries lie where the loader doesn't look.
  local driver=("$root"/usr/lib/*/librustc_driver-*.so)
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$(dirname "${driver[0]}")" "$root/usr/bin/rustc" > "$RUSTC"
  chmod +x "$RUSTC"

  local source libraries=$root/usr/lib/rustlib/$TARGET/lib
  source=$(echo "$root"/usr/src/rustc-*/library)
  mkdir -p "$libraries"
  local options=(--edition=2024 --crate-type=rlib --target="$TARGET" --cap-lints=allow --out-dir="$libraries"
    -Copt-level=s -Cpanic=abort -Cembed-bitcode=yes -Cextra-filename=-board -Cmetadata=board)
  echo "compiling core for $TARGET, with $("$RUSTC" --version)"
  RUSTC_BOOTSTRAP=1 "$RUSTC" "${options[@]}" --crate-name=core "$source/core/src/lib.rs"
  # As its build script has it for a target without an operating system.
  CFG_CARGO_FEATURES='["compiler-builtins", "mem"]' CFG_OPT_LEVEL=s CFG_TARGET_FEATURES='[]' \
    RUSTC_BOOTSTRAP=1 "$RUSTC" "${options[@]}" --crate-name=compiler_builtins -Ccodegen-units=1000 \
    --cfg='feature="compiler-builtins"' --cfg='feature="mem"' --cfg='feature="unstable-intrinsics"' \
    --cfg=intrinsics_enabled --cfg=arch_enabled --cfg=optimizations_enabled \
    --extern=core="$libraries/libcore-board.rlib" "$source/compiler-builtins/compiler-builtins/src/lib.rs"
  rm -r "$root/usr/src"
  echo "$candidate" > "$root/complete"
}

# The linker that rustc has for this target, or another one that can.
linker() {
  local candidates
  candidates=("$("${RUSTC:-rustc}" --print sysroot)"/lib/rustlib/*/bin/rust-lld rust-lld ld.lld)
  for candidate in "${candidates[@]}"; do
    if command -v "$candidate" > /dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  fail "no linker for $TARGET: install lld"
}

# Flash and RAM of an image: what is loaded and what can be written, in bytes.
sizes() {
  local flash=0 ram=0 name type size flags
  while read -r name type _ _ size _ flags _; do
    case $flags in
      *A*) ;;
      *) continue ;;
    esac
    if [ "$type" != NOBITS ]; then flash=$((flash + 16#$size)); fi
    case $flags in *W*) ram=$((ram + 16#$size)) ;; esac
  done < <(readelf -SW "$1" | sed -n 's/^ *\[ *[1-9][0-9]*\] //p')
  echo "$flash $ram"
}

for tool in qemu-system-arm readelf; do
  command -v "$tool" > /dev/null || fail "no $tool: install qemu-system-arm and binutils"
done
if [ "${1:-}" = --distribution ]; then
  distribution
else
  libraries=$("${RUSTC:-rustc}" --print target-libdir --target "$TARGET")
  compgen -G "$libraries/libcore-*.rlib" > /dev/null || fail \
    "the toolchain has no \`core\` for $TARGET: rustup target add $TARGET" \
    "or take compiler and source of the distribution: examples/board/run.sh --distribution"
fi

CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER=$(linker)
export CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER
cargo build --locked --quiet --profile board --package herkos-example-board --target "$TARGET" --target-dir "$work/build"

images=$work/build/$TARGET/board
for image in guests native bare; do
  timeout 60 qemu-system-arm -machine lm3s6965evb -cpu cortex-m3 -nographic -monitor none -serial none \
    -semihosting-config enable=on,target=native -kernel "$images/$image" < /dev/null \
    2> >(grep -v 'Timer with period zero' >&2) > "$work/$image.txt"
  [ "$image" = bare ] || diff examples/board/expected.txt "$work/$image.txt"
done
cat "$work/guests.txt"

printf '\n%s, %s\n' "$("${RUSTC:-rustc}" --version)" "$(qemu-system-arm --version | head -n 1)"
read -r bare_flash bare_ram < <(sizes "$images/bare")
printf '%-34s %8s %8s\n' 'bytes of' flash RAM
printf '%-34s %8d %8d\n' 'start and console alone' "$bare_flash" "$bare_ram"
for image in native guests; do
  read -r flash ram < <(sizes "$images/$image")
  case $image in
    native) what='partitions in Rust, beside that' ;;
    guests) what='partitions by herkos, beside that' ;;
  esac
  printf '%-34s %8d %8d\n' "$what" $((flash - bare_flash)) $((ram - bare_ram))
done
