#!/bin/sh
# fuzz/worst.sh [AIM [SECONDS [SEED]]]: searches for the request that costs most, in instructions, of
# those that are refused before a signature is checked. AIM is
#   total     the most of one page's request (the default), as a fraction of one bare verification;
#   api       the most of an API's, with a bearer token and cookies, as a fraction of two;
#   per-byte  the most for each byte of a request.
# The search (fuzz/examples/worst.rs) runs inside of callgrind and reads its counts; what a bare
# verification costs is in benches/instructions.txt. What it finds that is worse than what
# benches/cases/worst.rs has belongs there. Needs valgrind.
set -eu
cd "$(dirname "$0")/.."
bare=$(sed -n 's/^bare-ring \([0-9]*\).*/\1/p' benches/instructions.txt)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo build --quiet --locked --manifest-path fuzz/Cargo.toml --profile worst --example worst
valgrind --tool=callgrind --callgrind-out-file="$work/out" --log-file="$work/log" \
    --toggle-collect=worst::measured --dump-after=worst::measured \
    "${CARGO_TARGET_DIR:-fuzz/target}/worst/examples/worst" \
    "$work/out" "${1:-total}" "${2:-60}" "${3:-1}" "$bare" || { tail "$work/log"; exit 1; }
mkdir -p fuzz/artifacts/worst
cp "$work/out.best" "fuzz/artifacts/worst/${1:-total}-${3:-1}"
echo "its fields are in fuzz/artifacts/worst/${1:-total}-${3:-1}"
