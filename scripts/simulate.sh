#!/usr/bin/env bash
# Builds the simulator, and runs so many seeds from one on; without a seed, from one drawn now.
#
#   scripts/simulate.sh [SEED [COUNT]]
#   scripts/simulate.sh --prove          # whether a seed gives one run, and whether what is broken is found
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .build
# What is not for others in the product's modules is looked at, too.
swift build --package-path Simulation -c release --product simulate -Xswiftc -enable-testing >.build/simulation.log 2>&1 || {
    tail -n 30 .build/simulation.log
    echo 'error: the simulator could not be built; everything is in .build/simulation.log' >&2
    exit 1
}
program=Simulation/.build/release/simulate
note=.build/simulation.seed
if [ "${1:-}" = --prove ]; then arguments=(--prove); else arguments=(--seed "${1:-$((RANDOM * 32768 + RANDOM))}" --count "${2:-2000}"); fi
# Who interrupts it because it hangs wants to know where, too.
trap : INT
status=0
"$program" "${arguments[@]}" --note "$note" || status=$?
if [ "$status" -gt 2 ]; then
    echo "error: the simulator ended with $status at seed $(cat "$note"); again: make simulate SEED=$(cat "$note") COUNT=1" >&2
fi
exit "$status"
