#!/usr/bin/env bash
# Tests scripts/fleet.sh on a Slurm cluster of two nodes, which it starts on this machine, on loopback, and ends again. In the
# middle of a study one node's daemon and job are killed. Some two minutes.
#   scripts/fleet-test.sh [INFLIGHT]      # a binary; by default the release build of this checkout
# Needs Debian's slurmctld, slurmd, slurm-client and munge, and python3. Uses nothing of a cluster that this machine is part of.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
export PATH=$PATH:/usr/sbin:/sbin

for tool in munged slurmctld slurmd sbatch python3; do
    command -v $tool > /dev/null || { echo "$tool is missing: apt-get install slurmctld slurmd slurm-client munge python3" >&2; exit 2; }
done
if [ $# -gt 0 ]; then
    INFLIGHT=$(realpath "$1")
else
    cargo build --quiet --release --locked -p inflight
    INFLIGHT=$(realpath "${CARGO_TARGET_DIR:-target}/release/inflight")
fi
export INFLIGHT

work=$(mktemp -d)
chmod 755 "$work"
# All that the cluster starts has this in its environment, and nothing else has.
export SLURM_CONF=$work/slurm.conf
unset "${!SBATCH_@}" "${!SQUEUE_@}" "${!SINFO_@}"

say() { printf '%3d s: %s\n' "$SECONDS" "$*"; }
fail() {
    printf 'error: %s\n' "$*" >&2
    squeue >&2 || true
    tail -n 20 "$work"/*.log "$work"/*/log/*.txt >&2 || true
    exit 1
}
wait_for() { # wait_for SECONDS WHAT COMMAND...: until the command succeeds
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "not in time: $what"
        sleep 0.2
    done
}
started_here() { # process ids of all that has our SLURM_CONF
    local environment pid
    for environment in /proc/[0-9]*/environ; do
        pid=${environment#/proc/}
        # The one that looks has it too.
        if env --unset SLURM_CONF grep -qzxF "SLURM_CONF=$SLURM_CONF" "$environment" 2> /dev/null; then echo "${pid%/environ}"; fi
    done
}
end_all() {
    local signal pids
    for signal in TERM KILL; do
        pids=$(started_here)
        # shellcheck disable=SC2086
        kill -s $signal $pids 2> /dev/null || true
        for _ in {1..25}; do
            [ -n "$(started_here)" ] || break
            sleep 0.2
        done
    done
    rm -rf "$work"
}
trap end_all EXIT

# --- a cluster of two nodes
mkdir "$work/state" "$work/munge"
head -c 1024 /dev/urandom > "$work/munge/key"
chmod 600 "$work/munge/key"
read -r controller port1 port2 < <(python3 -c '
import socket
free = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(each.getsockname()[1] for each in free))')
cat > "$SLURM_CONF" << END
ClusterName=fleet
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$controller
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
# A job that is requeued waits until its credential has expired.
AuthInfo=socket=$work/munge/socket,cred_expire=5
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool-%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/%n.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/%n.log
# Neither systemd nor control groups.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=bf_interval=2,sched_interval=2
SlurmdTimeout=5
KillWait=20
JobRequeue=1
ReturnToService=2
MailProg=/bin/true
NodeName=n1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$port1 CPUs=$(nproc)
NodeName=n2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$port2 CPUs=$(nproc)
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
END
declare -A daemon
start() { # start NAME COMMAND...
    "${@:2}" > "$work/$1.out.log" 2>&1 &
    daemon[$1]=$!
    # No word of bash's when it is killed.
    disown
}
start munged munged --foreground --force --socket="$work/munge/socket" --key-file="$work/munge/key" \
    --pid-file="$work/munge/pid" --seed-file="$work/munge/seed" --log-file="$work/munged.log"
wait_for 10 "munged answers" test -S "$work/munge/socket"
start slurmctld slurmctld -D
start n1 slurmd -D -N n1
start n2 slurmd -D -N n2
idle() { [ "$(sinfo --noheader --Node --states idle --responding --format %N 2> /dev/null | sort -u | wc -l)" -eq 2 ]; }
wait_for 30 "both nodes are idle" idle
say "a cluster of n1 and n2"

# --- a study: two workloads, two models and three controls
cat > "$work/tiny.toml" << 'END'
question = "Does a fleet come to the whole study?"
models = ["raw-epoll", "sequential"]
baseline = "raw-epoll"
rounds = 6

[[workload]]
requests = 4
concurrency = [1, 2]
delay = "2ms"
END
# Under a lock of its own: the two nodes are one machine, and take turns.
fleet() { scripts/fleet.sh "$work/tiny.toml" --nodes 2 "$@" --lock "$work/lock"; }
refused() { # refused WHAT COMMAND...
    local code=0
    "${@:2}" > "$work/refused.log" 2>&1 || code=$?
    if [ "$code" -ne 2 ] || ! grep -qF -- "$1" "$work/refused.log"; then
        fail "exit code $code, and not 2 with \"$1\": $(cat "$work/refused.log")"
    fi
}
refused "there is no such study file" scripts/fleet.sh "$work/none.toml" --nodes 2 --out "$work/none"
refused "in partition all 2 can be used" scripts/fleet.sh "$work/tiny.toml" --nodes 3 --out "$work/none"
refused "unexpected argument '--round'" scripts/fleet.sh "$work/tiny.toml" --nodes 2 --out "$work/none" -- --round 3
[ -z "$(squeue --noheader)" ] || fail "something was submitted"

# --- both nodes run all of it, and one of them is lost in the middle
out=$work/whole
fleet --out "$out" --
ids=$(cat "$out/jobs.txt")
fleet --out "$out" -- > "$work/again.log"
if [ "$(grep -c "is still in the queue" "$work/again.log")" -ne 2 ] || [ "$(cat "$out/jobs.txt")" != "$ids" ]; then
    fail "submitted twice: $(cat "$work/again.log")"
fi
refused "was begun otherwise" scripts/fleet.sh "$work/tiny.toml" --nodes 2 --out "$out" -- --rounds 3

# The lock says who measures: its process, and its node.
measures() { printf '%s\n' "$(sed -n 's|^process \([0-9]*\), into .*/\(n[12]\)$|\1 \2|p' "$work/lock" 2> /dev/null)"; }
on_record() { { wc -l < "$out/$1/records.jsonl"; } 2> /dev/null || echo 0; }
in_the_middle() { read -r pid node < <(measures) && [ -n "$node" ] && [ "$(on_record "$node")" -ge 3 ]; }
wait_for 60 "three batches are on record" in_the_middle
step=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status")
grep -q slurmstepd "/proc/$step/cmdline" || fail "process $pid is no job"
kill -KILL "${daemon[$node]}" "$step" "$pid"
cp "$out/$node/records.jsonl" "$work/before.jsonl"
job_of() { awk -v node="$1" '$1 == node { print $2 }' "$out/jobs.txt"; }
job=$(job_of "$node")
all=60
[ "$(on_record "$node")" -lt $all ] || fail "killed too late: all batches were on record"
say "killed the daemon of $node and its job $job after $(on_record "$node") of $all batches"
"$INFLIGHT" study --watch "$out"

# --- the other job is taken off, as one is for a job of higher priority: all its processes are told to end at once
lost=$node
others() { in_the_middle && [ "$node" != "$lost" ]; }
wait_for 60 "three batches of the other node are on record" others
other=$(job_of "$node")
scontrol requeue "$other"
say "took off job $other of $node after $(on_record "$node") of $all batches"
[ "$(on_record "$node")" -lt $all ] || fail "taken off too late: all batches were on record"
said_so() { grep -q "interrupted; --resume goes on" "$out/log/$node.txt"; }
wait_for 10 "$node ends between two batches" said_so
node=$lost

requeued() { [ "$(squeue --noheader --jobs "$job" --format %T)" = PENDING ]; }
wait_for 60 "job $job is requeued" requeued
say "job $job is back in the queue"
start "$node" slurmd -D -N "$node"
ended() { [ -z "$(squeue --noheader)" ]; }
wait_for 150 "all jobs have ended" ended
say "all jobs have ended"
for id in "$job" "$other"; do
    scontrol show job "$id" | grep -q "Restarts=1 " || fail "job $id was not begun twice"
done

# What an undisturbed run records, by its manifest: each arm on each workload in each round, on each node.
check() { # check DIR ROUNDS ENVIRONMENTS PARTS
    python3 - "$@" << 'END'
import json, sys
out, rounds, environments, parts = sys.argv[1], *map(int, sys.argv[2:])
lines = lambda path: [json.loads(line) for line in open(f"{out}/{path}")]
key = lambda record: (record["study_id"], record["workload"]["slug"], record["round"], record["arm"])
of = {environment["environment_id"]: environment["machine"].get("node") for environment in lines("merged/environments.jsonl")}
manifests = lines("merged/study.jsonl")
assert len(manifests) == parts and len(of) == environments, (manifests, of)
owed = []
for manifest in manifests:
    part = manifest.get("shard") or {"index": 1, "of": 1}
    mine = [round for round in range(rounds) if round % part["of"] == part["index"] - 1]
    owed += [(manifest["study_id"], workload["slug"], round, arm["arm"])
             for workload in manifest["workloads"] for round in mine for arm in manifest["arms"]]
merged = lines("merged/records.jsonl")
assert sorted(map(key, merged)) == sorted(owed), (len(merged), len(owed))
# What was stopped in the middle was run again, and is not on record as a failure.
failed = [record["reason"] for record in merged if record["outcome"] == "failed"]
assert not failed, failed
for node in "n1", "n2":
    here = lines(f"{node}/records.jsonl")
    there = [record for record in merged if record["study_id"] == here[0]["study_id"]]
    assert here == there, node
    assert {of[record["environment_id"]] for record in here} == {node if environments == 2 else None}, of
print(f"{len(merged)} records of {parts} parts, as they should be")
END
}
check "$out" 6 2 2
# What was on record when it was killed is as it was.
cmp <(head -n "$(wc -l < "$work/before.jsonl")" "$out/$node/records.jsonl") <(head -n "$(wc -l < "$work/before.jsonl")" "$work/before.jsonl")
"$INFLIGHT" study --watch "$out" | tee "$work/watch.log"
grep -qx "2 of 2 done" "$work/watch.log"
grep -q "no answer" "$out/log/merged.txt" || fail "two machines are too few for portability, and it did not say so"
[ -s "$out/merged/README.md" ] || fail "nothing was reported"
say "nothing is lost, and nothing is doubled"

# --- a node where study or binary differ refuses, and changes nothing
before=$(cat "$out"/n?/records.jsonl | sha256sum)
echo "# edited" >> "$out/tiny.toml"
echo >> "$out/inflight"
fleet --out "$out" --
wait_for 60 "all jobs have ended" ended
for node in n1 n2; do
    for what in "the binary" "the study file"; do
        grep -q "$what: .* was submitted, .* is here" "$out/log/$node.txt" || fail "$node: $what differed, and nothing was said"
    done
done
[ "$(cat "$out"/n?/records.jsonl | sha256sum)" = "$before" ] || fail "records were changed"
say "another binary and study file were refused"

# --- every second round on each, by a binary that each node has; and a third node, of which nothing is heard
fleet --out "$work/split" --split --binary "$INFLIGHT" -- --rounds 2
wait_for 90 "all jobs have ended" ended
check "$work/split" 2 1 2
[ ! -e "$work/split/inflight" ] || fail "a binary that each node has was copied"
code=0
scripts/fleet/merge.sh "$INFLIGHT" "$work/split" n1 n3 n2 > "$work/merge.log" 2>&1 || code=$?
if [ $code -ne 1 ] || ! grep -q "^missing: n3: " "$work/merge.log"; then fail "exit code $code: $(cat "$work/merge.log")"; fi
check "$work/split" 2 1 2
say "done"
