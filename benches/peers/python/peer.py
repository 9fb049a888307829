"""Python's clients as peers: requests, aiohttp, httpx. `peer.py NAME` runs one; `peer.py --version NAME` names its parts.

Each class is one way to fetch a batch. Nothing comes from the environment (no proxies, no .netrc), nothing is
compressed, no redirect is followed, and each body is read whole.
"""

import asyncio
import importlib
import importlib.metadata
import platform
import sys
from concurrent.futures import ThreadPoolExecutor

import worker

requests = urllib3 = aiohttp = httpx = uvloop = None  # imported by `main`: only what the chosen peer needs


class Requests:
    """One session, one request after the other."""

    def __init__(self, workload, pool=None):
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Encoding"] = urllib3.util.SKIP_HEADER
        if pool:
            self.session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=pool, pool_maxsize=pool))

    def fetch(self, batch):
        for index in range(len(batch.urls)):
            self.fetch_one(batch, index)

    def fetch_one(self, batch, index):
        url = batch.send(index)
        try:
            answer = self.session.get(url, allow_redirects=False)
            batch.finish(index, answer.status_code, answer.headers.get("Server-Timing"), answer.content)
        except requests.RequestException as error:
            batch.fail(index, error)

    def close(self):
        self.session.close()


class RequestsThreads(Requests):
    """A pool of C threads that share one session."""

    def __init__(self, workload, pool=None):
        super().__init__(workload, pool)
        self.threads = ThreadPoolExecutor(max_workers=workload["concurrency"])

    def fetch(self, batch):
        for _ in self.threads.map(lambda index: self.fetch_one(batch, index), range(len(batch.urls))):
            pass

    def close(self):
        self.threads.shutdown()
        super().close()


class RequestsThreadsTuned(RequestsThreads):
    """The same, with a connection pool of C instead of 10."""

    def __init__(self, workload):
        super().__init__(workload, pool=workload["concurrency"])


class Tasks:
    """C tasks on one event loop, which take the indices in turn. A client says how it opens and how it gets one URL."""

    def __init__(self, workload):
        self.runner = asyncio.Runner(loop_factory=self.loop_factory())
        self.runner.run(self.open(workload["concurrency"]))

    def loop_factory(self):
        return None  # asyncio's own

    def fetch(self, batch):
        self.runner.run(self.fetch_all(batch))

    async def fetch_all(self, batch):
        indices = iter(range(len(batch.urls)))
        async with asyncio.TaskGroup() as tasks:
            for _ in range(batch.concurrency):
                tasks.create_task(self.fetch_each(batch, indices))

    async def fetch_each(self, batch, indices):
        for index in indices:
            url = batch.send(index)
            try:
                batch.finish(index, *await self.get(url))
            except self.errors() as error:
                batch.fail(index, error)

    def close(self):
        self.runner.run(self.shut())
        self.runner.close()


class Aiohttp(Tasks):
    """One session, with its connector's default limit of 100 connections in all."""

    def errors(self):
        return aiohttp.ClientError, asyncio.TimeoutError

    def session(self, **options):
        return aiohttp.ClientSession(skip_auto_headers=["Accept-Encoding"], **options)

    async def open(self, concurrency):
        self.client = self.session()

    async def get(self, url):
        return await self.get_by(self.client, url)

    async def get_by(self, session, url):
        async with session.get(url, allow_redirects=False) as answer:
            body = await answer.read()
            return answer.status, answer.headers.get("Server-Timing"), body

    async def shut(self):
        await self.client.close()


class AiohttpTuned(Aiohttp):
    """One session, its limit raised to C."""

    async def open(self, concurrency):
        self.client = self.session(connector=aiohttp.TCPConnector(limit=concurrency))


class AiohttpUvloop(AiohttpTuned):
    """The same on uvloop."""

    def loop_factory(self):
        return uvloop.new_event_loop


class AiohttpSessionPerRequest(Aiohttp):
    """A new session for each request, which connects anew."""

    async def open(self, concurrency):
        pass

    async def get(self, url):
        async with self.session() as session:
            return await self.get_by(session, url)

    async def shut(self):
        pass


class Httpx(Tasks):
    """One AsyncClient with its limits raised to C and its time-out of 5 s taken off."""

    def errors(self):
        return (httpx.HTTPError,)

    async def open(self, concurrency):
        limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
        self.client = httpx.AsyncClient(limits=limits, timeout=None, trust_env=False)
        del self.client.headers["Accept-Encoding"]

    async def get(self, url):
        answer = await self.client.get(url)
        return answer.status_code, answer.headers.get("Server-Timing"), answer.content

    async def shut(self):
        await self.client.aclose()


# Each peer's name, its class, and the packages that do the work.
PEERS = {
    "requests": (Requests, ["requests", "urllib3"]),
    "requests-threads": (RequestsThreads, ["requests", "urllib3"]),
    "requests-threads-tuned": (RequestsThreadsTuned, ["requests", "urllib3"]),
    "aiohttp": (Aiohttp, ["aiohttp"]),
    "aiohttp-tuned": (AiohttpTuned, ["aiohttp"]),
    "aiohttp-session-per-request": (AiohttpSessionPerRequest, ["aiohttp"]),
    "aiohttp-uvloop": (AiohttpUvloop, ["aiohttp", "uvloop"]),
    "httpx": (Httpx, ["httpx", "httpcore"]),
}


def main():
    *options, name = sys.argv[1:] or [""]
    if name not in PEERS or options not in ([], ["--version"]):
        sys.exit(f"usage: peer.py [--version] NAME, where NAME is one of {', '.join(PEERS)}")
    client, packages = PEERS[name]
    try:
        for package in packages:
            globals()[package] = importlib.import_module(package)
    except ImportError as error:
        sys.exit(f"{error}; scripts/peers.sh python installs what is pinned")
    parts = [f"{package} {importlib.metadata.version(package)}" for package in packages]
    versions = ", ".join([*parts, f"Python {platform.python_version()}"])
    if options:
        print(versions)
    else:
        worker.run(versions, client)


if __name__ == "__main__":
    main()
