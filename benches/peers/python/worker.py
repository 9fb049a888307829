"""The worker protocol in Python: hears the job, keeps clock and samples, measures the span, reports.

A peer knows nothing of lines, clocks and columns; it gives `run` its versions and how its client is made:

    run(versions, client)        # client(workload) -> an object with fetch(batch) and close()

Around each request it calls `batch.send(index)` and then `batch.finish(...)` or `batch.fail(...)`. An adapter, which
drives another program, has three more: `prepare(batch)` before `ready`; `reported()` when the clock has stopped, which
gives what a load generator says, or None; `settle(batch)` when samples are wanted, which fills them in.
"""

import ctypes
import gc
import json
import resource
import sys
from array import array
from time import monotonic_ns

PROTOCOL = 1
SAMPLES_A_LINE = 1_000
TEXTS_KEPT = 5

# What became of a request, in the order in which it goes through them.
NOT_SENT, SENT, FAILED, ANSWERED, WITH_TOKEN = range(5)
# The tail of each answer's body: "token":" 16 hexadecimal digits "}
TAIL_PREFIX, DIGITS, TAIL_SUFFIX = b'"token":"', 16, b'"}'
TAIL = len(TAIL_PREFIX) + DIGITS + len(TAIL_SUFFIX)


class Batch:
    """The URLs of one batch and one slot a request. Slots are allocated and written here, before the clock starts."""

    def __init__(self, urls, concurrency):
        self.urls = urls
        self.concurrency = concurrency
        self.texts = []
        self.zero_ns = monotonic_ns()
        self.state = bytearray(len(urls))
        self.status = array("H", bytes(2 * len(urls)))
        self.start_ns, self.end_ns, self.hold_ns, self.bytes, self.token = (
            array("Q", bytes(8 * len(urls))) for _ in range(5)
        )

    def start_clock(self):
        self.zero_ns = monotonic_ns()

    def now_ns(self):
        return monotonic_ns() - self.zero_ns

    def send(self, index):
        """Just before the request is handed to the client. Gives the URL."""
        self.state[index] = SENT
        self.start_ns[index] = monotonic_ns() - self.zero_ns
        return self.urls[index]

    def finish(self, index, status, server_timing, body):
        """Just after the whole body is there; `server_timing` is that header's text or None."""
        self.note(index, monotonic_ns() - self.zero_ns, status, server_timing, len(body), body[-TAIL:])

    def fail(self, index, error):
        """The client gave up; the first few texts are kept."""
        self.end_ns[index] = monotonic_ns() - self.zero_ns
        self.state[index] = FAILED
        if len(self.texts) < TEXTS_KEPT:
            self.texts.append(f"request {index}: {type(error).__name__}: {error}"[:500])

    def note(self, index, end_ns, status, server_timing, length, tail):
        """An answer of so many bytes that end in `tail`, which was whole at `end_ns`."""
        self.end_ns[index] = end_ns
        self.status[index] = status
        self.hold_ns[index] = hold_ns(server_timing or "")
        self.bytes[index] = length
        token = token_of(tail)
        self.token[index] = token or 0
        self.state[index] = ANSWERED if token is None else WITH_TOKEN

    def columns(self, first, end):
        """The samples from `first` to before `end`, as one line of the report."""
        rows = range(first, end)
        return {
            "type": "samples",
            "start_ns": self.start_ns[first:end].tolist(),
            "end_ns": self.end_ns[first:end].tolist(),
            "hold_ns": self.hold_ns[first:end].tolist(),
            "status": self.status[first:end].tolist(),
            "bytes": self.bytes[first:end].tolist(),
            "token": [f"{self.token[row]:016x}" if self.state[row] == WITH_TOKEN else None for row in rows],
            "error": [self.error(row) for row in rows],
        }

    def error(self, index):
        state = self.state[index]
        if state == NOT_SENT:
            return "not_sent"
        if state == SENT:
            return "unfinished"
        if state == FAILED:
            return "client"
        if self.status[index] != 200:
            return "status"
        return None if state == WITH_TOKEN else "body"


def hold_ns(server_timing):
    """Nanoseconds from a header such as `hold;dur=50.123456` (milliseconds); 0 where there is none."""
    _, found, rest = server_timing.partition("hold;dur=")
    try:
        # Whole nanoseconds below 2^53 survive the way through a float.
        return round(float(rest.partition(";")[0].partition(",")[0]) * 1e6) if found else 0
    except ValueError:
        return 0


