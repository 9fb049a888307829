#!/bin/sh
# Validates CITATION.cff against its schema, in a Python environment of its own below target/.
set -eu
cd "$(dirname "$0")/.."
venv=target/citation-venv
if ! cmp -s scripts/citation.txt "$venv/installed.txt"; then
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement scripts/citation.txt
  cp scripts/citation.txt "$venv/installed.txt"
fi
"$venv/bin/check-jsonschema" --builtin-schema vendor.citation-file-format CITATION.cff
