#!/usr/bin/env bash
# Builds the fuzzers and runs each for so many seconds, after every input that once failed; what they find is in .build/fuzz.
#
#   scripts/fuzz.sh SECONDS [NAME]...
#   RUNS=5000 scripts/fuzz.sh 60 [NAME]...   # at most so many inputs each, always the same ones
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:?usage: scripts/fuzz.sh SECONDS [NAME]...}"
shift
names=("$@")
if [ "${#names[@]}" = 0 ]; then names=(frames batches conversations answers values streams spools sandbox imports); fi
# Always the same inputs come of nothing that was found before.
if [ -n "${RUNS:-}" ]; then
    kept=$(mktemp -d)
    trap 'rm -rf "$kept"' EXIT
    bounds=(-runs="$RUNS" -seed=1)
else
    kept=.build/fuzz
    bounds=()
fi
# A crash must end a fuzzer, and not wait for a debugger; Swift's runtime keeps what it has made for good.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0

# The linker that is the default cannot read what the fuzzer's instrumentation writes for debuggers.
# Some look at parts that are not public.
swift build --package-path Fuzz -c release -Xswiftc -enable-testing -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld
for name in "${names[@]}"; do
    program="Fuzz/.build/release/$name"
    corpus="$kept/$name"
    log=".build/fuzz/$name.log"
    mkdir -p "$corpus" .build/fuzz
    find "Fuzz/FailCases" -path "*/$name/*" -type f -print0 | xargs -0 -r "$program" >"$log" 2>&1 || {
        tail -n 30 "$log"
        printf '%s: an input of Fuzz/FailCases fails again; everything is in %s\n' "$name" "$log" >&2
        exit 1
    }
    if ! "$program" -max_total_time="$seconds" "${bounds[@]}" -timeout=10 -artifact_prefix=".build/fuzz/$name-" -print_final_stats=1 \
        "$corpus" >"$log" 2>&1; then
        grep -a 'ERROR\|SUMMARY\|Fatal\|written to' "$log" || tail -n 30 "$log"
        printf '%s found something; keep the input in Fuzz/FailCases/%s once it is mended\n' "$name" "$name" >&2
        exit 1
    fi
    printf '%-14s %s inputs, %s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(grep -a 'DONE' "$log" | sed -n 's/^.*\(cov: [0-9]*\).*$/\1/p')"
done
