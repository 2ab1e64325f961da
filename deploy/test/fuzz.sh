#!/usr/bin/env bash
# Fuzzes every target of the workspace for the given time each and stops at the first failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
each=${1:-30s}
git grep -l '^func Fuzz' -- '*_test.go' | xargs -n1 dirname | sort -u | while read -r dir; do
  for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/^func //'); do
    echo "$dir $target $each"
    go test "./$dir" -run '^$' -fuzz "^$target\$" -fuzztime "$each" -fuzzminimizetime 5s
  done
done
