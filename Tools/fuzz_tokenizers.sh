#!/usr/bin/env bash
# Fuzzes what reads tokenizers and chat templates from files: mutated tokenizer.json; SentencePiece models, .tiktoken
# ranks and vocab.txt; chat templates; patterns. Each kind goes on for MINUTES (the second one has three tests that share
# no time: MINUTES each), one after the other, and prints a line with what it did. A release build is made first.
#
#   Tools/fuzz_tokenizers.sh MINUTES [SEED]
#
# Without SEED the clock gives one, which is printed. A failure names its case: MARTLET_FUZZ_CASE=NUMBER runs that one
# alone (MARTLET_FUZZ_CASE=NUMBER swift test -c release --filter TemplateFuzzTests). To keep it for good put NUMBER into
# `kept` of the test's file. After a trap, or when a case goes on for more than 60 seconds, .build/fuzz has the case
# and its input. The tests may take 16 GiB of address space: what asks for more ends like a trap.
#
# Ends with status 0 if nothing was found.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:?usage: Tools/fuzz_tokenizers.sh MINUTES [SEED]}
seed=${2:-$(date +%s)}
seconds=$(awk -v minutes="$minutes" 'BEGIN { printf "%d", minutes * 60 }')
if [ "$seconds" -lt 1 ]; then
  echo "MINUTES is a positive number, not '$minutes'" >&2
  exit 2
fi
keep=$PWD/.build/fuzz
mkdir -p "$keep"
echo "seed $seed, $seconds seconds each"
swift build -c release --build-tests >"$keep/build.log" 2>&1 || { cat "$keep/build.log"; exit 1; }

found=0
for suite in TokenizerFileFuzzTests ModelFileFuzzTests TemplateFuzzTests RegexFuzzTests; do
  log=$keep/$suite.log
  status=0
  (
    ulimit -v $((16 << 20))
    export MARTLET_FUZZ_SECONDS=$seconds MARTLET_FUZZ_SEED=$seed MARTLET_FUZZ_KEEP=$keep/$suite
    swift test -c release --skip-build --no-parallel --filter "TokenizationTests.$suite"
  ) >"$log" 2>&1 || status=$?
  # What each test prints at its end; there is none after a trap.
  grep '^fuzz ' "$log" || echo "fuzz $suite: ended without a summary"
  if [ "$status" -ne 0 ]; then
    found=1
    grep -E 'recorded an issue|^fuzz: no end|Fatal error|error:' "$log" | head -n 20 || true
    echo "  $suite: status $status; $log, inputs in $keep/$suite"
  fi
done
exit "$found"
