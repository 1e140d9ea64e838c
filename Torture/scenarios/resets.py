"""A conversation is reset after every number of bytes, in both directions: what was recorded is there once, and no answer is
taken for whole that is not.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from rig.checks import check_database, check_rows, check_values, expected_of
from rig.collector import Collector
from rig.inline import InlineClient
from rig.ledger import Ledger
from rig.relay import Relay
from rig.run import Run, waited

_QUESTION = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 60) SELECT n, n * 7 AS sevenfold FROM c"
_DIRECTIONS = ("to the collector", "from it")


def torture(run: Run) -> None:
    collector = Collector(run).start()
    relay = Relay(collector.address)
    try:
        _cut_recordings(run, collector, relay)
        _cut_answers(run, collector, relay)
        run.require(collector.is_running, "the collector has ended")
    finally:
        relay.close()
        collector.close()


def _cut_recordings(run: Run, collector: Collector, relay: Relay) -> None:
    """A client records a run, and its conversation is cut once; it goes on by itself."""
    ledgers: list[Ledger] = []
    structure = _short_conversation(run, relay, ledgers)
    for direction, name in enumerate(_DIRECTIONS):
        most = _lengths(run, relay, ledgers, structure)[direction]
        for after in _offsets(run, most):
            relay.cut_next(direction, after)
            ledgers.append(_conversation(run, relay, structure))
            if relay.has_cut:
                run.count(f"cuts {name}")
            run.progress(f"cut {name} after {after} of {most} bytes")
    expected = expected_of(ledgers)
    check_database(run, collector)
    run.counts["rows"] = check_rows(run, collector.database, expected)
    check_values(run, collector, expected)


def _short_conversation(run: Run, relay: Relay, ledgers: list[Ledger]) -> int:
    """A seed of a run that does not say much: its conversation has a few thousand bytes."""
    best = (1 << 30, 0)
    for _ in range(10):
        structure = run.random.getrandbits(32)
        best = min(best, (sum(_lengths(run, relay, ledgers, structure)), structure))
    return best[1]


def _lengths(run: Run, relay: Relay, ledgers: list[Ledger], structure: int) -> tuple[int, int]:
    """The bytes of a whole conversation in both directions."""
    relay.passed.clear()
    ledgers.append(_conversation(run, relay, structure))
    return sum(passed[0] for passed in relay.passed), sum(passed[1] for passed in relay.passed)


def _conversation(run: Run, relay: Relay, structure: int) -> Ledger:
    # Without compression, which would hide most places behind few bytes.
    client = InlineClient(relay.address, structure, identities=run.random.getrandbits(64), compression="none")
    client.record(1)
    report = client.shut_down(30)
    run.require(report.is_complete, f"not all is acknowledged after a cut: {report}")
    return client.ledger


def _cut_answers(run: Run, collector: Collector, relay: Relay) -> None:
    """A command asks, and its conversation is cut: it says so, or has the whole answer."""
    whole = _ask(run, relay)
    run.require(whole.returncode == 0 and whole.stdout.count(b"\n") == 60, f"the answer is {whole}")
    lengths = (relay.passed[-1][0], relay.passed[-1][1])
    for direction in (0, 1):
        for after in _offsets(run, lengths[direction]):
            relay.cut_next(direction, after)
            answer = _ask(run, relay)
            if relay.has_cut:
                run.count("cuts of answers")
            run.require(
                answer.returncode != 0 or answer.stdout == whole.stdout,
                f"cut {_DIRECTIONS[direction]} after {after} bytes, the answer is taken for whole: {answer.stdout[-200:]!r}",
            )
            run.require(answer.returncode == 0 or answer.stderr, f"cut after {after} bytes, nobody is told of it")
    waited(lambda: collector.figures()["connections"] <= 1, 30, "what was cut is forgotten")


def _ask(run: Run, relay: Relay) -> subprocess.CompletedProcess:
    command = [str(run.tracewire), "sql", _QUESTION, "--format", "ndjson", "--connect", relay.address]
    return subprocess.run(command, capture_output=True, timeout=60)


def _offsets(run: Run, most: int) -> Iterator[int]:
    """Every number of bytes, or in a quick run some of them: near the ends of headers more."""
    if not run.quick:
        yield from range(most + 1)
        return
    yield from sorted({0, 1, 31, 32, 33, *(run.random.randrange(most) for _ in range(40)), most - 1, most})
