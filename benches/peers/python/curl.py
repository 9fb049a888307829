"""curl as a peer: drives `curl --parallel` and reads what it reports. `curl.py NAME` or `curl.py --version NAME`.

Latencies are curl's own (`time_total`, microseconds). When a request ended is not to be had from curl: it is the moment
at which curl's line for it was read here, so it is late, by what curl did before it next waited; its start is that less
`time_total`. Bodies go to files in memory, where their tokens are read once the clock has stopped.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import worker

# Above its maximum of 300 curl silently takes 50 (before 8.16; since then the maximum is 65,535).
MOST_PARALLEL = 300
LEAST_VERSION = (7, 84)  # the first with %header{}
VARIANTS = {"parallel": [], "parallel-immediate": ["parallel-immediate"]}
LINE = r"%{filename_effective} %{exitcode} %{http_code} %{time_total} %header{server-timing}\t%{errormsg}\n"
ROOT = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()
NAME = "inflight-curl-"


class Curl:
    def __init__(self, variant, workload):
        self.variant = variant
        self.concurrency = min(workload["concurrency"], MOST_PARALLEL)
        self.directory = f"{ROOT}/{NAME}{os.getpid()}"
        os.mkdir(self.directory)
        self.seen = []

    def prepare(self, batch):
        # In parallel mode `silent` leaves the progress meter on.
        options = ["silent", "no-progress-meter", "parallel", f"parallel-max = {self.concurrency}", *VARIANTS[self.variant]]
        options += ['noproxy = "*"', f'write-out = "{LINE}"']
        options += [f'url = "{url}"\noutput = "{index}"' for index, url in enumerate(batch.urls)]
        with open(f"{self.directory}/config", "w") as config:
            config.write("\n".join(options))

    def fetch(self, batch):
        with subprocess.Popen(
            ["curl", "-q", "-K", "config"], cwd=self.directory, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        ) as curl:
            # Only read and stamped here: what the lines say is worked out when the clock has stopped.
            while text := os.read(curl.stdout.fileno(), 1 << 20):
                self.seen.append((batch.now_ns(), text))

    def reported(self):
        return None

    def settle(self, batch):
        rest = b""
        for end_ns, text in self.seen:
            *lines, rest = (rest + text).split(b"\n")
            for line in lines:
                self.settle_one(batch, end_ns, line.decode())

    def settle_one(self, batch, end_ns, line):
        facts, _, error = line.partition("\t")
        name, code, status, seconds, *timing = facts.split(" ")
        index = int(name)
        batch.send(index)
        batch.start_ns[index] = max(0, end_ns - round(float(seconds) * 1e9))
        if code != "0":
            batch.fail(index, RuntimeError(f"curl: ({code}) {error}"))
            batch.end_ns[index] = end_ns
            return
        with open(f"{self.directory}/{name}", "rb") as body:
            length = body.seek(0, os.SEEK_END)
            body.seek(max(0, length - worker.TAIL))
            batch.note(index, end_ns, int(status), " ".join(timing), length, body.read())

    def close(self):
        shutil.rmtree(self.directory)


def remove_what_was_left():
    """The directories of adapters that were killed."""
    for name in os.listdir(ROOT):
        if name.startswith(NAME) and not os.path.exists(f"/proc/{name.removeprefix(NAME)}"):
            shutil.rmtree(f"{ROOT}/{name}", ignore_errors=True)


def main():
    *options, variant = sys.argv[1:] or [""]
    if variant not in VARIANTS or options not in ([], ["--version"]):
        sys.exit(f"usage: curl.py [--version] NAME, where NAME is one of {', '.join(VARIANTS)}")
    if not shutil.which("curl"):
        sys.exit("curl is not installed: apt-get install curl")
    text = subprocess.run(["curl", "-q", "--version"], capture_output=True, text=True, check=True).stdout
    versions = " ".join(text.split()[:2])
    if tuple(int(part) for part in re.findall(r"\d+", versions)[:2]) < LEAST_VERSION:
        sys.exit(f"{versions} cannot report a header: 7.84 or later is needed")
    if options:
        print(versions)
    else:
        remove_what_was_left()
        worker.run(versions, lambda workload: Curl(variant, workload), adapter=True)


if __name__ == "__main__":
    main()
