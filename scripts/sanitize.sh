#!/usr/bin/env bash
# Runs the SDK's tests under ThreadSanitizer and under AddressSanitizer; what they say is in .build/sanitize.log.
set -euo pipefail
cd "$(dirname "$0")/.."
log=.build/sanitize.log
# A crash must end the tests, and not wait for a debugger.
export SWIFT_BACKTRACE=enable=no
# Swift's runtime keeps what it has made for good.
export ASAN_OPTIONS=detect_leaks=0
export TSAN_OPTIONS=halt_on_error=0:exitcode=66

sanitize() {
    local sanitizer="$1"
    shift
    local options=(--enable-all-traits --sanitize "$sanitizer" --scratch-path ".build/$sanitizer" "$@")
    printf 'Testing the SDK with the %s sanitizer …\n' "$sanitizer"
    if ! { swift build --build-tests "${options[@]}" && swift test --skip-build "${options[@]}" --filter '^TracewireTests\.'; } \
        >"$log" 2>&1 || grep -aq '^WARNING: ThreadSanitizer\|^==[0-9]*==ERROR' "$log"; then
        grep -aE 'error:|recorded an issue|failed after|unexpected signal|^SUMMARY' "$log" || tail -n 40 "$log"
        printf 'the %s sanitizer found something, or the tests failed; everything is in %s\n' "$sanitizer" "$log" >&2
        exit 1
    fi
    sed -n 's/^.*\(Test run with .* passed\)/\1/p' "$log"
}

mkdir -p .build
sanitize thread -Xswiftc -DThreadSanitizer
sanitize address -Xswiftc -DAddressSanitizer
