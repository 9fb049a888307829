#!/bin/sh
# Regenerates every chart, table and number of the repository from the records in results/, byte for byte.
set -eu
cd "$(dirname "$0")/.."
cargo build --quiet --release -p inflight
for directory in results/[0-9]*/; do
    # A directory may hold a run and no study.
    if find "$directory" -maxdepth 2 -name study.jsonl | grep -q .; then
        ./target/release/inflight report "$directory"
    fi
done
./target/release/inflight splice
