#!/usr/bin/env python3
"""Figures of `tracewire import` beside those of a plain C program that writes the same rows into SQLite.

Every round runs each subject once, in another order; medians are printed. See README.md for what is measured.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import rows
from processes import Collector, CountingProxy, run
from table import Measurement, print_figures

HERE = pathlib.Path(__file__).resolve().parent
MODES = ("stream", "frame", "none")
LOADER = "C loader"


class Benchmark:
    def __init__(self, arguments, directory):
        self.tracewire = str(pathlib.Path(arguments.tracewire).resolve())
        self.directory = pathlib.Path(directory)
        self.rounds = arguments.rounds
        self.events_file = self.directory / "events.ndjson"
        self.loader = self.directory / "loader"
        self.schema = self.directory / "schema.sql"
        self.fingerprints = {}

    def prepare(self, workload, workflows):
        """Writes the events, builds the loader, and takes the schema from a database that the collector made."""
        with open(self.events_file, "wb") as file:
            generator = [sys.executable, str(pathlib.Path(workload) / "generate.py"), "--workflows", str(workflows)]
            subprocess.run(generator, stdout=file, check=True)
        sources = sorted(str(path) for path in (HERE / "loader").glob("*.c"))
        options = ["-std=c11", "-O2", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-o", str(self.loader)]
        subprocess.run([os.environ.get("CC", "cc"), *options, *sources, "-lsqlite3"], check=True)
        with tempfile.TemporaryDirectory(dir=self.directory) as empty, Collector(self.tracewire, empty) as collector:
            collector.stop()
            self.schema.write_text(rows.schema(collector.database))

    def measure_loader(self):
        with tempfile.TemporaryDirectory(dir=self.directory) as place:
            database = pathlib.Path(place) / "loader.db"
            report = json.loads(run([self.loader, self.events_file, database, self.schema]).output)
            self.remember(LOADER, database)
            return Measurement(
                seconds=report["write_seconds"],
                client_cpu=report["write_cpu_seconds"],
                peak_bytes=report["peak_bytes"],
                database_bytes=database.stat().st_size,
                parse_seconds=report["parse_seconds"],
            )

    def measure_import(self, mode):
        with tempfile.TemporaryDirectory(dir=self.directory) as place, Collector(self.tracewire, place) as collector:
            idle_cpu = collector.cpu_seconds()
            cost = run(self.import_command(collector.port, mode))
            peak, cpu = collector.peak_bytes(), collector.cpu_seconds() - idle_cpu
            collector.stop()
            self.remember(mode, collector.database)
            return Measurement(
                seconds=cost.seconds,
                client_cpu=cost.cpu_seconds,
                collector_cpu=cpu,
                peak_bytes=peak,
                database_bytes=collector.database.stat().st_size,
            )

    def wire_bytes(self, mode):
        """Bytes that an import sends, and gets back, by a proxy between client and collector."""
        with tempfile.TemporaryDirectory(dir=self.directory) as place, Collector(self.tracewire, place) as collector:
            proxy = CountingProxy(collector.port)
            run(self.import_command(proxy.port, mode))
            return proxy.sent, proxy.received

    def import_command(self, port, mode):
        return [
            self.tracewire, "import", str(self.events_file), "--connect", f"127.0.0.1:{port}", "--compression", mode
        ]  # fmt: skip

    def remember(self, subject, database):
        """What the first run of each subject left behind, so that unequal rows show."""
        if subject not in self.fingerprints:
            self.fingerprints[subject] = rows.fingerprints(database)

    def measure(self):
        subjects = [LOADER, *MODES]
        measurements = {subject: [] for subject in subjects}
        for number in range(self.rounds):
            shift = number % len(subjects)
            for subject in subjects[shift:] + subjects[:shift]:
                print(f"round {number + 1} of {self.rounds}: {subject}", file=sys.stderr)
                measured = self.measure_loader() if subject == LOADER else self.measure_import(subject)
                measurements[subject].append(measured)
        return {subject: Measurement.median(runs) for subject, runs in measurements.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracewire", required=True, help="the program, built for release")
    parser.add_argument("--workload", required=True, help="the directory of generate.py")
    parser.add_argument("--workflows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", help="where databases are made; the system's directory for temporary files")
    parser.add_argument("--json", help="a file for the figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracewire-bench-", dir=arguments.directory) as directory:
        benchmark = Benchmark(arguments, directory)
        benchmark.prepare(arguments.workload, arguments.workflows)
        figures = benchmark.measure()
        wire = {mode: benchmark.wire_bytes(mode) for mode in MODES}
        print_figures(benchmark.events_file, figures, wire, LOADER, arguments.json)
        for mode in MODES:
            same = benchmark.fingerprints[mode] == benchmark.fingerprints[LOADER]
            print(f"rows of {mode} and of the loader: {'the same' if same else 'NOT the same'}")


if __name__ == "__main__":
    main()
