#!/bin/sh
# Vendors the page's plotting library again, through npm: fetches the pinned version, checks its integrity, and keeps what
# the page embeds and its licence. To raise the version, change both lines by what `npm view d3 version dist.integrity`
# says, run this, and change the paths in crates/report/src/page/embed.rs.
set -eu
name=d3
version=7.9.2
integrity=sha512-ZKb/mONPVKzaO5UlcWcwN8bS4ezvQaYu+bsou+XgNABdGC800kwH651ADTbbTxMPHW13UlvbQafdmJQDk1w7Mg==
cd "$(dirname "$0")/.."
into="crates/report/page/vendor/$name@$version"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" "$name@$version" > /dev/null
found=$(node -e '
  const hash = require("node:crypto").createHash("sha512");
  process.stdout.write("sha512-" + hash.update(require("node:fs").readFileSync(process.argv[1])).digest("base64"));
' "$work"/*.tgz)
if [ "$found" != "$integrity" ]; then
    echo "$name@$version has the integrity $found, not $integrity: not vendored" >&2
    exit 1
fi
tar -xzf "$work"/*.tgz -C "$work"
mkdir -p "$into"
cp "$work/package/dist/$name.min.js" "$work/package/LICENSE" "$into/"
echo "$into: $(wc -c < "$into/$name.min.js") bytes, $integrity"
