#!/usr/bin/env bash
# Builds and runs every test. Failures and a summary are shown; everything that the tools say is in .build/test.log.
set -euo pipefail
cd "$(dirname "$0")/.."
log=.build/test.log
# Tests that only compute; they run first, so that a broken codec is not reported by a timeout far away.
fast='^Tracewire(Protocol|Zstd|Store)Tests\.'
# Tests that open thousands of sockets. They run apart from those that start programs: Foundation's Process (Swift 6.3) was
# seen to crash in run() while the process had that many.
sockets='^TracewireCollectorTests\.'
# The SDK's own; apart from those that start programs, some of which keep every processor busy for seconds.
sdk='^TracewireTests\.'
# Of those that start programs, the ones that read: apart from the others. A process that runs all of them at once has over a
# thousand descriptors open, and Foundation's Process reads the list of them beyond its end (the crash above).
reading='^TracewireCLITests\.(Cost|CSVExport|Export|Golden|LargeRunExport|LiveExport|Manual|Metrics|OTLPExport|OverTime|RoundTrip|Status|Tail|Terminal)Tests'
# Programs that record more than the collector takes; alone, or there would be no processor for them to do that.
overload='OverloadedRecordingTests'
# The SDK's integrations are part of what is tested.
traits=--enable-all-traits

# Runs a command into the log; where it fails, shows what failed, and ends.
run() {
    local title="$1" before
    shift
    printf '%s …\n' "$title"
    before=$(wc -l <"$log")
    if ! "$@" >>"$log" 2>&1; then
        tail -n "+$((before + 1))" "$log" | grep -aE 'error:|warning:|recorded an issue|failed after|unexpected signal|^(FAILED|ERROR|E  ) ' ||
            tail -n 40 "$log"
        printf '%s failed; everything is in %s\n' "$title" "$log" >&2
        exit 1
    fi
    tail -n "+$((before + 1))" "$log" | sed -n -e 's/^.*\(Test run with .* passed\)/\1/p' -e '/^[0-9]* passed.* in /p'
}

mkdir -p .build
: >"$log"
run 'Building the tests' swift build --build-tests $traits
run 'Testing what only computes' swift test --skip-build $traits --filter "$fast"
run 'Testing sockets' swift test --skip-build $traits --filter "$sockets"
run 'Testing the SDK' swift test --skip-build $traits --filter "$sdk"
run 'Testing the Python SDK' scripts/python-sdk.sh
run 'Testing what is read and exported' swift test --skip-build $traits --filter "$reading"
run 'Testing processes' swift test --skip-build $traits --skip "$fast" --skip "$sockets" --skip "$sdk" --skip "$overload" --skip "$reading"
run 'Testing a minute of overload' swift test --skip-build $traits --filter "$overload"
run 'Writing the documentation' scripts/docs.sh
run 'Running the fuzzers' env RUNS=150000 scripts/fuzz.sh 30
run 'Running the examples' timeout 900 scripts/examples.sh .build/debug/tracewire
