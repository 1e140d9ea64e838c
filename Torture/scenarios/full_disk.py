"""The disk of a collector, or of a client's spool, is full at every commit in turn: nothing acknowledged is lost, status and
/healthz say so, and it goes on by itself when there is room.
"""

from __future__ import annotations

import shutil
import signal
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

from rig.checks import check_everything, check_rows, check_values, expected_of
from rig.collector import Collector
from rig.inline import InlineClient
from rig.recorders import PythonRecorder, SwiftRecorder
from rig.run import Failed, Run, waited
from rig.small_disk import SmallDisk

#: Kilobytes of the first disk on which a new database fits, of the last, and between two of them.
_SMALLEST, _LARGEST, _STEP = 256, 4096, 20


def torture(run: Run) -> None:
    sizes = range(_SMALLEST, _LARGEST, _STEP)
    if run.quick or run.steps:
        sizes = sorted(run.random.sample(sizes, run.steps or 6))
    for kib in sizes:
        run.progress(f"a collector's disk of {kib} KiB")
        _fill_collector(run, kib)
    for kib in (0, 64, 130, 300, 700)[:: 2 if run.quick else 1]:
        run.progress(f"a spool's disk of {kib} KiB")
        _fill_spool(run, kib)


def _fill_collector(run: Run, kib: int) -> None:
    directory = run.file(f"disk-{kib}")
    disk = SmallDisk(directory, kib)
    own = replace(run, directory=directory)
    collector = Collector(own, arguments=("--metrics", "127.0.0.1:0"), leading=disk.leading)
    client = InlineClient(collector.address, run.random.getrandbits(32))
    try:
        try:
            collector.start()
        except Failed:
            run.require(
                "disk is full" in collector.log_text(), f"it does not start on {kib} KiB, and says: {collector.log_text()}"
            )
            run.count("disks too small for a database")
            return
        while client.flush(0.3 if disk.free() < 128 << 10 else 5):
            run.require(disk.free() > 0 or collector.is_running, "the collector has ended")
            client.record(3)
        run.require(collector.is_running, "the collector has ended")
        run.count("full disks")
        waited(lambda: collector.figures()["store_error"], 10, f"status says that the disk of {kib} KiB is full")
        said = collector.figures()["store_error"]
        run.require("disk" in said, f"status says: {said}")
        run.require(collector.health() == 503, "/healthz says that all is well, with a full disk")
        _expect_acknowledged(own, collector, disk, client)
        if run.random.random() < 0.5:
            # A collector that starts on a full disk answers questions, and takes nothing.
            collector.kill()
            collector.start()
            run.count("starts on one")
            _expect_acknowledged(own, collector, disk, client)
            collector.ask("workflows")
        disk.resize(64 << 10)
        report = client.shut_down(60)
        run.require(report.is_complete, f"there is room again, and not all is acknowledged: {report}")
        run.require(collector.figures()["store_error"] is None, "status still says that nothing is committed")
        run.require(collector.health() == 200, "/healthz still says that nothing is committed")
        collector.kill()
        collector.start()
        expected = expected_of([client.ledger])
        collector.ask("check")
        run.count("rows", check_rows(own, _copied(own, collector, disk), expected))
        check_values(own, collector, expected)
    finally:
        client.client.shutdown(0)
        collector.close()
        disk.close()


def _expect_acknowledged(run: Run, collector: Collector, disk: SmallDisk, client: InlineClient) -> None:
    check_rows(run, _copied(run, collector, disk), expected_of([client.ledger], acknowledged_only=True))


def _copied(run: Run, collector: Collector, disk: SmallDisk) -> Path:
    """A copy of the database as it is at a moment: SQLite would not find the file under the path by which others see the disk."""
    copy = run.file("copy.db")
    collector.signal(signal.SIGSTOP)
    for suffix in ("", "-wal"):
        shutil.copy(disk.path / f"traces.db{suffix}", f"{copy}{suffix}")
    collector.signal(signal.SIGCONT)
    # Its log has to be read by somebody who may write.
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return copy


def _fill_spool(run: Run, kib: int) -> None:
    """Programs record on while the collector is away, and deliver everything when it is there."""
    directory = run.file(f"spool-{kib}")
    own = replace(run, directory=directory)
    disk = SmallDisk(directory / "spool", max(kib, 4))
    collector = Collector(own)
    clients: list = [PythonRecorder(own, "python", address=collector.address, records=2000, rate=1e6)]
    if run.recording_host is not None:
        clients.append(SwiftRecorder(own, "swift", address=collector.address, nodes=3000))
    try:
        for client in clients:
            client.leading = disk.leading
            client.spawn()
        time.sleep(1.5)
        collector.start()
        for client in clients:
            assert client.process is not None
            run.require(client.process.wait(120) == 0, f"{client.name} did not deliver everything, with {kib} KiB for its spool")
        run.count("full spools", len(clients))
        run.count("rows", check_everything(own, collector))
    finally:
        for client in clients:
            client.close()
        collector.close()
        disk.close()
