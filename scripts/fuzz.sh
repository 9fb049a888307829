#!/bin/sh
# Runs every fuzz target for so many seconds (60): scripts/fuzz.sh [seconds]. Needs nightly and cargo-fuzz.
# What is found lands in fuzz/found/ and fuzz/artifacts/; what is worth keeping goes into fuzz/corpus/ by hand.
set -eu
cd "$(dirname "$0")/.."
for target in $(cargo +nightly fuzz list); do
    mkdir -p "fuzz/found/$target"
    cargo +nightly fuzz run "$target" "fuzz/found/$target" "fuzz/corpus/$target" -- -max_total_time="${1:-60}"
done
