#!/usr/bin/env python3
"""Figures of the Python SDK, beside the default exporter of `opentelemetry-sdk` recording the same spans in the same run."""

import argparse
import http.server
import json
import pathlib
import statistics
import sys
import tempfile
import threading

from processes import Collector, run
from table import print_table

SUBJECT = pathlib.Path(__file__).resolve().parent / "python_subject.py"
NOBODY = "127.0.0.1:1"


class Sink(http.server.BaseHTTPRequestHandler):
    """Takes spans as an OTLP collector does, and forgets them."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Nothing is said of it."""


class Bench:
    def __init__(self, tracewire, rounds):
        self.tracewire = tracewire
        self.rounds = rounds
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.sink = f"http://127.0.0.1:{self.server.server_address[1]}/v1/traces"

    def once(self, name, address, spool, measure, count):
        return json.loads(run([sys.executable, SUBJECT, name, address, spool, measure, str(count)]).output)

    def median(self, name, kind, measure, count):
        """Medians over the rounds, each with a collector and a spool of its own. `kind` is `file`, `memory` or `nobody`."""
        found = []
        for _ in range(self.rounds):
            with tempfile.TemporaryDirectory() as place:
                spool = "memory" if kind == "memory" else f"{place}/spool"
                if name == "opentelemetry":
                    found.append(self.once(name, self.sink if kind != "nobody" else f"http://{NOBODY}", spool, measure, count))
                elif kind == "nobody" or measure == "flood":
                    found.append(self.once(name, NOBODY, spool, measure, count))
                else:
                    with Collector(self.tracewire, place) as collector:
                        found.append(self.once(name, f"127.0.0.1:{collector.port}", spool, measure, count))
        return {key: statistics.median(one[key] for one in found) for key in found[0]}

    def calls(self, count):
        rows = [["a node with a state of 5 kB", "p50 µs", "p99 µs", "CPU µs"]]
        for title, name, kind in (
            ("Tracewire, spool in files", "tracewire", "file"),
            ("Tracewire, spool in files, no collector", "tracewire", "nobody"),
            ("Tracewire, spool in memory", "tracewire", "memory"),
            ("Tracewire, switched off", "disabled", "nobody"),
            ("OpenTelemetry, OTLP over HTTP", "opentelemetry", "sink"),
        ):
            figures = self.median(name, kind, "calls", count)
            rows.append([title, *(f"{figures[key] / 1000:.1f}" for key in ("p50_ns", "p99_ns", "cpu_ns"))])
        print_table(rows)

    def bulk(self, count):
        rows = [["in bulk", "recorded nodes/s", "delivered nodes/s", "delivered"]]
        for title, name, kind in (
            ("Tracewire, spool in files", "tracewire", "file"),
            ("Tracewire, spool in memory", "tracewire", "memory"),
            ("OpenTelemetry, OTLP over HTTP", "opentelemetry", "sink"),
        ):
            figures = self.median(name, kind, "bulk", count)
            told = f"{figures['committed'] / (2 * count + 2):.0%}" if "committed" in figures else "not told"
            rows.append([title, f"{count / figures['recorded_s']:,.0f}", f"{count / figures['seconds']:,.0f}", told])
        print_table(rows)

    def memory(self, count):
        rows = [[f"{count:,} nodes ({count * 5.3 / 1000:,.0f} MB) that nobody takes", "nodes/s", "peak MB", "above the start MB"]]
        for title, name, kind in (
            ("Tracewire, 64 MiB of files", "tracewire", "nobody"),
            ("Tracewire, 64 MiB of memory", "tracewire", "memory"),
            ("OpenTelemetry, queue of 2,048 spans", "opentelemetry", "nobody"),
        ):
            figures = self.median(name, kind, "flood", count)
            peak, above = (f"{figures[key] / 1e6:.0f}" for key in ("peak_bytes", "above_bytes"))
            rows.append([title, f"{count / figures['seconds']:,.0f}", peak, above])
        print_table(rows)

    def graph(self, count):
        rows = [["a graph of 20 nodes of 1 ms each, LangGraph", "ms a run", "more", "CPU µs a node more"]]
        figures = self.median("tracewire", "file", "graph", count)
        for title, name in (("without a handler", "without"), ("a handler that does nothing", "idle"), ("Tracewire", "with")):
            wall, cpu = figures[f"{name}_wall_ns"], figures[f"{name}_cpu_ns"]
            more, each = wall / figures["without_wall_ns"] - 1, (cpu - figures["without_cpu_ns"]) / 20
            rows.append([title, f"{wall / 1e6:.2f}", f"{more:.1%}", f"{each / 1000:.0f}"])
        print_table(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracewire", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--only", choices=("calls", "bulk", "memory", "graph"))
    arguments = parser.parse_args()
    bench = Bench(str(pathlib.Path(arguments.tracewire).resolve()), arguments.rounds)
    measures = {
        "calls": ("What recording costs the thread that does it", lambda: bench.calls(arguments.calls)),
        "graph": ("What the handler costs a graph of LangGraph's", lambda: bench.graph(arguments.runs)),
        "bulk": ("How fast everything is delivered", lambda: bench.bulk(arguments.nodes)),
        "memory": ("What memory a flood takes", lambda: bench.memory(arguments.nodes * 2)),
    }
    for name, (title, measure) in measures.items():
        if arguments.only in (None, name):
            print(title, file=sys.stderr)
            measure()


if __name__ == "__main__":
    main()
