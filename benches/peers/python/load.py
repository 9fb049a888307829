"""Load generators as yardsticks: drives wrk, hey or oha and reads what it reports. `load.py [--version] NAME`.

Each is run once on the first URL of the batch with C connections, so all its requests carry one index: the server can
count them, not tell them apart, and there are no samples.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import worker

BUILT = Path(__file__).resolve().parent.parent / ".build" / "bin"
NS_OF = {"us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}


class Tool:
    """A load generator: its arguments for a workload, and what its output says."""

    name = how = ""
    version_arguments = ("--version",)

    def path(self):
        """In .build/bin, else in PATH; None where it is in neither."""
        return shutil.which(self.name, path=f"{BUILT}:{os.environ.get('PATH', '')}")

    def version(self):
        """Its name and version on one line. wrk prints its own with exit code 1, hey has none to print."""
        said = subprocess.run([self.path(), *self.version_arguments], capture_output=True, text=True)
        return re.sub(r" \[.*", "", (said.stdout or said.stderr).splitlines()[0])


class Wrk(Tool):
    """Takes a duration and no N: the whole seconds in which an ideal client would be done, at least 1."""

    name, how = "wrk", "apt-get install wrk"

    def arguments(self, workload):
        requests, concurrency, delay_ns = (workload[name] for name in ("requests", "concurrency", "delay_ns"))
        seconds = max(1, -(-(-(-requests // concurrency) * delay_ns) // 10**9))
        return ["-t1", f"-c{concurrency}", f"-d{seconds}s", f"--timeout={seconds_to_wait(workload)}s", "--latency"]

    def read(self, text):
        errors = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        socket = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
        return reported(
            int(found(r"(\d+) requests in ", text)),
            (int(errors[1]) if errors else 0) + (sum(map(int, socket.groups())) if socket else 0),
            {
                percent: round(float(value) * NS_OF[unit])
                for percent, value, unit in re.findall(r"^ +(\d+)% +([0-9.]+)([a-z]+) *$", text, re.MULTILINE)
            },
        )


class Hey(Tool):
    """Gives each of its C workers ⌊N/C⌋ requests, so it makes up to C - 1 fewer than N; what it made is reported."""

    name, how = "hey", "scripts/peers.sh hey (needs Go)"

    def version(self):
        if not shutil.which("go"):
            return "hey (only Go can tell its version)"
        said = subprocess.run(["go", "version", "-m", self.path()], capture_output=True, text=True)
        return "hey " + found(r"mod\s+github.com/rakyll/hey\s+(\S+)", said.stdout)

    def arguments(self, workload):
        sizes = ["-n", str(workload["requests"]), "-c", str(workload["concurrency"])]
        return [*sizes, "-t", str(seconds_to_wait(workload)), "-disable-compression", "-disable-redirects"]

    def read(self, text):
        answers = {int(code): int(count) for code, count in re.findall(r"\[(\d+)\]\t(\d+) responses", text)}
        failed = sum(map(int, re.findall(r"^ +\[(\d+)\]\t(?!\d+ responses)", text, re.MULTILINE)))
        return reported(
            sum(answers.values()) + failed,
            failed + sum(count for code, count in answers.items() if code != 200),
            {
                percent: round(float(seconds) * 1e9)
                for percent, seconds in re.findall(r"(\d+)%+ in ([0-9.]+) secs", text)
            },
        )


class Oha(Tool):
    """Makes exactly N."""

    name, how = "oha", "scripts/peers.sh oha (needs Rust)"

    def arguments(self, workload):
        sizes = ["-n", str(workload["requests"]), "-c", str(workload["concurrency"])]
        plain = ["--no-tui", "--disable-compression", "--redirect", "0", "-t", f"{seconds_to_wait(workload)}s"]
        return [*sizes, *plain, "--output-format", "json"]

    def read(self, text):
        said = json.loads(text)
        answers = {int(code): count for code, count in said["statusCodeDistribution"].items()}
        failed = sum(said["errorDistribution"].values())
        return reported(
            sum(answers.values()) + failed,
            failed + sum(count for code, count in answers.items() if code != 200),
            {
                name.removeprefix("p"): round(seconds * 1e9)
                for name, seconds in said["latencyPercentiles"].items()
                if seconds is not None
            },
        )


TOOLS = {tool.name: tool for tool in (Wrk(), Hey(), Oha())}


def seconds_to_wait(workload):
    """A time-out that no honest answer meets: ten seconds above the delay."""
    return workload["delay_ns"] // 10**9 + 10


def reported(requests, errors, percentiles):
    """What stands in `done`."""
    latencies = {f"latency_p{percent}_ns": percentiles.get(percent) for percent in ("50", "99")}
    return {"requests": requests, "errors": errors, **latencies}


def found(pattern, text):
    """What the group in a pattern matches; an error where it does not, because then the tool has changed."""
    match = re.search(pattern, text)
    if not match:
        raise ValueError(f"{pattern!r} is not in what it printed: {text[-300:]!r}")
    return match[1]


class Load:
    def __init__(self, tool, workload):
        self.tool = tool
        self.command = [tool.path(), *tool.arguments(workload)]

    def prepare(self, batch):
        self.command.append(batch.urls[0])

    def fetch(self, batch):
        # Without the environment: no proxies.
        self.ended = subprocess.run(self.command, capture_output=True, text=True, env={}, stdin=subprocess.DEVNULL)

    def reported(self):
        if self.ended.returncode != 0:
            raise ChildProcessError(f"{self.tool.name} exited with {self.ended.returncode}: {self.ended.stderr[-300:]}")
        return self.tool.read(self.ended.stdout)

    def close(self):
        pass


def main():
    *options, name = sys.argv[1:] or [""]
    if name not in TOOLS or options not in ([], ["--version"]):
        sys.exit(f"usage: load.py [--version] NAME, where NAME is one of {', '.join(TOOLS)}")
    tool = TOOLS[name]
    if not tool.path():
        sys.exit(f"{name} is not installed: {tool.how}")
    version = tool.version()
    if options:
        print(version)
    else:
        worker.run(version, lambda workload: Load(tool, workload), adapter=True)


if __name__ == "__main__":
    main()
