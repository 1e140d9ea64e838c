"""A conversation is reset after every number of bytes, in both directions: what was recorded, with the SDK of either language, is
there once, and no answer is taken for whole that is not.
"""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Callable, Iterator

from rig.checks import check_database, check_rows, check_values, expected_of
from rig.collector import Collector
from rig.inline import InlineClient
from rig.ledger import Ledger, payload
from rig.relay import Relay
from rig.run import Run, waited

_QUESTION = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 60) SELECT n, n * 7 AS sevenfold FROM c"
_DIRECTIONS = ("to the collector", "from it")
#: The seed of a text of some words.
_SHORT = next(seed for seed in range(100) if 20 < len(payload(seed)) < 200)


def torture(run: Run) -> None:
    collector = Collector(run).start()
    relay = Relay(collector.address)
    try:
        ledgers: list[Ledger] = []
        _cut_recordings(run, relay, ledgers)
        _cut_imports(run, relay, ledgers)
        _compare(run, collector, ledgers)
        _cut_answers(run, collector, relay)
        run.require(collector.is_running, "the collector has ended")
    finally:
        relay.close()
        collector.close()


def _cut_recordings(run: Run, relay: Relay, ledgers: list[Ledger]) -> None:
    """A client of the Python SDK records a run, and its conversation is cut once; it goes on by itself."""
    structure = _short_conversation(run, relay, ledgers)
    for direction in (0, 1):
        most = _lengths(run, relay, ledgers, structure)[direction]

        def cut(after: int, direction: int = direction) -> None:
            relay.cut_next(direction, after)
            ledgers.append(_conversation(run, relay, structure))

        _cut_everywhere(run, relay, "Python", direction, most, cut)


def _cut_imports(run: Run, relay: Relay, ledgers: list[Ledger]) -> None:
    """The Swift SDK records a run, that of `tracewire import`; the connection behind the one with which the command looks whether
    anybody is there is cut.
    """
    for direction in (0, 1):
        relay.passed.clear()
        ledgers.append(_import(run, relay))

        def cut(after: int, direction: int = direction) -> None:
            relay.cut_next(direction, after, behind=1)
            ledgers.append(_import(run, relay))

        _cut_everywhere(run, relay, "Swift", direction, relay.passed[1][direction], cut)


def _cut_everywhere(run: Run, relay: Relay, sdk: str, direction: int, most: int, cut: Callable[[int], None]) -> None:
    """Cuts after every number of bytes, and sees that there were as many cuts: the last bytes do not always come."""
    cuts = tries = 0
    for after in _offsets(run, most):
        cut(after)
        tries += 1
        cuts += relay.has_cut
        run.progress(f"{sdk}: cut {_DIRECTIONS[direction]} after {after} of {most} bytes")
    run.count(f"cuts of {sdk} {_DIRECTIONS[direction]}", cuts)
    run.require(cuts > tries // 2, f"{sdk}: of {tries} connections only {cuts} were cut {_DIRECTIONS[direction]}")


def _compare(run: Run, collector: Collector, ledgers: list[Ledger]) -> None:
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


def _import(run: Run, relay: Relay) -> Ledger:
    """Imports the events of one run, two in a batch. All have to be acknowledged in the end."""
    ledger = Ledger()
    events = "".join(f"{json.dumps(event)}\n" for event in _events(run, ledger))
    command = [str(run.tracewire), "import", "-", "--batch-records", "2", "--compression", "none", "--connect", relay.address]
    done = subprocess.run(command, input=events, text=True, capture_output=True, timeout=90)
    run.require(done.returncode == 0, f"an import that was cut ended with {done.returncode}: {done.stderr}")
    ledger.acknowledged()
    return ledger


def _events(run: Run, ledger: Ledger) -> Iterator[dict]:
    """A workflow with a node and a call, as protocol/NDJSON.md writes them, which a ledger takes for recorded."""
    workflow, node, generation = (str(uuid.UUID(int=run.random.getrandbits(128), version=4)) for _ in range(3))
    of, seed = {"at_ms": 1_770_000_000_000, "workflow": workflow}, _SHORT
    ledger.about("workflow", workflow, status="running", seed=seed)
    yield {"event": "workflow.start", **of, "name": "torture", "user_input": payload(seed)}
    ledger.recorded()
    about = {"parent": workflow, "order": 1, "seed": seed}
    ledger.about("node", node, status="running", **about)
    yield {"event": "node.start", **of, "node": node, "node_name": "step", "node_type": "tool", "execution_order": 1}
    ledger.recorded()
    ledger.about("generation", generation, parent=workflow, seed=seed)
    output = payload(seed)
    yield {"event": "generation", **of, "node": node, "generation": generation, "model_name": "m", "output": output}
    ledger.recorded()
    ledger.about("node", node, status="completed", **about)
    yield {"event": "node.end", **of, "node": node, "status": "completed", "state_data": {"text": payload(seed)}}
    ledger.recorded()
    ledger.about("workflow", workflow, status="completed")
    yield {"event": "workflow.end", **of, "status": "completed"}
    ledger.recorded()


def _cut_answers(run: Run, collector: Collector, relay: Relay) -> None:
    """A command asks, and its conversation is cut: it says so, or has the whole answer."""
    whole = _ask(run, relay)
    run.require(whole.returncode == 0 and whole.stdout.count(b"\n") == 60, f"the answer is {whole}")
    lengths = (relay.passed[-1][0], relay.passed[-1][1])
    for direction in (0, 1):

        def cut(after: int, direction: int = direction) -> None:
            relay.cut_next(direction, after)
            answer = _ask(run, relay)
            run.require(
                answer.returncode != 0 or answer.stdout == whole.stdout,
                f"cut {_DIRECTIONS[direction]} after {after} bytes, the answer is taken for whole: {answer.stdout[-200:]!r}",
            )
            run.require(answer.returncode == 0 or answer.stderr, f"cut after {after} bytes, nobody is told of it")

        _cut_everywhere(run, relay, "answers", direction, lengths[direction], cut)
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
