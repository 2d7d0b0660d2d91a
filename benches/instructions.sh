#!/bin/sh
# benches/instructions.sh [--update]: counts instructions with callgrind and holds
#  * that the worst input refused before the signature check costs no more than one bare
#    verification by ring, and no more than two where an API is sent a bearer token and cookies;
#  * that a known key costs the same, to the instruction, before a flood of forged tokens and in it
#    (with a row that checks nothing: what a provider allocates costs now more, now less);
#  * that no count is more than 2 % above the one in benches/instructions.txt, and that nothing
#    allocates more often than there;
#  * that no cost grows faster with the request, the key set or the token cache than
#    examples/instructions/growth.rs says;
#  * that the tables of ARCHITECTURE.md ("What a decision costs") are made of that file.
# A decision that checks a signature counts without the check: ring picks its code by the processor.
# The counts belong to the compiler named in the file: another may need --update, which writes it,
# and those tables.
# Needs valgrind.
set -eu
cd "$(dirname "$0")/.."
file=benches/instructions.txt document=ARCHITECTURE.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --quiet --release --example instructions
program=${CARGO_TARGET_DIR:-target}/release/examples/instructions
# One dump at each return from `measured`: the n-th dump is the n-th name.
if ! valgrind --tool=callgrind --callgrind-out-file="$work/out" \
    --toggle-collect=instructions::measured --dump-after=instructions::measured \
    "$program" \
    >"$work/names" 2>"$work/log"; then
    cat "$work/log"
    exit 1
fi
n=0
while read -r name allocations; do
    n=$((n + 1))
    count=$(sed -n 's/^totals: //p' "$work/out.$n")
    [ "$count" -gt 0 ] || { echo "$name: nothing was counted"; exit 1; }
    echo "$name $count $allocations"
done <"$work/names" >"$work/raw"

awk '
    $1 == "bare-ring" { bare = $2; allocations = $3 }
    $1 ~ /^(accept|bad-signature|expired|cached-miss)$/ || $1 ~ /^api-/ {
        $2 -= bare; $3 -= allocations; $1 = $1 "-but-ring"
    }
    { print $1, $2, $3 }' "$work/raw" >"$work/counts"

quiet=$(sed -n 's/^known-key-quiet //p' "$work/raw")
flood=$(sed -n 's/^known-key-flood //p' "$work/raw")
if [ -z "$quiet" ] || [ "$quiet" != "$flood" ]; then
    echo "a known key costs $quiet instructions, and ${flood:-none} in a flood"
    exit 1
fi

if [ "${1:-}" = --update ]; then
    { echo "# Instructions, written by benches/instructions.sh --update; $(rustc --version)"
      cat "$work/counts"; } >"$file"
    # Each table of the document that begins like one of these is replaced by it.
    "$program" table "$file" >"$work/tables"
    awk '
        NR == FNR { if ($0 == "") n++; else { if (!(n in head)) head[n] = $0; table[n] = table[n] $0 "\n" } next }
        inside { if (/^\|/) next; inside = 0 }
        { for (i in head) if ($0 == head[i]) { printf "%s", table[i]; inside = 1; next } print }
    ' "$work/tables" "$document" >"$work/document"
    cat "$work/document" >"$document"
fi
sed -n '1s/^# /recorded: /p' "$file"
echo "this run: $(rustc --version)"
awk '
    NR == FNR { if ($1 != "#") { recorded[$1] = $2; allocations[$1] = $3 } next }
    FNR == 1 { printf "%-56s%12s%12s%9s%13s\n", "", "count", "recorded", "of bare", "allocations" }
    {
        if ($1 == "bare-ring") bare = $2
        printf "%-56s%12d%12s%8.1f%%%13d", $1, $2, recorded[$1], 100 * $2 / bare, $3
        if (!($1 in recorded)) { printf "  NOT RECORDED"; failed = 1 }
        else if ($1 == "bare-ring") { }
        else if ($2 > recorded[$1] * 1.02) { printf "  ABOVE THE RECORD"; failed = 1 }
        else if ($3 > allocations[$1]) { printf "  ALLOCATES MORE THAN THE RECORD: %d", allocations[$1]; failed = 1 }
        else if ($2 < recorded[$1] * 0.98 || $3 < allocations[$1]) printf "  below the record: --update"
        if ($1 ~ /^worst-/) {
            if ($1 ~ /^worst-both-/) $2 /= 2
            if ($2 > bare) { printf "  MORE THAN IT MAY"; failed = 1 }
            if ($2 > most) { most = $2; worst = $1 }
        }
        print ""
    }
    END {
        printf "the worst refusal before the signature check: %s, %.1f %% of what it may cost\n", \
            worst, 100 * most / bare
        exit failed
    }' "$file" "$work/counts"
# What grows with the request, the key set or the cache, and how fast.
"$program" growth "$work/counts"
# The document says what is recorded.
"$program" table "$file" | grep -v '^$' >"$work/tables"
while read -r line; do
    grep -qxF -- "$line" "$document" || { echo "$document has not: $line"; exit 1; }
done <"$work/tables"
