#!/usr/bin/env bash
# The Shakespeare speedrun: from nothing to a validation loss of 1.4697 by characters over the last
# tenth of tinyshakespeare, the figure nanoGPT publishes for its GPU recipe, on two cores.
#
#   Benchmarks/shakespeare_speedrun.sh tinyshakespeare.txt [run folder [other flags of pretrain]]
#
# Why this recipe: Qwen3's block (rotary positions, normed queries and keys, SwiGLU) in the sizes of
# nanoGPT's model, with longer windows; Muon, with 8 million tokens where nanoGPT takes 82; an average of
# the weights, and a rate that does not fall to zero; dropout, because the text is read some eight times (docs/speedrun.md).
set -euo pipefail
data=${1:?the text file}
output=${2:-runs/speedrun}
root=$(cd "$(dirname "$0")/.." && pwd)
swift build -c release --package-path "$root"
martlet=$(swift build -c release --package-path "$root" --show-bin-path)/martlet
mkdir -p "$(dirname "$output")"
start=$(date +%s)
"$martlet" pretrain --data "$data" --output "$output" --architecture qwen3 --preset char10m \
    --optimizer muon --batch 16 --context 1024 --steps 480 --learning-rate 3e-3 --warmup 40 \
    --decay linear --floor 0.1 --ema 0.98 --dropout 0.2 --evaluate-every 120 --checkpoint-every 120 \
    --threads 2 --overwrite --json "${@:3}" | tee "$output.log" | tail -1
echo "$(( $(date +%s) - start )) seconds in all; the curve is in $output/training/report.html"
grep '"event":"end"' "$output.log" | sed 's/.*"val_loss":\([0-9.]*\).*/\1/' | awk '
    { printf "validation loss %.4f over the whole tenth: %s\n", $1, $1 <= 1.4697 ? "reached" : "missed"
      exit !($1 <= 1.4697) }'
