#!/bin/sh
# Tests the page in a real browser: scripts/page-test.sh [RESULTS [SCREENSHOTS]]. Needs node with npm, and Debian's chromium.
# RESULTS is a directory of studies on which `inflight report` was run, by default the newest in results/.
set -eu
cd "$(dirname "$0")/.."
results=${1:-$(ls -d results/[0-9]*/ | tail -n 1)}
results=${results%/}
[ -f "$results/page.html" ] || { echo "there is no $results/page.html: \`inflight report $results\` writes it" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
test=crates/report/page/test
npm ci --silent --no-audit --no-fund --prefix "$test"
cargo build --quiet --release --locked -p inflight
inflight=${CARGO_TARGET_DIR:-target}/release/inflight
# A second page, of a study with unkind names: the same batches as in the first one that has its records unpacked.
node "$test/hostile.mjs" "$(dirname "$(ls "$results"/*/records.jsonl | head -n 1)")" "$work/study"
"$inflight" report "$work" > /dev/null 2> "$work/left-out"
INFLIGHT=$inflight RESULTS=$results node "$test/test.mjs" \
    "$results/page.html" "${2:-$work/screenshots}" "$work/page.html" "$results"/*/summary.json
