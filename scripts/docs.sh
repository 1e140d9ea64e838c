#!/usr/bin/env bash
# Writes the documentation of the SDK, as a static site, to .build/documentation. A link that leads nowhere is an error. What docc says
# is in .build/docs.log.
#
# docc is called here, and not by its plugin for Swift packages: who depends on the SDK would have to fetch that.
set -euo pipefail
cd "$(dirname "$0")/.."
output=.build/documentation
symbols=.build/symbols
log=.build/docs.log

swift build --enable-all-traits --target Tracewire
products=$(swift build --enable-all-traits --show-bin-path)
information=$(swiftc -print-target-info)
tools=$(sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p' <<<"$information")
target=$(sed -n 's|.*"unversionedTriple": "\(.*\)".*|\1|p' <<<"$information")

# Where the C modules are that the SDK's dependencies are made with.
maps=()
for map in Sources/C*/module.modulemap "$products"/C*.build/module.modulemap .build/checkouts/*/Sources/*/include/module.modulemap; do
    maps+=(-Xcc "-fmodule-map-file=$map")
done

rm -rf "$symbols" "$output"
mkdir -p "$symbols"
# What the SDK exports of the protocol is part of it.
"$tools/swift-symbolgraph-extract" -module-name Tracewire -target "$target" -I "$products/Modules" \
    "${maps[@]}" -minimum-access-level public -skip-synthesized-members -skip-inherited-docs \
    -experimental-allowed-reexported-modules=TracewireProtocol -output-dir "$symbols"
"$tools/docc" convert Sources/Tracewire/Tracewire.docc --additional-symbol-graph-dir "$symbols" \
    --fallback-display-name Tracewire --fallback-bundle-identifier tracewire --fallback-default-module-kind Package \
    --ide-console-output --output-dir "$output" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
# A parameter whose name says it all needs no sentence; anything else that docc warns of is an error.
if grep -E '(warning|error): ' "$log" | grep -v "Parameter '.*' is missing documentation" >&2; then exit 1; fi
printf 'The documentation is in %s; serve it with: python3 -m http.server --directory %s\n' "$output" "$output"
