"""Peers that send a byte a second, or read one: others are served meanwhile, memory is bounded, and the slow ones are cut in the
end.
"""

from __future__ import annotations

import contextlib
import resource
import time

from rig import wire
from rig.collector import Collector
from rig.inline import InlineClient
from rig.memory import Samples
from rig.run import Run

#: Seconds that a peer may keep the collector waiting, in these runs, and those after which it has to be cut at the latest.
_STALL, _CUT = 3, 40
#: Bytes by which the collector may grow while it holds slow peers, beside 40 KiB for each of them.
_GROWTH = 96 << 20
#: Rows whose answer is larger than what sockets hold.
_LARGE = (
    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 200000) SELECT n, hex(zeroblob(200)) AS text FROM c"
)


class SlowSender:
    """Sends a byte a second of something that never becomes whole."""

    name = "senders of a byte a second"

    def __init__(self, address: str, is_welcomed: bool) -> None:
        if is_welcomed:
            self.peer = wire.welcomed(address, wire.new_producer())
            self.rest = iter(wire.batch([wire.user(f"slow-{number}") for number in range(100)], 1))
        else:
            self.peer = wire.connected(address)
            self.rest = iter(wire.hello(wire.new_producer()))

    def step(self) -> None:
        self.peer.send(bytes([next(self.rest)]))


class SlowReader:
    """Asks for much, or sends much, and reads a byte of what comes back in a second."""

    name = "readers of a byte a second"

    def __init__(self, address: str, asks: bool) -> None:
        self.asks = asks
        self.peer = wire.welcomed(address, b"" if asks else wire.new_producer(), receive_bytes=4096)
        self.sequence, self.unsent = 0, b""
        if asks:
            self.peer.sendall(wire.query(_LARGE))
        self.peer.setblocking(False)

    def step(self) -> None:
        if not self.asks:
            with contextlib.suppress(BlockingIOError):
                self._send()
        with contextlib.suppress(BlockingIOError):
            self.peer.recv(1)

    def _send(self) -> None:
        """As many batches as go: each gets an acknowledgement with verdicts, of users without names, which are longer than it."""
        for _ in range(300):
            if not self.unsent:
                self.sequence += 1
                self.unsent = wire.batch([wire.number_field(1, 1) + wire.bytes_field(2, b"")] * 40, self.sequence)
            self.unsent = self.unsent[self.peer.send(self.unsent) :]


def torture(run: Run) -> None:
    crowd = run.steps or (300 if run.quick else 3000)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # All have one address, which must not be shut out for those that never say who they are.
    environment = {"TRACEWIRE_STALL_TIMEOUT_SECONDS": str(_STALL), "TRACEWIRE_OFFENCES_PER_MINUTE": "0"}
    collector = Collector(run, environment=environment)
    try:
        collector.start()
        _expect_served(run, collector)
        _endure(run, collector, [lambda: SlowSender(collector.address, False)] * crowd)
        _endure(run, collector, [lambda: SlowSender(collector.address, True)] * (crowd // 10))
        _endure(run, collector, [lambda: SlowReader(collector.address, True)] * 3)
        _endure(run, collector, [lambda: SlowReader(collector.address, False)] * 3)
    finally:
        collector.close()


def _endure(run: Run, collector: Collector, makers: list) -> None:
    assert collector.process is not None
    memory = Samples()
    memory.take(collector.process.pid)
    peers = [make() for make in makers]
    name, began, count = peers[0].name, time.monotonic(), len(peers)
    # What a peer sees of its end is behind what it has not read: so the collector is asked. It counts who asks.
    while (left := collector.figures()["connections"] - 1) > 0:
        turn = time.monotonic()
        run.require(turn < began + _CUT, f"{left} of {count} {name} are not cut after {_CUT} s")
        for peer in peers:
            with contextlib.suppress(OSError, StopIteration):
                peer.step()
        memory.take(collector.process.pid)
        _expect_served(run, collector)
        time.sleep(max(0.0, turn + 1 - time.monotonic()))
    for peer in peers:
        peer.peer.close()
    run.count(name, count)
    growth = memory.most() - memory.bytes[0]
    run.require(growth < _GROWTH + count * 40 * 1024, f"{count} {name} make the collector grow by {growth >> 20} MiB")
    run.notes.append(f"{count} {name}: cut after {time.monotonic() - began:.0f} s, the collector grew by {growth >> 20} MiB")


def _expect_served(run: Run, collector: Collector) -> None:
    began = time.monotonic()
    client = InlineClient(collector.address, run.random.getrandbits(32))
    client.record(1)
    report = client.shut_down(15)
    run.require(report.is_complete, f"others are not served meanwhile: {report}")
    run.counts["slowest of the others, ms"] = max(
        run.counts.get("slowest of the others, ms", 0), round((time.monotonic() - began) * 1000)
    )
