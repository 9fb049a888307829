#!/bin/sh
# Tests the page in a real browser: scripts/page-test.sh [RESULTS [SCREENSHOTS]]. Needs node with npm, and Debian's chromium.
# RESULTS is a directory of studies on which `inflight report` was run, by default the newest in results/.
set -eu
cd "$(dirname "$0")/.."
results=${1:-$(ls -d results/[0-9]* | tail -n 1)}
results=${results%/}
[ -f "$results/page.html" ] || { echo "there is no $results/page.html: \`inflight report $results\` writes it" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
test=crates/report/page/test
npm ci --silent --no-audit --no-fund --prefix "$test"
cargo build --quiet --release --locked -p inflight
inflight=$(realpath "${CARGO_TARGET_DIR:-target}/release/inflight")
# What is tested is the published page, and that has to be what this build makes of the same records in a place of that name.
whole=$(realpath "$results")
copy=$work/$(basename "$(dirname "$whole")")
mkdir -p "$copy"
cp -R "$whole" "$copy/"
"$inflight" report "$copy/$(basename "$whole")" > /dev/null 2> "$work/left-out"
cmp "$copy/$(basename "$whole")/page.html" "$results/page.html" || {
    echo "$results/page.html is not what its records give: \`inflight report $results\` writes it anew" >&2
    exit 1
}
# A second page, of a study with unkind names.
mkdir "$work/unkind"
node "$test/hostile.mjs" "$results" "$work/unkind/study"
"$inflight" report "$work/unkind" > /dev/null 2> "$work/left-out"
INFLIGHT=$inflight RESULTS=$results node "$test/test.mjs" \
    "$results/page.html" "${2:-$work/screenshots}" "$work/unkind/page.html" "$results"/*/summary.json
