"""Medians of measurements, and the table that is printed of them."""

import dataclasses
import json
import statistics
from dataclasses import dataclass


@dataclass
class Measurement:
    seconds: float
    client_cpu: float
    peak_bytes: int
    database_bytes: int
    collector_cpu: float = 0.0
    parse_seconds: float = 0.0
    # Of several runs, the quickest and the slowest.
    fastest: float = 0.0
    slowest: float = 0.0

    @staticmethod
    def median(runs):
        names = [field.name for field in dataclasses.fields(Measurement)]
        middle = Measurement(**{name: statistics.median(getattr(run, name) for run in runs) for name in names})
        middle.fastest = min(run.seconds for run in runs)
        middle.slowest = max(run.seconds for run in runs)
        return middle


def print_figures(events_file, figures, wire, loader, json_path):
    size = events_file.stat().st_size
    with open(events_file, "rb") as file:
        events = sum(1 for _ in file)
    print(f"{events:,} events, {size / 1e6:.1f} MB of NDJSON; medians")
    print_table(rate_rows(figures, wire, loader, events, size))
    reference = figures[loader]
    with_parsing = events / (reference.seconds + reference.parse_seconds)
    print(
        f"\n{loader}: time is that of writing alone, which the ratios compare with."
        f" With parsing it is {with_parsing:,.0f} events/s."
        "\nimport: from the client's start to its exit, parsing included; every event validated and acknowledged."
        "\nPeak memory: of the collector; of the loader, which holds all of its input, for itself."
    )
    if json_path:
        write_json(json_path, figures, wire, events, size)


def rate_rows(figures, wire, loader, events, size):
    yield [
        "", "events/s", "of loader", "raw MB/s", "seconds (min-max)", "CPU client", "CPU collector", "peak MB",
        "wire MB", "NDJSON/wire", "database MB", "NDJSON/database",
    ]  # fmt: skip
    for subject, figure in figures.items():
        sent = sum(wire[subject]) if subject in wire else 0
        yield [
            subject,
            f"{events / figure.seconds:,.0f}",
            f"{figures[loader].seconds / figure.seconds:.2f}",
            f"{size / figure.seconds / 1e6:.1f}",
            f"{figure.seconds:.2f} ({figure.fastest:.2f}-{figure.slowest:.2f})",
            f"{figure.client_cpu:.2f}",
            f"{figure.collector_cpu:.2f}" if subject != loader else "",
            f"{figure.peak_bytes / 1e6:.0f}",
            f"{sent / 1e6:.2f}" if sent else "",
            f"{size / sent:.1f}" if sent else "",
            f"{figure.database_bytes / 1e6:.1f}",
            f"{size / figure.database_bytes:.2f}",
        ]


def print_table(table):
    table = list(table)
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths))
        print("  ".join([row[0].ljust(widths[0]), *others]))


def write_json(path, figures, wire, events, size):
    document = {
        "events": events,
        "ndjson_bytes": size,
        "subjects": {subject: dataclasses.asdict(figure) for subject, figure in figures.items()},
        "wire_bytes": {mode: {"sent": sent, "received": received} for mode, (sent, received) in wire.items()},
    }
    with open(path, "w") as file:
        json.dump(document, file, indent=2)
