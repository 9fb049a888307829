#!/bin/sh
# Gets what the peers of benches/peers.toml need, into benches/peers/.build: scripts/peers.sh [python node go java curl wrk hey oha]
# Without names it gets all it can and says what is missing; a name that cannot be got is an error. What is there is left.
set -u
cd "$(dirname "$0")/../benches/peers" || exit 1
build=$PWD/.build
hey=v0.1.5
oha=1.16.0
mkdir -p "$build/bin"

need() { # need PROGRAM HOW
    command -v "$1" > /dev/null || { echo "$1 is missing: $2" >&2; return 1; }
}

get_python() {
    if cmp -s python/requirements.txt "$build/venv/installed.txt" &&
        "$build/venv/bin/python" -c 'import aiohttp, httpx, requests, uvloop' 2>/dev/null; then return; fi
    need python3 "apt-get install python3 python3-venv" || return
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed" >&2; return 1; }
    python3 -m venv --clear "$build/venv" || { echo "apt-get install python3-venv" >&2; return 1; }
    "$build/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r python/requirements.txt &&
        cp python/requirements.txt "$build/venv/installed.txt"
}

get_node() {
    need node "apt-get install nodejs (18 or later)" && node node/peer.mjs --version > /dev/null
}

get_go() {
    need go "apt-get install golang-go (1.21 or later)" && (cd go && go build -trimpath -o "$build/go-peer" .)
}

get_java() {
    jdk=$(java/find-jdk.sh) || { echo "apt-get install openjdk-21-jdk-headless" >&2; return 1; }
    if [ -f "$build/java/Peer.class" ] && [ -z "$(find java -name '*.java' -newer "$build/java/Peer.class")" ]; then return; fi
    "$jdk/bin/javac" --release 21 -d "$build/java" java/*.java
}

get_curl() {
    need python3 "apt-get install python3" && need curl "apt-get install curl (7.84 or later)" &&
        python3 python/curl.py --version parallel > /dev/null
}

get_wrk() {
    need python3 "apt-get install python3" && need wrk "apt-get install wrk"
}

get_hey() {
    if [ -x "$build/bin/hey" ]; then return; fi
    need go "apt-get install golang-go" && GOBIN=$build/bin go install github.com/rakyll/hey@$hey
}

get_oha() {
    if [ -x "$build/bin/oha" ]; then return; fi
    need cargo "https://rustup.rs" &&
        cargo install --quiet --locked --root "$build" --version "$oha" oha
}

known="python node go java curl wrk hey oha"
for name in "$@"; do
    case " $known " in *" $name "*) ;; *) echo "there is no $name; known: $known" >&2; exit 2 ;; esac
done
missing=
for name in ${@:-$known}; do
    if "get_$name"; then echo "$name: there"; else echo "$name: missing"; missing="$missing $name"; fi
done
# Asked for by name, it had to be got.
[ $# -eq 0 ] || [ -z "$missing" ]
