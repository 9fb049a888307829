#!/bin/sh
# Measures what each model costs before it runs, into results/<directory>/costs.json: crates, build, binary, lines, releases.
#   scripts/costs.sh DIRECTORY [arguments of `inflight costs`, such as --advisory-db DIR or --models sequential]
set -eu
cd "$(dirname "$0")/.."
directory=${1:?"a directory of results, such as 2026-11-21-2-cpu-vm"}
shift
mkdir -p "results/$directory"
exec cargo run --quiet --release -p inflight -- costs --out "results/$directory/costs.json" "$@"
