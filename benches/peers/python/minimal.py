"""The smallest whole peer: the worker protocol with nothing but Python's own library. README.md goes through its lines."""

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from time import monotonic_ns
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener


def say(**line):
    print(json.dumps(line), flush=True)


def hear(owed):
    line = json.loads(sys.stdin.readline() or '{"type":"nothing"}')  # the end of stdin: the driver went away
    if line["type"] not in owed:
        sys.exit(f"expected {owed}, got {line['type']}")
    return line


def fetch(index):
    sample = samples[index]
    sample["start_ns"] = monotonic_ns() - zero
    try:
        try:
            answer = opener.open(timed[index])
        except HTTPError as error:  # any status is an answer
            answer = error
        body = answer.read()
        sample["end_ns"], sample["status"], sample["bytes"] = monotonic_ns() - zero, answer.status, len(body)
        hold = re.search(r"hold;dur=([0-9.]+)", answer.headers.get("Server-Timing", ""))
        token = re.search(rb'"token":"([0-9a-f]{16})"}$', body[-27:])
        sample["hold_ns"] = round(float(hold[1]) * 1e6) if hold else 0
        sample["token"] = token[1].decode() if token else None
        sample["error"] = None if answer.status == 200 and token else "body" if answer.status == 200 else "status"
    except Exception as error:  # the client gave up
        sample["end_ns"], sample["error"] = monotonic_ns() - zero, "client"
        texts.append(f"request {index}: {error}")


if sys.argv[1:] == ["--version"]:
    sys.exit(print("urllib of Python " + sys.version.split()[0]))
say(type="hello", protocol=1, versions="urllib of Python " + sys.version.split()[0])
workload, timed, texts = hear(["job"])["workload"], [], []
while (line := hear(["urls", "prepare"]))["type"] == "urls":
    timed += line["urls"] if line["part"] == "timed" else []
columns = ["start_ns", "end_ns", "hold_ns", "status", "bytes", "token", "error"]
samples = [dict.fromkeys(columns, 0) | {"token": None, "error": "not_sent"} for _ in timed]
say(type="ready")
hear(["start"])
zero = monotonic_ns()
opener = build_opener(ProxyHandler({}))
with ThreadPoolExecutor(workload["concurrency"]) as threads:
    threads.map(fetch, range(len(timed)))
say(type="done", makespan_ns=monotonic_ns() - zero)
hear(["report"])
for first in range(0, len(samples), 1000):
    say(type="samples", **{name: [sample[name] for sample in samples[first : first + 1000]] for name in columns})
say(type="end", texts=texts[:5])
