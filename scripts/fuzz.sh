#!/usr/bin/env bash
# Builds the fuzzers and runs each for so many seconds, after every input that once failed, and from inputs on that reach what is known to
# be reached (Fuzz/Seeds); what they find is in .build/fuzz.
#
#   scripts/fuzz.sh SECONDS [NAME]...
#   RUNS=5000 scripts/fuzz.sh 60 [NAME]...   # at most so many inputs each, from the seeds alone
#   scripts/fuzz.sh --seeds [NAME]...        # makes Fuzz/Seeds anew of what is there and what was found: as few inputs as reach as much
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:?usage: scripts/fuzz.sh SECONDS|--seeds [NAME]...}"
shift
names=("$@")
if [ "${#names[@]}" = 0 ]; then names=(frames batches conversations answers values streams spools sandbox imports); fi
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
# Then nothing counts that was found on this machine: much the same inputs come of the same seeds.
if [ -n "${RUNS:-}" ]; then
    kept="$temporary/kept"
    bounds=(-runs="$RUNS" -seed=1)
else
    kept=.build/fuzz
    bounds=()
fi
# A crash must end a fuzzer, and not wait for a debugger; Swift's runtime keeps what it has made for good.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0
# Longer ones are left out of the seeds: they reach little that shorter ones do not.
longest_seed=1024

# The seeds of a fuzzer, a file each, in a directory.
unpack() {
    mkdir -p "$2"
    if [ -f "Fuzz/Seeds/$1.tar.gz" ]; then tar -xzf "Fuzz/Seeds/$1.tar.gz" -C "$2"; fi
}

# One file for a fuzzer, the same for the same inputs.
pack() {
    mkdir -p Fuzz/Seeds
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 -C "$2" -c . | gzip -9n >"Fuzz/Seeds/$1.tar.gz"
    printf '%-14s %s seeds, %s bytes\n' "$1" "$(find "$2" -type f | wc -l)" "$(stat -c %s "Fuzz/Seeds/$1.tar.gz")"
}

# The linker that is the default cannot read what the fuzzer's instrumentation writes for debuggers.
# Some look at parts that are not public.
swift build --package-path Fuzz -c release -Xswiftc -enable-testing -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld
for name in "${names[@]}"; do
    program="Fuzz/.build/release/$name"
    corpus="$kept/$name"
    seeds="$temporary/seeds/$name"
    log=".build/fuzz/$name.log"
    mkdir -p "$corpus" .build/fuzz
    unpack "$name" "$seeds"
    if [ "$seconds" = --seeds ]; then
        find "$corpus" -type f -size -"$((longest_seed + 1))"c -exec cp -t "$seeds" {} +
        mkdir "$temporary/least-$name"
        "$program" -merge=1 -max_len="$longest_seed" -timeout=10 "$temporary/least-$name" "$seeds" >"$log" 2>&1 || {
            tail -n 30 "$log"
            exit 1
        }
        pack "$name" "$temporary/least-$name"
        continue
    fi
    find "Fuzz/FailCases" -path "*/$name/*" -type f -print0 | xargs -0 -r "$program" >"$log" 2>&1 || {
        tail -n 30 "$log"
        printf '%s: an input of Fuzz/FailCases fails again; everything is in %s\n' "$name" "$log" >&2
        exit 1
    }
    if ! "$program" -max_total_time="$seconds" "${bounds[@]}" -timeout=10 -artifact_prefix=".build/fuzz/$name-" -print_final_stats=1 \
        "$corpus" "$seeds" >"$log" 2>&1; then
        grep -a 'ERROR\|SUMMARY\|Fatal\|written to' "$log" || tail -n 30 "$log"
        printf '%s found something; keep the input in Fuzz/FailCases/%s once it is mended\n' "$name" "$name" >&2
        exit 1
    fi
    printf '%-14s %s inputs, %s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(grep -a 'DONE' "$log" | sed -n 's/^.*\(cov: [0-9]*\).*$/\1/p')"
done
