#!/bin/sh
# Tests the page in a real browser: scripts/page-test.sh [RESULTS [SCREENSHOTS]]. Needs node with npm, and Debian's chromium.
# RESULTS is a directory of studies with their summary.json files, by default the newest in results/.
set -eu
cd "$(dirname "$0")/.."
results=${1:-$(ls -d results/[0-9]*/ | tail -n 1)}
results=${results%/}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
page() { cargo run --quiet --release --locked -p inflight-report --example page -- "$1" "$2"; }
test=crates/report/page/test
npm ci --silent --no-audit --no-fund --prefix "$test"
cargo build --quiet --release --locked -p inflight
page "$results" "$work/page.html"
node "$test/hostile.mjs" "$(dirname "$(ls "$results"/*/records.jsonl | head -n 1)")" "$work/unkind/study"
page "$work/unkind" "$work/unkind.html"
INFLIGHT=${CARGO_TARGET_DIR:-target}/release/inflight RESULTS=$results \
    node "$test/test.mjs" "$work/page.html" "${2:-$work/screenshots}" "$work/unkind.html" "$results"/*/summary.json
