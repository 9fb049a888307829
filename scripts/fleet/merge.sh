#!/usr/bin/env bash
# Puts together what the nodes of a fleet have run, sums it up and reports, into DIR/merged:
#   scripts/fleet/merge.sh INFLIGHT DIR NODE...
# Each node's study is in DIR/<node>; one that is not there is named. An earlier DIR/merged is made anew.
# Exit code: 0 all nodes are in it; 1 one is missing; 2 they could not be put together.
set -euo pipefail
inflight=$1 out=$2
shift 2

there=() missing=()
for node in "$@"; do
    if [ -f "$out/$node/study.jsonl" ]; then there+=("$out/$node"); else missing+=("$node"); fi
done
for node in "${missing[@]}"; do
    echo "missing: $node: nothing was begun in $out/$node; what was said there is in $out/log/$node.txt" >&2
done
[ ${#there[@]} -gt 0 ] || exit 1

rm -rf "$out/merged"
"$inflight" merge "${there[@]}" --out "$out/merged"
"$inflight" summary "$out/merged"
"$inflight" report "$out/merged"
# 3: fewer than three machines say nothing about the next one, which is no failure.
"$inflight" portability "$out/merged" || [ $? -eq 3 ]
[ ${#missing[@]} -eq 0 ]
