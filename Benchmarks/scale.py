#!/usr/bin/env python3
"""Figures that depend on how much there is: memory, start-up, many connections, light traffic, and a large database."""

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

HERE = pathlib.Path(__file__).resolve().parent


class Scale:
    def __init__(self, arguments, directory):
        self.tracewire = str(pathlib.Path(arguments.tracewire).resolve())
        self.tools = pathlib.Path(arguments.tools).resolve()
        self.directory = pathlib.Path(directory)
        self.workload = pathlib.Path(arguments.workload)
        self.rows = [["figure", "measured", "goal"]]

    def add(self, figure, measured, goal):
        print(f"{figure}: {measured}", file=sys.stderr)
        self.rows.append([figure, measured, goal])

    def collector(self, place):
        return Collector(self.tracewire, place)

    def place(self):
        return tempfile.TemporaryDirectory(dir=self.directory)

    def events(self, workflows):
        path = self.directory / f"events-{workflows}.ndjson"
        if not path.exists():
            with open(path, "wb") as file:
                generator = [sys.executable, str(self.workload / "generate.py"), "--workflows", str(workflows)]
                subprocess.run(generator, stdout=file, check=True)
        return path

    def measure_idle(self):
        times, memory = [], []
        for _ in range(9):
            with self.place() as place:
                started = time.perf_counter()
                with self.collector(place) as collector:
                    times.append(time.perf_counter() - started)
                    time.sleep(1.5)
                    memory.append(collector.resident_bytes())
        self.add("time to ready, new database", f"{statistics.median(times) * 1000:.0f} ms", "50 ms")
        self.add("memory, idle", f"{statistics.median(memory) / 1e6:.1f} MB", "20 MB")

    def measure_start(self):
        """A command from the start of its process to its end, alone and with a question to a collector."""
        with self.place() as place, self.collector(place) as collector:
            connect = ["--connect", f"127.0.0.1:{collector.port}"]
            run([self.tracewire, "import", str(self.events(20)), *connect])
            commands = {"--version": ["--version"], "show": ["show", "7", *connect], "workflows": ["workflows", *connect]}
            times = {name: [] for name in commands}
            for _ in range(21):
                for name, command in commands.items():
                    times[name].append(run([self.tracewire, *command]).seconds)
        measured = ", ".join(f"{name} {statistics.median(taken) * 1000:.0f}" for name, taken in times.items())
        self.add("a command from start to end", f"{measured} ms", "30 ms")

    def measure_connections(self, count):
        with self.place() as place, self.collector(place) as collector:
            cost = run([self.tools / "connections", str(collector.port), str(count), "4"])
            self.add(
                f"peak memory, {count:,} connections sending", f"{collector.peak_bytes() / 1e6:.0f} MB", "150 MB")
            print(cost.output, file=sys.stderr)

    def measure_trickle(self, workflows):
        events = self.events(workflows)
        with self.place() as place, self.collector(place) as collector:
            command = [self.tracewire, "import", str(events), "--connect", f"127.0.0.1:{collector.port}"]
            run([*command, "--batch-records", "1"])
            before = collector.database.stat().st_size
            # Small segments are merged while nobody asks for anything.
            size = collector.settled_bytes()
            collector.stop()
            share = events.stat().st_size / collector.database.stat().st_size
            self.add("NDJSON / database, one event a batch", f"{share:.1f} ({before:,} B, then {size:,} B)", "8")

    def measure_large(self, workflows, users):
        with self.place() as place:
            database = pathlib.Path(place) / "tracewire.db"
            run([self.tools / "fill", str(database), str(workflows), "90", str(users)])
            nodes = workflows * 8
            print(f"{nodes:,} nodes of {users:,} users take {database.stat().st_size / 1e6:,.0f} MB", file=sys.stderr)
            goals = {"stats users": "10 ms", "stats nodes": "10 ms", "stats models": "10 ms", "show": "5 ms",
                     "newest 50 failed": "5 ms", "failed of a name, none": "5 ms",
                     "of a user and a name, none": "5 ms", "failed of a user, none": "5 ms"}  # fmt: skip
            with self.collector(place) as collector:
                answers = json.loads(run([self.tools / "questions", str(collector.port)]).output)
            for question, microseconds in answers.items():
                self.add(f"{question}, {nodes:,} nodes", f"{microseconds / 1000:.2f} ms", goals.get(question, ""))
            self.measure_rates(database)

    def measure_rates(self, large):
        """Imports into the large database and into an empty one by turns, each time as they were."""
        events = self.events(1000)
        rates = {"empty": [], "large": []}
        for _ in range(7):
            for name in rates:
                with self.place() as place:
                    if name == "large":
                        shutil.copyfile(large, pathlib.Path(place) / "tracewire.db")
                        subprocess.run(["sync"], check=True)
                    with self.collector(place) as collector:
                        command = [self.tracewire, "import", str(events)]
                        cost = run([*command, "--connect", f"127.0.0.1:{collector.port}"])
                        rates[name].append(1 / cost.seconds)
        ratio = statistics.median(rates["large"]) / statistics.median(rates["empty"])
        size = large.stat().st_size / 1e6
        self.add(f"rate with {size:,.0f} MB there, of the rate into an empty database", f"{ratio:.2f}", "0.77")

    def measure_search(self, workflows):
        events = self.events(workflows)
        with self.place() as place, self.collector(place) as collector:
            connect = ["--connect", f"127.0.0.1:{collector.port}"]
            run([self.tracewire, "import", str(events), *connect])
            collector.settled_bytes()
            times = []
            for _ in range(5):
                started = time.perf_counter()
                subprocess.run([self.tracewire, "search", "no run says this", *connect], stdout=subprocess.DEVNULL)
                times.append(time.perf_counter() - started)
            rate = events.stat().st_size / statistics.median(times) / 1e6
            self.add("search over raw text", f"{rate:,.0f} MB/s", "500 MB/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracewire", required=True, help="the program, built for release")
    parser.add_argument("--tools", required=True, help="the directory of the built programs of this package")
    parser.add_argument("--workload", required=True, help="the directory of generate.py")
    parser.add_argument("--runs", type=int, default=1_250_000, help="of eight nodes, in the large database")
    parser.add_argument("--users", type=int, default=1000, help="whose runs these are")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--directory", help="where databases are made; the system's directory for temporary files")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracewire-scale-", dir=arguments.directory) as directory:
        scale = Scale(arguments, directory)
        scale.measure_idle()
        scale.measure_start()
        scale.measure_connections(arguments.connections)
        scale.measure_trickle(1000)
        scale.measure_search(1000)
        scale.measure_large(arguments.runs, arguments.users)
        print_table(scale.rows)


if __name__ == "__main__":
    main()
