#!/usr/bin/env bash
# Runs a study on nodes of a Slurm cluster, and puts together what they found:
#   scripts/fleet.sh STUDY --nodes N --out DIR [--partition P] [--split] [--binary PATH] [-- options of `inflight study`]
#
# One job a node runs the whole study there, into DIR/<node>; with --split, for a pool of equal nodes, each runs every N-th
# round instead. A last job merges into DIR/merged, sums up and reports (scripts/fleet/merge.sh). DIR has to be seen by all
# nodes. Called again with the same words it goes on, on the same nodes, without those whose job is still in the queue.
#
# The binary is $INFLIGHT, or else the release build of this checkout, copied into DIR; or PATH, which then has to be there on
# each node. Commit, binary and study file are fixed when the first job is submitted; a node where one differs refuses.
#
# What else a cluster wants to know, Slurm reads from SBATCH_ACCOUNT, SBATCH_TIMELIMIT and the like. How far they are:
#   inflight study --watch DIR
# Exit code: 0 submitted, or nothing to submit; 1 Slurm refused; 2 bad input: nothing was submitted.
set -euo pipefail
shopt -s inherit_errexit

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
usage='scripts/fleet.sh STUDY --nodes N --out DIR [--partition P] [--split] [--binary PATH] [-- options of inflight study]'
refuse() { printf 'error: %s\n' "$*" >&2; exit 2; }
quoted() { [ $# -eq 0 ] || printf '%q ' "$@"; }

study='' count='' out='' partition='' split=no binary='' options=()
while [ $# -gt 0 ]; do
    case $1 in
        --nodes | --out | --partition | --binary)
            [ $# -gt 1 ] || refuse "$1 needs a value: $usage"
            case $1 in --nodes) count=$2 ;; --out) out=$2 ;; --partition) partition=$2 ;; --binary) binary=$2 ;; esac
            shift ;;
        --split) split=yes ;;
        --) shift; options=("$@"); break ;;
        -*) refuse "there is no $1: $usage" ;;
        *) [ -z "$study" ] || refuse "one study at a time, not $study and $1: $usage"; study=$1 ;;
    esac
    shift
done
if [ -z "$study" ] || [ -z "$count" ] || [ -z "$out" ]; then refuse "$usage"; fi
[[ $count =~ ^[1-9][0-9]{0,3}$ ]] || refuse "--nodes $count: a number from 1 to 9999"
[ -f "$study" ] || refuse "$study: there is no such study file; those of the project are in benches/studies"
name=$(basename "$study")
[ "$name" != study.toml ] || refuse "$study: name it after its question, because its figures will carry its name"
for tool in sbatch sinfo squeue scancel; do
    command -v "$tool" > /dev/null || refuse "$tool is missing: submit from a machine of the cluster (Debian: slurm-client)"
done

# What will run is checked, and known by its fingerprint, before anything is submitted.
if [ -n "$binary" ]; then binary=$(realpath "$binary"); fi
ours=${binary:-${INFLIGHT:-${CARGO_TARGET_DIR:-$here/../target}/release/inflight}}
[ -x "$ours" ] || refuse "$ours is no program: cargo build --release, or --binary PATH of one that each node has"
fingerprint=$("$ours" study "$study" "${options[@]}" --fingerprint) || exit 2
terms="fingerprint $fingerprint
study $name
binary ${binary:-copied}
split $split
nodes $count
options $(quoted "${options[@]}")"

mkdir -p "$out"
out=$(realpath "$out")
if [ -f "$out/fleet.txt" ]; then
    if ! differ=$(diff "$out/fleet.txt" - <<< "$terms"); then
        refuse "$out was begun otherwise (<) than now (>):
$(grep '^[<>]' <<< "$differ")
Go on with it as it was begun, or choose another directory"
    fi
    begun=$(cat "$out/partition.txt")
    [ "${partition:=$begun}" = "$begun" ] || refuse "--partition $partition: $out was begun in $begun"
    mapfile -t nodes < "$out/nodes.txt"
