#!/usr/bin/env bash
# Checks the syntax of scripts/fleet.sh and of all that stands in scripts/fleet/: scripts/fleet-check.sh
# The scripts by shellcheck, the workflow by actionlint, the Job by Kubernetes' own types (scripts/fleet/check; kubeconform would
# need schemas from the network). Both are built by go into target/fleet-check. What cannot be had is left out, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$PWD/target/fleet-check
mkdir -p "$build"

scripts=(scripts/fleet*.sh scripts/fleet/*.sh)
for script in "${scripts[@]}"; do bash -n "$script"; done
if command -v shellcheck > /dev/null; then
    shellcheck "${scripts[@]}"
    echo "checked: ${scripts[*]}"
else
    echo "left out: shellcheck: apt-get install shellcheck" >&2
fi

command -v go > /dev/null || echo "go is missing: 1.24 or later, from https://go.dev/dl" >&2
actionlint=$build/actionlint-1.7.12
if [ -x "$actionlint" ] ||
    { GOBIN=$build go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 && mv "$build/actionlint" "$actionlint"; }; then
    "$actionlint" scripts/fleet/actions.yml
    echo "checked: scripts/fleet/actions.yml"
else
    echo "left out: scripts/fleet/actions.yml: actionlint could not be built" >&2
fi
if (cd scripts/fleet/check && go build -o "$build/job" .); then
    "$build/job" scripts/fleet/kubernetes.yaml
    echo "checked: scripts/fleet/kubernetes.yaml"
else
    echo "left out: scripts/fleet/kubernetes.yaml: scripts/fleet/check could not be built" >&2
fi
