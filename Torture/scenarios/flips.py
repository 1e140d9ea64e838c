"""Bytes of a small database, of its log and of a spool are flipped in turn: what is wrong is said, or the answer is the same.

At full length that is every byte that stands for something in the database and in the spool, and the headers of the log and of
its frames. Where it would take days it is a share: one in 50 of the unused bytes of the database, one in 60 of the log's pages (a
frame has one checksum) and of its last commit, and a tenth as many of the spool's zeros as of its other bytes. A quick run flips
8 of each area, and 25 of each file of the spool.

A collector is started on each flipped copy, and asked for everything, and for a check. What it does is counted by where the
byte lies. A collector or a command that crashes or hangs fails the scenario. So does a value that is served, or a record of a
spool that is delivered, otherwise than it was recorded.
"""

from __future__ import annotations

import json
import shutil
import signal
import struct
import subprocess
import time
import uuid
import zlib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random

from rig.answers import Answers, ask_everything
from rig.collector import Collector
from rig.inline import InlineClient
from rig.pages import Area, areas_of
from rig.recorders import PythonRecorder
from rig.run import Failed, Run, stopping_early, waited

_AT_A_TIME = 2
#: Areas of which one byte in so many is flipped: nothing is there, or what is there has one checksum.
_DULL = {"unused": 50, "pages in the log": 60, "last commit in the log": 60}


def torture(run: Run) -> None:
    databases = run.file("databases")
    closed, killed = _make_databases(run, databases)
    _flip_all(run, "database", closed, "traces.db", _chosen(run, areas_of(closed / "traces.db")))
    _flip_all(run, "log", killed, "traces.db-wal", _chosen(run, _areas_of_log(killed / "traces.db-wal")))
    _flip_spool(run)


def _make_databases(run: Run, directory: Path) -> tuple[Path, Path]:
    """The same recordings in a file alone, and in a file with a log of several commits, as a killed collector leaves it."""
    own = replace(run, directory=directory)
    collector = Collector(own)
    client = InlineClient(collector.address, run.random.getrandbits(32))
    killed, closed = run.file("killed"), run.file("closed")
    try:
        collector.start()
        client.record(3)
        run.require(client.flush(30), "a small database can be made")
        # When nothing is to be done the log is copied; what comes then stands in it.
        time.sleep(2.5)
        for _ in range(5):
            client.record(1)
            run.require(client.flush(30), "a small database can be made")
        collector.kill()
        shutil.copytree(directory, killed)
        collector.start()
        collector.stop()
        shutil.copytree(directory, closed)
    finally:
        client.client.shutdown(0)
        collector.close()
    return closed, killed


def _areas_of_log(path: Path) -> list[Area]:
    data = path.read_bytes()
    page = struct.unpack_from(">I", data, 8)[0]
    frames = range(32, len(data) - page - 23, page + 24)
    # Frames of an earlier round through the file have other salts.
    current = [start for start in frames if data[start + 8 : start + 16] == data[16:24]]
    commits = [start for start in current if data[start + 4 : start + 8] != bytes(4)]
    found = [Area(0, 32, "start of the log")]
    for start in frames:
        if start not in current:
            found.append(Area(start, start + 24 + page, "unused"))
        elif start >= commits[-2]:
            # With it the frame with which the commit before ends: one that does not say so looks as if it were the last's.
            found.append(Area(start, start + 24 + page, "last commit in the log"))
        else:
            found += [Area(start, start + 24, "frames of the log"), Area(start + 24, start + 24 + page, "pages in the log")]
    return found


def _chosen(run: Run, areas: Iterable[Area]) -> list[tuple[int, str]]:
    """The offsets that are flipped, with the names of their areas: all, a share of dull ones, a few of each in a quick run."""
    by_name: dict[str, list[int]] = {}
    for area in areas:
        by_name.setdefault(area.name, []).extend(range(area.start, area.end))
    chosen = []
    for name, offsets in by_name.items():
        most = len(offsets) // _DULL.get(name, 1) + 1
        if run.quick or run.steps:
            most = min(most, run.steps or 8)
        chosen += [(offset, name) for offset in run.random.sample(offsets, min(most, len(offsets)))]
    run.random.shuffle(chosen)
    return chosen


def _flip_all(run: Run, what: str, directory: Path, file: str, offsets: list[tuple[int, str]]) -> None:
    outcomes: dict[str, Counter] = {}
    shutil.copytree(directory, run.file(f"whole-{what}"))
    whole = _ask(run, run.file(f"whole-{what}"))
    run.require(whole is not None, f"a collector does not start on the {what} that nobody has flipped")
    run.require(not (whole.has_failed or whole.is_reported), f"the {what} that nobody has flipped is damaged")

    def flip(place: tuple[int, str]) -> tuple[str, str]:
        offset, area = place
        mask = Random(f"{run.seed} {what} {offset}").choice((1, 2, 4, 8, 16, 32, 64, 128, 255))
        copy = run.file(f"flip-{offset}")
        shutil.copytree(directory, copy)
        _flip(copy / file, offset, mask)
        try:
            outcome = _judge(run, copy, whole)
        except Failed as failed:
            raise Failed(f"byte {offset} of the {what} ({area}) flipped with {mask}: {failed}") from None
        if outcome == "SILENT":
            raise Failed(f"byte {offset} of the {what} ({area}) flipped with {mask}: another value is served without a word")
        shutil.rmtree(copy)
        return area, outcome

    with stopping_early(ThreadPoolExecutor(_AT_A_TIME)) as pool:
        for number, (area, outcome) in enumerate(pool.map(flip, offsets)):
            outcomes.setdefault(area, Counter())[outcome] += 1
            run.count(f"bytes of the {what}")
            run.progress(f"{what}: {number} of {len(offsets)}")
    for area, counter in sorted(outcomes.items()):
        run.notes.append(f"{what}, {area}: {', '.join(f'{count} {name}' for name, count in counter.most_common())}")


