"""Compares what programs noted that they had recorded with what lies in the database.

The database is read by Python's SQLite; values that it holds as references come from `tracewire export`.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import uuid
from collections.abc import Iterable
from pathlib import Path

from rig.collector import Collector
from rig.ledger import Ledger, Step, payload, read_ledger
from rig.recorders import progress_of
from rig.run import Failed, Run

_KINDS = {"workflow": "workflows", "node": "nodes", "generation": "generations"}


class Expected:
    """What a row has to be, of one identity: what was recorded for certain, and what may have been."""

    def __init__(self) -> None:
        self.certain: list[Step] = []
        self.possible: list[Step] = []

    @property
    def first(self) -> Step:
        return (self.certain or self.possible)[0]

    @property
    def statuses(self) -> set[str]:
        """The last status that is certain, or any that may have come behind it."""
        return {step.status for step in self.certain[-1:]} | {step.status for step in self.possible}


def read_ledgers(run: Run) -> list[Ledger]:
    directory = run.file("ledgers")
    ledgers = [read_ledger(path) for path in sorted(directory.iterdir())] if directory.exists() else []
    broken = [text for ledger in ledgers for text in ledger.broken]
    run.require(not broken, f"{len(broken)} times: {broken[:1]}")
    return ledgers


def expected_of(ledgers: Iterable[Ledger], acknowledged_only: bool = False) -> dict[str, dict[str, Expected]]:
    """By kind and identity. Of what is not acknowledged nothing is certain, if only that is asked for."""
    found: dict[str, dict[str, Expected]] = {kind: {} for kind in _KINDS}
    for ledger in ledgers:
        for step in ledger.steps:
            entry = found[step.kind].setdefault(step.identity, Expected())
            is_certain = step.number in ledger.returned and (not acknowledged_only or step.number <= ledger.last_acknowledged)
            (entry.certain if is_certain else entry.possible).append(step)
    return found


def deliver(run: Run, collector: Collector, spool: Path | None = None) -> None:
    """Delivers what programs have left in their spools, and sees that nothing is left there."""
    spool = spool or run.file("spool")
    if not spool.exists():
        return
    collector.ask("forward", str(spool), timeout=600)
    left = [name for name in os.listdir(spool) if name != "damaged" or os.listdir(spool / name)]
    run.require(not left, f"the spool still holds {left[:3]} after everything was delivered")


def check_database(run: Run, collector: Collector) -> None:
    """The collector's own check, SQLite's, and that nothing was rejected or waits."""
    collector.ask("check", timeout=600)
    integrity = with_database(collector.database, lambda database: database.execute("PRAGMA integrity_check").fetchall())
    run.require(integrity == [("ok",)], f"SQLite finds: {integrity[:3]}")
    for table in ("rejected_records", "parked_records"):
        rows = collector.rows(f"SELECT * FROM {table} LIMIT 3")
        run.require(not rows, f"{table} has {rows}")


def with_database(path: Path, body):
    """Reads the collector's file with Python's SQLite, without writing."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    try:
        return body(connection)
    finally:
        connection.close()


def check_rows(run: Run, database: Path, expected: dict[str, dict[str, Expected]]) -> int:
    """Every recorded thing is there once, in a status that was recorded, and nothing else is. Returns how many rows there are."""
    return with_database(database, lambda connection: _check_rows(run, connection, expected))


