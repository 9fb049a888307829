#!/usr/bin/env bash
# Runs a study on machines that are reached by ssh, and puts together what they found, by GNU parallel:
#   scripts/fleet/parallel.sh STUDY DIR HOST... [-- options of `inflight study`]
# Of this file only the syntax was checked.
#
# Copies binary and study file to each host, into a directory of ~/inflight-fleet that is this study's alone, runs the whole
# study there, and brings what it wrote back as DIR/HOST. Called again it goes on: --resume leaves what is done, and rsync brings what is new. For a pool of equal hosts give
# each a part instead of a name: --shard '{#}/{= $_ = total_jobs() =}' in place of --node '{}'.
# Needs GNU parallel, rsync and ssh with keys; hosts of this architecture.
set -euo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
study=${1:?"a study file, such as benches/studies/quick.toml"}
out=${2:?"the directory for what comes of it"}
shift 2
hosts=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do hosts+=("$1"); shift; done
[ ${#hosts[@]} -gt 0 ] || { echo "error: name the hosts" >&2; exit 2; }
[ $# -eq 0 ] || shift
inflight=${INFLIGHT:-$here/../../target/release/inflight}

fingerprint=$("$inflight" study "$study" "$@" --fingerprint)
options=$([ $# -eq 0 ] || printf '%q ' "$@")
# What differs in anything goes into another directory: nothing of another study is brought back as this one's.
there="inflight-fleet/$(printf '%s %s' "$fingerprint" "$options" | sha256sum | cut -c 1-16)"
name=$(printf '%q' "$(basename "$study")")
mkdir -p "$out/log"

# One job a host, all at once; what one says goes into its log.
run="ssh {} mkdir -p $there &&
     rsync --archive $(printf '%q' "$inflight") {}:$there/inflight &&
     rsync --archive $(printf '%q' "$study") {}:$there/ &&
     ssh {} 'cd $there && ./inflight study $name --out out --resume --wait-lock --expect $fingerprint --node {= s/.*@// =} $options'"
parallel --jobs 0 --results "$out/log/{}.txt" "$run" ::: "${hosts[@]}" || echo "a host failed, or a batch did: see $out/log" >&2
parallel --jobs 0 "rsync --archive {}:$there/out/ $(printf '%q' "$out")/{}/" ::: "${hosts[@]}" ||
    echo "what a host has was not brought" >&2
"$here/merge.sh" "$inflight" "$out" "${hosts[@]}"
