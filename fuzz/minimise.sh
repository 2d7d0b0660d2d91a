#!/bin/sh
# fuzz/minimise.sh TARGET...: of each target's working corpus, the fewest inputs that reach all that it
# reaches, into the committed corpus/TARGET.txt. After fuzz/run.sh, which builds what this needs.
set -eu
cd "$(dirname "$0")/.."
host=$(rustc "+${FUZZ_TOOLCHAIN:-nightly}" -vV | sed -n 's/^host: //p')
out=${CARGO_TARGET_DIR:-fuzz/target}/$host/release
for target in "$@"; do
    work=$(mktemp -d)
    # By edges, and how often each is taken; by edges alone where that is too much to keep.
    for counters in 1 0; do
        rm -rf "$work"
        mkdir "$work"
        "$out/$target" -set_cover_merge=1 -use_counters=$counters -max_len=16384 "$work" \
            "fuzz/corpus/$target" 2>"$work.log" || { tail "$work.log"; exit 1; }
        [ "$(find "$work" -type f | wc -l)" -gt 400 ] || break
    done
    "$out/examples/pack" "$target" "$work"
    rm -r "$work" "$work.log"
done
