#!/usr/bin/env python3
"""Figures of the Swift SDK: what recording costs the thread that does it, and how fast a spool is delivered."""

import argparse
import json
import pathlib
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracewire", required=True)
    parser.add_argument("--tools", required=True, type=pathlib.Path)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=1024)
    arguments = parser.parse_args()
    tracewire = str(pathlib.Path(arguments.tracewire).resolve())
    tools = arguments.tools.resolve()
    with tempfile.TemporaryDirectory() as directory:
        print("What recording costs", file=sys.stderr)
        measure_calls(tools, directory, arguments.calls, arguments.rounds)
        print("How fast a spool is delivered", file=sys.stderr)
        measure_delivery(tracewire, tools, directory, arguments.megabytes)


if __name__ == "__main__":
    main()
