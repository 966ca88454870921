#!/usr/bin/env bash
# Instructions of one training step and one decode step in the scalar and AVX2 tiers, where seconds are
# not stable; valgrind knows no AVX-512. Counts are compared with Benchmarks/instructions.txt: more than 5 %
# above is a regression and fails.
#
#   Benchmarks/instructions.sh [--write]        # needs valgrind; minutes
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
swift build -c release --package-path "$root" >&2
martlet=$(swift build -c release --package-path "$root" --show-bin-path)/martlet
table=$root/Benchmarks/instructions.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# valgrind gives up on Swift's debug information.
strip --strip-debug -o "$work/martlet" "$martlet"
martlet=$work/martlet

# The instructions of a command's whole process.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$work/out" "$martlet" "$@" --threads 1 \
        --precision float32 --json >/dev/null 2>"$work/log"
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$work/log"
}

# One more step than another run: the difference is a step, without start-up and warm-up.
step() {
    echo $(($(count "$@" --steps 2) - $(count "$@" --steps 1)))
}

for tier in scalar avx2; do
    export MARTLET_TIER=$tier
    echo "$tier train $(step bench train --preset char0.8m --batch 1 --context 16)"
    echo "$tier decode $(step bench decode --preset char0.8m --streams 1 --prompt 16)"
done | tee "$work/now"
if [ "${1:-}" = --write ]; then
    cp "$work/now" "$table"
    exit
fi
awk 'NR == FNR { before[$1 " " $2] = $3; next }
     { key = $1 " " $2; ratio = $3 / before[key]; printf "%s: %.3f of before\n", key, ratio
       if (ratio > 1.05) bad = 1 } END { exit bad }' "$table" "$work/now"
