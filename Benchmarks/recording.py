#!/usr/bin/env python3
"""Figures of the Swift SDK: what recording costs the thread that does it, and how fast a spool is delivered."""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from processes import Collector, run
from table import print_table

# In nanoseconds, for the middle one of the calls.
GOALS = {"status": 1_000, "5 kB": 5_000}


def measure_calls(tools, directory, calls, rounds):
    """By call and number of threads, the medians of several rounds."""
    found = {}
    for _ in range(rounds):
        for spool in ("file", "memory"):
            with tempfile.TemporaryDirectory(dir=directory) as place:
                where = place if spool == "file" else "memory"
                output = run([tools / "recording", where, "127.0.0.1:1", str(calls)]).output
                for line in output.splitlines():
                    figures = json.loads(line)
                    found.setdefault((spool, figures["call"], figures["threads"]), []).append(figures)
    rows = [["spool", "call", "threads", "p50 ns", "p99 ns", "cpu ns", "allocations", "goal ns"]]
    for (spool, call, threads), figures in found.items():
        middle = {key: statistics.median(one[key] for one in figures) for key in ("p50_ns", "p99_ns", "cpu_ns", "allocations")}
        rows.append(
            [spool, call, str(threads)]
            + [f"{middle[key]:,.0f}" for key in ("p50_ns", "p99_ns", "cpu_ns")]
            + [f"{middle['allocations']:.3f}", f"{GOALS[call]:,}" if call in GOALS else ""]
        )
    print_table(rows)


def measure_delivery(tracewire, tools, directory, megabytes):
    """The rate of `forward` beside that of `import` for the same records."""
    rows = [["a spool of", "events", "forward ev/s", "import ev/s", "ratio", "goal"]]
    with tempfile.TemporaryDirectory(dir=directory) as place:
        place = pathlib.Path(place)
        spool, events = place / "spool", place / "events.ndjson"
        records = int(run([tools / "spooling", spool, str(megabytes)]).output)
        (place / "first").mkdir()
        with Collector(tracewire, place / "first") as collector:
            started = time.perf_counter()
            run([tracewire, "forward", spool, "--connect", f"127.0.0.1:{collector.port}"])
            forward = records / (time.perf_counter() - started)
            with open(events, "wb") as file:
                command = [tracewire, "export", "--connect", f"127.0.0.1:{collector.port}"]
                subprocess.run(command, stdout=file, check=True)
        (place / "second").mkdir()
        with Collector(tracewire, place / "second") as collector:
            started = time.perf_counter()
            run([tracewire, "import", events, "--connect", f"127.0.0.1:{collector.port}"])
            imported = records / (time.perf_counter() - started)
    ratio = forward / imported
    rows.append([f"{megabytes:,} MB", f"{records:,}", f"{forward:,.0f}", f"{imported:,.0f}", f"{ratio:.2f}", "1"])
    print_table(rows)


def measure_flood(tracewire, tools, directory, seconds):
    """The memory of a program that records more than its collector takes, beside the limit that it has set."""
    rows = [["spool", "limit", "calls/s", "committed", "without payload", "shed", "peak MB", "above an idle one", "goal"]]
    for spool, limit in (("memory", 64), ("file", 64), ("file", 512)):
        with tempfile.TemporaryDirectory(dir=directory) as place, Collector(tracewire, place) as collector:
            where = "memory" if spool == "memory" else f"{place}/spool"
            command = [tools / "flooding", where, f"127.0.0.1:{collector.port}"]
            idle = run([*command, "0", str(limit << 20)])
            flooded = run([*command, str(seconds), str(limit << 20)])
            calls, *counts = map(int, flooded.output.split())
            above = (flooded.peak_bytes - idle.peak_bytes) / 1e6
            rows.append(
                [spool, f"{limit} MiB", f"{calls / seconds:,.0f}", *(f"{count:,}" for count in counts)]
                + [f"{flooded.peak_bytes / 1e6:.0f}", f"{above:.0f}", f"{limit * 1.048576:.0f}"]
            )
    print_table(rows)


MAIN = "print(1)\n"
SDK_MAIN = """import Tracewire

let client = TracewireClient()
await client.withWorkflow("linked") { _ in }
_ = await client.shutdown(timeout: .zero)
"""
SDK = '.package(name: "tracewire", path: "{path}", traits: [])'
PRODUCT = '.product(name: "Tracewire", package: "tracewire")'


def measure_linking(directory):
    """What the SDK adds to a program: packages, time to build them, and bytes."""
    repository = pathlib.Path(__file__).resolve().parent.parent
    rows = [["a program", "packages", "release build s", "program MB"]]
    for name, dependency, product, main in (
        ("without the SDK", "", "", MAIN),
        ("with the SDK, no traits", SDK.format(path=repository), PRODUCT, SDK_MAIN),
    ):
        place = pathlib.Path(directory) / "program"
        (place / "Sources" / "program").mkdir(parents=True)
        (place / "Sources" / "program" / "main.swift").write_text(main)
        (place / "Package.swift").write_text(
            "// swift-tools-version: 6.2\nimport PackageDescription\n"
            f'let package = Package(name: "program", dependencies: [{dependency}],'
            f'targets: [.executableTarget(name: "program", dependencies: [{product}])])\n'
        )
        resolved = run(["swift", "package", "-q", "--package-path", place, "show-dependencies", "--format", "json"])
        packages = package_names(json.loads(resolved.output[resolved.output.index("{") :])) - {"program"}
        built = run(["swift", "build", "-q", "-c", "release", "--package-path", place])
        size = (place / ".build" / "release" / "program").stat().st_size
        rows.append([name, ", ".join(sorted(packages)) or "none", f"{built.seconds:.0f}", f"{size / 1e6:.1f}"])
        shutil.rmtree(place)
    print_table(rows)


def package_names(package):
    """The names of a package and of all that it depends on."""
    return {package["name"]}.union(*map(package_names, package["dependencies"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracewire", required=True)
    parser.add_argument("--tools", required=True, type=pathlib.Path)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--seconds", type=int, default=20, help="of a flood")
    arguments = parser.parse_args()
    tracewire = str(pathlib.Path(arguments.tracewire).resolve())
    tools = arguments.tools.resolve()
    with tempfile.TemporaryDirectory() as directory:
        print("What recording costs", file=sys.stderr)
        measure_calls(tools, directory, arguments.calls, arguments.rounds)
        print("How fast a spool is delivered", file=sys.stderr)
        measure_delivery(tracewire, tools, directory, arguments.megabytes)
        print("What memory a flood takes", file=sys.stderr)
        measure_flood(tracewire, tools, directory, arguments.seconds)
        print("What linking the SDK adds", file=sys.stderr)
        measure_linking(directory)


if __name__ == "__main__":
    main()
