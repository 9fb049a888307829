#!/bin/sh
# Writes the JSON schemas of records and worker protocol into results/schema/.
set -eu
cd "$(dirname "$0")/.."
mkdir -p results/schema
exec cargo run --quiet -p inflight -- schema results/schema
