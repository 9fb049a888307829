#!/bin/sh
# Regenerates every chart, table and number of the repository from the records in results/, byte for byte.
set -eu
cd "$(dirname "$0")/.."
cargo build --quiet --release -p inflight
for directory in results/[0-9]*/; do
    ./target/release/inflight report "$directory"
done
./target/release/inflight splice
