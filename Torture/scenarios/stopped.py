"""Collector and clients stand still for a while: programs that record do not wait for a collector that does, nor a collector or
other clients for one of them; when all go on, everything arrives.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path

from rig.checks import check_everything
from rig.collector import Collector
from rig.inline import InlineClient
from rig.recorders import PythonRecorder, SwiftRecorder, progress_of
from rig.run import Run

_RATE = 400.0


def torture(run: Run) -> None:
    collector = Collector(run, arguments=("--metrics", "127.0.0.1:0"), environment={"TRACEWIRE_STALL_TIMEOUT_SECONDS": "3"})
    clients = [PythonRecorder(run, f"python-{number}", address=collector.address, rate=_RATE) for number in range(3)]
    try:
        collector.start()
        for client in clients:
            client.spawn()
        time.sleep(1)
        for _ in range(run.steps or (4 if run.quick else 40)):
            _stop_collector(run, collector, clients)
            _stop_client(run, collector, clients)
        if not run.quick:
            # Longer than a peer may keep a collector waiting, and a collector a client.
            _stop_collector(run, collector, clients, 40)
            _stop_client(run, collector, clients, 12)
        if run.recording_host is not None:
            _stop_while_swift_records(run, collector)
        for client in clients:
            client.kill()
        run.counts["rows"] = check_everything(run, collector)
    finally:
        for client in clients:
            client.process and client.process.send_signal(signal.SIGCONT)
            client.close()
        collector.close()


def _stop_collector(run: Run, collector: Collector, clients: list[PythonRecorder], seconds: float | None = None) -> None:
    seconds = seconds or run.random.uniform(0.5, 2)
    collector.signal(signal.SIGSTOP)
    before = _calls(run)
    time.sleep(seconds)
    calls = _calls(run) - before
    collector.signal(signal.SIGCONT)
    run.count("stops of the collector")
    # They were to make as many calls as their rate says; the machine may be busy with other things.
    least = _RATE * len(clients) * seconds / 5
    run.require(calls > least, f"with the collector stopped for {seconds:.1f} s, {calls} calls returned, fewer than {least:.0f}")


def _stop_client(run: Run, collector: Collector, clients: list[PythonRecorder], seconds: float | None = None) -> None:
    victim = run.random.choice(clients)
    assert victim.process is not None
    victim.process.send_signal(signal.SIGSTOP)
    end = time.monotonic() + (seconds or run.random.uniform(0.2, 1.5))
    while time.monotonic() < end:
        _expect_served(run, collector)
        time.sleep(0.1)
    victim.process.send_signal(signal.SIGCONT)
    run.count("stops of clients")


def _expect_served(run: Run, collector: Collector) -> None:
    """Another client is answered."""
    other = InlineClient(collector.address, run.random.getrandbits(32))
    other.record(1)
    report = other.shut_down(20)
    run.require(report.is_complete, f"while a client is stopped another one is not served: {report}")
    _keep(run, other)


def _keep(run: Run, client: InlineClient) -> None:
    """Writes the ledger of a client of this process beside the others'."""
    run.count("others served")
    client.ledger.write(run.file("ledgers") / f"inline-{run.counts['others served']}.ledger")


def _stop_while_swift_records(run: Run, collector: Collector) -> None:
    """All of a program's calls return although nobody takes anything."""
    collector.signal(signal.SIGSTOP)
    swift = SwiftRecorder(run, "swift", address=collector.address, nodes=30_000)
    swift.spawn()
    end = time.monotonic() + 60
    while progress_of(run).get("swift-1", 0) < swift.nodes and time.monotonic() < end:
        time.sleep(0.05)
    run.require(
        progress_of(run).get("swift-1", 0) == swift.nodes, "with the collector stopped the Swift SDK's calls do not return"
    )
    collector.signal(signal.SIGCONT)
    assert swift.process is not None
    run.require(swift.process.wait(120) == 0, "the Swift SDK did not deliver everything when the collector went on")


def _calls(run: Run) -> int:
    """How many calls have returned, of all programs."""
    return sum(Path(path).read_bytes().count(b"\n+ ") for path in run.file("ledgers").glob("python-*"))
