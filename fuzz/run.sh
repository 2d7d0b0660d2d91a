#!/bin/sh
# fuzz/run.sh TARGET SECONDS [ARGUMENT...]: builds a target as cargo-fuzz would, seeds its corpus
# and runs it with its dictionary; further arguments go to libFuzzer. Needs the nightly toolchain (or the one named by
# FUZZ_TOOLCHAIN) and a C++ compiler, but no cargo-fuzz.
set -eu
target=$1 seconds=$2
shift 2
cd "$(dirname "$0")/.."
toolchain=${FUZZ_TOOLCHAIN:-nightly}
host=$(rustc "+$toolchain" -vV | sed -n 's/^host: //p')
out=${CARGO_TARGET_DIR:-fuzz/target}/$host/release

# The flags of cargo-fuzz 0.13. With --target they reach neither build scripts nor macros.
RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
RUSTFLAGS="$RUSTFLAGS -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
RUSTFLAGS="$RUSTFLAGS -Cllvm-args=-sanitizer-coverage-pc-table"
RUSTFLAGS="$RUSTFLAGS -Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS="$RUSTFLAGS -Cllvm-args=-simplifycfg-branch-fold-threshold=0"
RUSTFLAGS="$RUSTFLAGS --cfg fuzzing -Zsanitizer=address -Ccodegen-units=1"
export RUSTFLAGS
# All targets and the seeds in one build, so that the next target has nothing left to build.
cargo "+$toolchain" build --quiet --locked --manifest-path fuzz/Cargo.toml --release \
    --target "$host" --bins --examples
"$out/examples/seeds"

mkdir -p "fuzz/artifacts/$target"
# 16 KiB: two tokens as long as they may be, which no seed is.
exec "$out/$target" -max_total_time="$seconds" -max_len=16384 -print_final_stats=1 \
    -dict="fuzz/dictionaries/$target.dict" -artifact_prefix="fuzz/artifacts/$target/" "$@" "fuzz/corpus/$target"
