#!/bin/sh
# Servers beside the delay server, in one run: lateness, requests a second, CPU a request (benches/servers.rs).
# Installs httpbin (Python up to 3.11: its gevent builds no further) and go-httpbin into benches/servers/.build where they are
# missing; nginx comes from the system: apt-get install nginx-light libnginx-mod-http-echo. What cannot be had is left out.
# Arguments go to the bench: --test for a short look.
set -eu
cd "$(dirname "$0")/.."
build=$PWD/benches/servers/.build
mkdir -p "$build"
if [ ! -x "$build/venv/bin/gunicorn" ] && command -v python3 >/dev/null; then
    { python3 -m venv --clear "$build/venv" &&
        "$build/venv/bin/pip" install --quiet --requirement benches/servers/requirements.txt; } ||
        { rm -rf "$build/venv"; echo "left out: httpbin could not be installed" >&2; }
fi
if [ ! -x "$build/bin/go-httpbin" ] && command -v go >/dev/null; then
    GOBIN=$build/bin go install github.com/mccutchen/go-httpbin/v2/cmd/go-httpbin@v2.26.0 ||
        echo "left out: go-httpbin could not be installed" >&2
fi
exec cargo bench --quiet -p inflight --bench servers -- "$@"