def _flip(path: Path, offset: int, mask: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ mask]))


def _judge(run: Run, directory: Path, whole: Answers) -> str:
    """What becomes of a flipped database."""
    answers = _ask(run, directory)
    if answers is None:
        return "refused"
    if answers.has_failed:
        return "answered with an error"
    if answers.is_reported:
        return "reported by check"
    return "harmless" if answers.rows == whole.rows else "SILENT"


def _ask(run: Run, directory: Path) -> Answers | None:
    """All answers of a collector on that database; none if it does not start, and says why."""
    collector = Collector(replace(run, directory=directory))
    try:
        collector.spawn()
        assert collector.process is not None
        try:
            collector.wait_until_ready()
        except Failed:
            code = collector.process.wait(30)
            run.require(code == 1 and "rror" in collector.log_text(), f"it ends with {code}: {collector.log_text()[-300:]}")
            return None
        try:
            return ask_everything(collector.address)
        except (OSError, EOFError) as error:
            code = collector.process.poll()
            raise Failed(f"it does not answer ({error!r}), and {f'ended with {code}' if code is not None else 'runs'}") from None
    finally:
        collector.close()


def _flip_spool(run: Run) -> None:
    """Each copy of the spool goes under a producer of its own to one collector, which has all its records already."""
    collector = Collector(run)
    spool = run.file("spool-template")
    recorder = PythonRecorder(run, "python", address=collector.address, spool=str(spool), rate=300)
    try:
        collector.start()
        recorder.spawn()
        waited(lambda: collector.value("SELECT count(*) FROM nodes") > 10, 30, "something was recorded")
        # What is recorded now is sent, and nobody answers: so batches are marked.
        collector.signal(signal.SIGSTOP)
        time.sleep(0.5)
        recorder.kill()
        collector.signal(signal.SIGCONT)
        time.sleep(0.2)
        own = next(path for path in spool.iterdir() if path.name != "damaged")
        count = _forwarded(run, collector, spool, None)[1]
        run.require(count > 20, f"a spool of {count} records is too small")
        before = _state(collector)
        for name, offsets in _offsets_of_spool(run, own).items():
            for offset in offsets:
                outcome = _flip_one(run, collector, spool, (name, offset), count, before)
                run.count("bytes of the spool")
                run.count(f"of them {outcome}")
    finally:
        recorder.close()
        collector.close()


def _flip_one(run: Run, collector: Collector, spool: Path, place: tuple[str, int], count: int, before: tuple) -> str:
    exit_code, records, damaged = _forwarded(run, collector, spool, place)
    where = f"byte {place[1]} of the spool's {place[0]}"
    run.require(exit_code in (0, 1, 4), f"{where}: forward ended with {exit_code}")
    run.require(_state(collector) == before, f"{where}: a record arrived otherwise than it was recorded")
    if exit_code != 0 or damaged:
        return "said"
    run.require(records >= count, f"{where}: {records} of {count} records were delivered without a word")
    return "harmless"


def _offsets_of_spool(run: Run, own: Path) -> dict[str, list[int]]:
    """All bytes that are not zero, and some that are."""
    found = {}
    for path in sorted(own.iterdir()):
        data = path.read_bytes()
        used = [offset for offset, byte in enumerate(data) if byte]
        unused = [offset for offset, byte in enumerate(data) if not byte]
        most = run.steps or (25 if run.quick else len(used))
        found[path.name] = run.random.sample(used, min(most, len(used))) + run.random.sample(
            unused, min(most // 10 + 1, len(unused))
        )
    return found


def _forwarded(run: Run, collector: Collector, spool: Path, place: tuple[str, int] | None) -> tuple[int, int, bool]:
    """Delivers a copy of the spool with a byte flipped: the exit code, how many records it had, and whether damage was said."""
    copy = run.file("spool-flipped")
    shutil.copytree(spool, copy)
    own = next(path for path in copy.iterdir() if path.name != "damaged")
    _give_producer(own / "owner", uuid.uuid4())
    if place is not None:
        _flip(own / place[0], place[1], run.random.choice((1, 16, 128, 255)))
    command = [str(run.tracewire), "forward", str(copy), "--connect", collector.address, "--format", "ndjson", "--timeout", "10s"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    is_damaged = "damaged" in done.stderr or any((copy / "damaged").glob("*"))
    shutil.rmtree(copy)
    return done.returncode, sum(row["records"] for row in rows), is_damaged


def _give_producer(owner: Path, producer: uuid.UUID) -> None:
    """Another producer, of whom the collector knows nothing (protocol/SPOOL.md, section 3)."""
    data = bytearray(owner.read_bytes())
    data[8:24] = producer.bytes
    length = struct.unpack_from("<I", data, 24)[0]
    struct.pack_into("<I", data, 28, zlib.crc32(data[64 : 64 + length], zlib.crc32(data[:28])))
    owner.write_bytes(data)


def _state(collector: Collector) -> tuple:
    """What would change if a record were accepted that is not what was recorded, or rejected because it is another."""
    return tuple(
        collector.rows(
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM workflows), (SELECT count(*) FROM nodes),"
            " (SELECT count(*) FROM generations), (SELECT count(*) FROM rejected_records), (SELECT count(*) FROM parked_records),"
            " (SELECT count(*) FROM sheds)"
        )[0].values()
    )