def token_of(tail):
    """The token at the end of a body, or None where it does not end in one."""
    if len(tail) != TAIL or not tail.startswith(TAIL_PREFIX) or not tail.endswith(TAIL_SUFFIX):
        return None
    try:
        return int(tail[len(TAIL_PREFIX) : len(TAIL_PREFIX) + DIGITS], 16)
    except ValueError:
        return None


def give_back_freed_memory():
    """What reading the job has freed is not to be used unseen by the client."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        pass  # another C library than glibc keeps no such heap


def run(versions, client, adapter=False):
    """Runs the one batch that the driver asks for. `client(workload)` is called where the client is to be built.

    What an `adapter` uses itself is left out of the usage: only its children count.
    """
    whose = (resource.RUSAGE_CHILDREN,) if adapter else (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    say({"type": "hello", "protocol": PROTOCOL, "versions": versions})
    workload, warm_up, timed = hear_job()
    batch = Batch(timed, workload["concurrency"])
    # The mark of a child is not to be had exactly: the driver looks at it from outside.
    give_back_freed_memory()
    baseline = None if adapter else reset_peak_memory()
    used = None
    if adapter:
        if workload["connections"] == "warm":
            sys.exit("it starts its program anew for each batch, so it has no warm one")
        used = client(workload)
        used.prepare(batch)
    elif workload["connections"] == "warm":
        used = client(workload)
        used.fetch(Batch(warm_up, batch.concurrency))
    say({"type": "ready"})
    expect("start")

    before = usage(whose)
    batch.start_clock()
    error = None
    try:
        used = used or client(workload)
        used.fetch(batch)
    except Exception as raised:  # what stops the whole batch is told in `done`
        error = f"{type(raised).__name__}: {raised}"
    makespan = batch.now_ns()
    after = usage(whose)

    span = {name: after[name] - before[name] for name in after}
    span["baseline_bytes"] = baseline or 0
    span["peak_bytes"] = baseline and peak_memory() or 0
    reported = None
    if adapter and not error:
        try:
            reported = used.reported()
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
    say(
        {"type": "done", "makespan_ns": makespan, "error": error, "usage": span}
        | ({"reported": reported} if reported else {})
    )
    expect("report")
    if adapter and not error and not reported:
        used.settle(batch)
    if used:
        # Before the last line: the driver may end a worker as soon as it has heard that.
        used.close()
    report(batch, 0 if reported else len(batch.urls))


def report(batch, samples):
    """So many samples in order of index, then the error texts."""
    for first in range(0, samples, SAMPLES_A_LINE):
        say(batch.columns(first, min(first + SAMPLES_A_LINE, samples)))
    say({"type": "end", "texts": batch.texts})


def hear_job():
    """The workload, and the URLs of both batches."""
    job = expect("job")
    if job["protocol"] != PROTOCOL:
        sys.exit(f"this worker speaks protocol {PROTOCOL}, the driver {job['protocol']}")
    urls = {"warm_up": [], "timed": []}
    while (line := hear())["type"] == "urls":
        urls[line["part"]] += line["urls"]
    if line["type"] != "prepare":
        sys.exit(f"expected urls or prepare, got {line['type']}")
    return job["workload"], urls["warm_up"], urls["timed"]


def hear():
    line = sys.stdin.readline()
    if not line:
        sys.exit("the driver went away")
    return json.loads(line)


def expect(owed):
    line = hear()
    if line["type"] != owed:
        sys.exit(f"expected {owed}, got {line['type']}")
    return line


def say(line):
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def usage(whose):
    """CPU time and context switches so far, of this process, or of children that it has waited for, or both."""
    all_of = [resource.getrusage(who) for who in whose]
    return {
        "user_ns": sum(round(it.ru_utime * 1e6) for it in all_of) * 1_000,
        "system_ns": sum(round(it.ru_stime * 1e6) for it in all_of) * 1_000,
        "voluntary": sum(it.ru_nvcsw for it in all_of),
        "involuntary": sum(it.ru_nivcsw for it in all_of),
    }


def reset_peak_memory():
    """Sets the kernel's mark of highest resident memory to now and gives it in bytes; None where that is not allowed."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        return None
    return peak_memory()


def peak_memory():
    """The highest resident memory since `reset_peak_memory`, in bytes."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
