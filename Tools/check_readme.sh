#!/usr/bin/env bash
# Runs the commands of the README's `sh` fences, with shorter limits and on text that the demo
# writes: a README that does not work fails here. Needs a release build.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
binary=$(cd "$root" && swift build -c release --show-bin-path)/martlet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$binary" demo --corpus shakespeare.txt --stories 400
count=0
while IFS= read -r line; do
  line=${line%%#*}
  case $line in
    "swift run -c release martlet "*) line="martlet ${line#swift run -c release martlet }" ;;
    "martlet "*) ;;
    *) continue ;;  # builds and tests are run by CI itself
  esac
  line=$(sed -e 's/--minutes [0-9.]*/--steps 20/' -e 's/--max-new-tokens [0-9]*/--max-new-tokens 20/' \
             -e 's/martlet demo$/martlet demo --steps 20 --stories 300/' <<<"${line%"${line##*[![:space:]]}"}")
  echo "\$ $line"
  eval "\"$binary\" ${line#martlet }" >/dev/null
  count=$((count + 1))
done < <(sed -n '/^```sh$/,/^```$/p' "$root/README.md")
[ "$count" -ge 6 ] || { echo "only $count commands found in README.md"; exit 1; }
echo "README: $count commands work"
