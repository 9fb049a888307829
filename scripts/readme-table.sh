#!/bin/sh
# Puts the table of the records that README.md names between its markers.
set -eu
cd "$(dirname "$0")/.."
file=$(sed -n 's/^<!-- table: \(.*\) -->$/\1/p' README.md)
table=$(mktemp)
trap 'rm -f "$table"' EXIT
cargo run --quiet --release -p inflight -- table "$file" --markdown > "$table"
sed -i -e "/^<!-- table: /r $table" -e '/^<!-- table: /,/^<!-- \/table -->/{/^<!-- /!d}' README.md
