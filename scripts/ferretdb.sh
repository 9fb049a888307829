#!/bin/sh
# Builds FerretDB, which speaks MongoDB's wire protocol over SQLite, and prints where it is: scripts/ferretdb.sh [FOLDER]
# What was built stays in FOLDER, which is ~/.cache/inflight/ferretdb where none is named, and is not built again.
#   FERRETDB=$(scripts/ferretdb.sh) cargo test -p inflight-crawl --features mongodb
set -eu
version=v1.24.2
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/inflight/ferretdb}
mkdir -p "$folder"
program=$(cd "$folder" && pwd)/ferretdb-$version
if [ ! -x "$program" ]; then
    command -v go > /dev/null || { echo "go is missing: 1.24 or later, from https://go.dev/dl" >&2; exit 1; }
    build=$(mktemp -d)
    trap 'rm -rf "$build"' EXIT
    cd "$build"
    {
        # A module of one's own: the version list of FerretDB's is not served everywhere, so that `go install` finds none.
        go mod init ferretdb-build
        go get -tool "github.com/FerretDB/FerretDB/cmd/ferretdb@$version"
        go mod vendor
        # It does not start without knowing its version, which its own build would have written there.
        echo "$version" > vendor/github.com/FerretDB/FerretDB/build/version/version.txt
        go build -mod=vendor -tags ferretdb_no_postgresql -o "$program.part" github.com/FerretDB/FerretDB/cmd/ferretdb
    } >&2
    mv "$program.part" "$program"
fi
echo "$program"
