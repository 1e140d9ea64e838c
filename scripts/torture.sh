#!/usr/bin/env bash
# Tortures real processes: see Torture/README.md. Arguments go to Torture/torture.py.
#
# The program is .build/release/tracewire, or the one that TRACEWIRE_PROGRAM names, and what records with the Swift SDK
# .build/debug/RecordingHost, or the one that TRACEWIRE_RECORDING_HOST names; they are built where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
libraries=.build/torture

mkdir -p "$libraries"
for name in faults clock; do
    "${CC:-cc}" -O1 -Wall -Wextra -Werror -shared -fPIC -o "$libraries/$name.so" "Torture/preload/$name.c" -ldl -lpthread
done
if [ -z "${TRACEWIRE_PROGRAM:-}" ] && [ ! -x .build/release/tracewire ]; then
    swift build -c release --product tracewire --static-swift-stdlib
fi
if [ -z "${TRACEWIRE_RECORDING_HOST:-}" ] && [ ! -x .build/debug/RecordingHost ]; then
    swift build --enable-all-traits --product RecordingHost
fi
exec .build/python-sdk/bin/python -B Torture/torture.py "$@"