else
    [ -z "$(ls -A "$out")" ] || refuse "$out holds something else: choose a directory that is not there yet"
    if [ -z "$partition" ]; then
        partition=$(sinfo --noheader --format %P | sed -n 's/\*$//p')
        [ -n "$partition" ] || refuse "no partition is the default: choose one by --partition ($(sinfo --noheader --format %R | xargs))"
    fi
    # Those that nobody uses first; the others have a queue to wait in.
    up() { sinfo --noheader --Node --responding --partition "$partition" --states "$1" --format %N; }
    known=$(up idle; up mixed,allocated)
    mapfile -t nodes < <(awk 'NF && !seen[$1]++ { print $1 }' <<< "$known")
    [ ${#nodes[@]} -ge "$count" ] ||
        refuse "--nodes $count: in partition $partition ${#nodes[@]} can be used${nodes[*]:+: ${nodes[*]}}"
    nodes=("${nodes[@]:0:count}")
    for node in "${nodes[@]}"; do
        case $node in log | merged | inflight | "$name") refuse "a node called $node: that is the name of a directory in $out" ;; esac
    done
    # In this order: while fleet.txt is not there, nothing was begun.
    cp "$study" "$out/"
    if [ -z "$binary" ]; then cp "$ours" "$out/inflight"; fi
    printf '%s\n' "${nodes[@]}" > "$out/nodes.txt"
    printf '%s\n' "$partition" > "$out/partition.txt"
    mkdir "$out/log"
    touch "$out/jobs.txt"
    printf '%s\n' "$terms" > "$out/fleet.txt"
fi
program=${binary:-$out/inflight}

job_of() { awk -v name="$1" '$1 == name { id = $2 } END { print id }' "$out/jobs.txt"; }
in_queue() { # in_queue JOB: a job that Slurm has forgotten is in no queue; where Slurm does not answer, nothing is submitted
    local said
    [ -n "$1" ] || return 1
    if said=$(squeue --noheader --jobs "$1" --format %A 2>&1); then [ -n "$said" ]; return; fi
    [[ $said == *'Invalid job id'* ]] || { echo "error: squeue: $said" >&2; exit 1; }
    return 1
}
submit() { # submit NAME [what else sbatch is told]: notes the job's id for the next time, and prints it
    local id
    id=$(sbatch --parsable --partition "$partition" --job-name "inflight-$1" --nodes 1 --export ALL \
        --open-mode append --output "$out/log/$1.txt" "${@:2}")
    printf '%s %s\n' "$1" "${id%%;*}" >> "$out/jobs.txt"
    printf '%s\n' "${id%%;*}"
}

new=no ids=()
for index in "${!nodes[@]}"; do
    node=${nodes[index]}
    id=$(job_of "$node")
    if in_queue "$id"; then
        echo "$node: job $id is still in the queue"
    else
        if [ "$split" = yes ]; then part=(--shard "$((index + 1))/$count"); else part=(--node "$node"); fi
        run=("$program" study "$out/$name" --out "$out/$node" --resume --wait-lock --expect "$fingerprint")
        # Where nothing has begun, --watch knows by this file that it will.
        mkdir -p "$out/$node"
        [ -e "$out/$node/study.toml" ] || cp "$out/$name" "$out/$node/study.toml"
        # The whole node: nobody else's work is in the figures, and all CPUs and memory are ours, not the share that is the
        # default. A job that is taken off with its node comes back to this one, where --resume goes on.
        id=$(submit "$node" --nodelist "$node" --exclusive --mem 0 --requeue <<< "#!/bin/bash
exec $(quoted "${run[@]}" "${part[@]}" "${options[@]}")")
        new=yes
        echo "$node: job $id"
    fi
    ids+=("$id")
done

merged=$(job_of merged)
if in_queue "$merged"; then
    [ "$new" = yes ] || { echo "nothing to submit"; exit; }
    # It waits for an earlier set of jobs, and would merge too early.
    scancel "$merged"
fi
# afterany: a study in which a batch failed ends with 1, and its records count like all others. Who is missing is named.
depends=$(IFS=:; echo "afterany:${ids[*]}")
merged=$(submit merged --ntasks 1 --dependency "$depends" "$here/fleet/merge.sh" "$program" "$out" "${nodes[@]}")
echo "merged: job $merged, when they have ended"
echo "how far they are: $program study --watch $out"