def _check_rows(run: Run, connection: sqlite3.Connection, expected: dict[str, dict[str, Expected]]) -> int:
    total = 0
    workflows = dict(connection.execute("SELECT id, uuid FROM workflows"))
    swift = {row for (row,) in connection.execute("SELECT id FROM workflows WHERE name <> 'torture'")}
    for kind, entries in expected.items():
        columns = {
            "workflow": "uuid, status, 0, id", "node": "uuid, status, execution_order, workflow_id",
            "generation": "uuid, '-', 0, workflow_id",
        }[kind]  # fmt: skip
        seen = set()
        for identity, status, order, workflow in connection.execute(f"SELECT {columns} FROM {_KINDS[kind]}"):
            if workflow in swift:
                continue
            total += 1
            name = str(uuid.UUID(bytes=identity))
            run.require(name not in seen, f"{kind} {name} is there twice")
            seen.add(name)
            run.require(name in entries, f"{kind} {name} is there and nobody recorded it")
            entry = entries[name]
            run.require(status in entry.statuses, f"{kind} {name} is {status}, and {entry.statuses} was recorded")
            run.require(order == entry.first.order, f"{kind} {name} has the order {order}, not {entry.first.order}")
            parent = entry.first.parent
            run.require(
                parent in ("-", str(uuid.UUID(bytes=workflows[workflow]))),
                f"{kind} {name} belongs to another workflow than {parent}",
            )
        missing = [name for name, entry in entries.items() if entry.certain and name not in seen]
        run.require(
            not missing, f"{len(missing)} of {len(entries)} {kind}s are missing that were recorded, such as {missing[:1]}"
        )
    return total


def check_values(run: Run, collector: Collector, expected: dict[str, dict[str, Expected]]) -> None:
    """What `export` says of each thing is what was recorded of it."""
    command = [str(run.tracewire), "export", "--connect", collector.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as export:
        assert export.stdout is not None
        for line in export.stdout:
            event = json.loads(line)
            if problem := _wrong_value(event, expected):
                export.kill()
                raise Failed(problem)
    run.require(export.returncode == 0, f"tracewire export ended with {export.returncode}")


def _wrong_value(event: dict, expected: dict[str, dict[str, Expected]]) -> str | None:
    name = event["event"]
    if name == "workflow.start" and (entry := expected["workflow"].get(event["workflow"])):
        found, seed = event.get("user_input"), entry.first.seed
    elif name == "node.end" and (entry := expected["node"].get(event["node"])):
        found, seed = (event.get("state_data") or {}).get("text"), entry.first.seed
    elif name == "generation" and (entry := expected["generation"].get(event["generation"])):
        found, seed = event.get("output"), entry.first.seed
    else:
        return None
    return None if found == payload(seed) else f"{name} {event} does not say what was recorded"


def check_counted(run: Run, database: Path) -> int:
    """Of the Swift SDK's programs as many nodes are there as had been recorded, perhaps one more, each once and in its order."""
    recorded = progress_of(run)
    statement = """
        SELECT w.name, count(n.id), count(DISTINCT n.execution_order), coalesce(max(n.execution_order), 0),
            sum(n.id <= coalesce((SELECT max(b.id) FROM nodes b WHERE b.workflow_id = n.workflow_id
                AND b.execution_order = n.execution_order - 1), 0))
        FROM workflows w LEFT JOIN nodes n ON n.workflow_id = w.id WHERE w.name <> 'torture' GROUP BY w.id"""
    found = with_database(database, lambda connection: connection.execute(statement).fetchall())
    names = [row[0] for row in found]
    run.require(len(names) == len(set(names)), "a workflow of the Swift SDK is there twice")
    there = {name: (nodes, orders, last, inversions) for name, nodes, orders, last, inversions in found}
    for name, count in recorded.items():
        nodes, orders, last, inversions = there.get(name, (0, 0, 0, 0))
        run.require(count <= nodes <= count + 1, f"{name} recorded {count} nodes, and {nodes} are there")
        run.require(orders == nodes == last and not inversions, f"{name} has nodes that are not in their order")
    return sum(count for count, *_ in there.values())


def check_everything(run: Run, collector: Collector) -> int:
    """Delivers what is left and makes every comparison; returns how many rows there are."""
    deliver(run, collector)
    expected = expected_of(read_ledgers(run))
    check_database(run, collector)
    rows = check_rows(run, collector.database, expected) + check_counted(run, collector.database)
    check_values(run, collector, expected)
    return rows
