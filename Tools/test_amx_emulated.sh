#!/usr/bin/env bash
# Runs the tests of kernels and primitives in the AMX tier on any AVX-512-BF16 machine, its tile
# instructions emulated one by one (amx_emulator.c). Takes a build of its own and some minutes.
#
#   Tools/test_amx_emulated.sh [swift test arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
clang -O2 -shared -fPIC -Wall -Wextra -o "$folder/emulator.so" Tools/amx_emulator.c
build=(-c release --scratch-path .build-amx -Xcc -DMARTLET_EMULATED_AMX)
swift build "${build[@]}" --build-tests
MARTLET_TIER=amx SWIFT_BACKTRACE=enable=no LD_PRELOAD="$folder/emulator.so" \
    swift test "${build[@]}" --skip-build "${@:---filter=CKernelsTests|TensorsTests}"
