"""What there was no room for, counted by workflow, in memory and in the spool's file `shed` (SPOOL.md, section 7)."""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass, field

from tracewire.events import WORKFLOW_SHED, encode_record
from tracewire.identifiers import new_identifier
from tracewire.segment_files import map_new_file
from tracewire.spool import SHED
from tracewire.times import now_ms

ROW_BYTES, ROWS = 48, 1024
_RECORDS, _PAYLOADS = 32, 40
_COUNT = struct.Struct("<II")
_MOST = (1 << 32) - 1
#: Workflows that are counted one by one; of more only the sum is known.
_MOST_WORKFLOWS = 65_536


@dataclass
class Tally:
    """What was shed of one workflow. Counts only grow."""

    workflow: bytes
    source: bytes = field(default_factory=new_identifier)
    records: int = 0
    payloads: int = 0
    #: Of the records, those that are tried again; they are lost if the process dies first.
    owed: int = 0
    row: int | None = None
    said: tuple[int, int] = (0, 0)

    def record(self) -> bytes:
        """The `WorkflowShed` that says it."""
        return shed_record(self.workflow, self.source, self.records, self.payloads)


def shed_record(workflow: bytes, source: bytes, records: int, payloads: int) -> bytes:
    fields = {"workflow": workflow, "source": source, "records": records or None, "payloads": payloads or None}
    return encode_record(WORKFLOW_SHED, now_ms(), fields)


class Ledger:
    """The file: rows of counts, each stored together with its checksum."""

    def __init__(self, path: str) -> None:
        self._memory = map_new_file(path, ROW_BYTES * ROWS)
        self._rows = 0

    def store(self, tally: Tally) -> None:
        """Writes a workflow's counts, those that are owed among the lost ones."""
        if tally.row is None:
            if self._rows == ROWS:
                return
            tally.row = self._rows
            self._rows += 1
            start = tally.row * ROW_BYTES
            self._memory[start : start + 32] = tally.workflow + tally.source
        start = tally.row * ROW_BYTES
        identity = self._memory[start : start + 32]
        for offset, count in ((_RECORDS, tally.records + tally.owed), (_PAYLOADS, tally.payloads)):
            place = start + offset
            self._memory[place : place + 8] = _counted(identity, count)


def _counted(identity: bytes, count: int) -> bytes:
    count = min(count, _MOST)
    return _COUNT.pack(count, zlib.crc32(count.to_bytes(4, "little"), zlib.crc32(identity)))


def read_ledger(path: str) -> list[bytes]:
    """What a spool that was left says was shed, as `WorkflowShed` records."""
    try:
        with open(os.path.join(path, SHED), "rb") as file:
            data = file.read(ROW_BYTES * ROWS)
    except OSError:
        return []
    found = []
    for start in range(0, len(data) - ROW_BYTES + 1, ROW_BYTES):
        identity = data[start : start + 32]
        counts = [_read_count(identity, data[start + offset :]) for offset in (_RECORDS, _PAYLOADS)]
        if any(counts) and any(identity[:16]):
            found.append(shed_record(identity[:16], identity[16:], *counts))
    return found


def _read_count(identity: bytes, data: bytes) -> int:
    count, _ = _COUNT.unpack_from(data)
    return int(count) if data[:8] == _counted(identity, count) else 0


class Sheds:
    """What one process has shed. It is changed under the queue's lock."""

    def __init__(self) -> None:
        self.records = 0
        self.payloads = 0
        self.ledger: Ledger | None = None
        #: Whether something was counted that no file keeps, and none was asked for.
        self.wants_ledger = False
        self._asked = False
        self._tallies: dict[bytes, Tally] = {}

    def count(self, workflow: bytes | None, *, records: int = 0, payloads: int = 0, owed: int = 0) -> None:
        """Counts what was lost, whole or without its values, or is owed (less again, where it was paid)."""
        self.records += records
        self.payloads += payloads
        if not workflow or not any(workflow):
            return
        tally = self._tallies.get(workflow)
        if tally is None:
            if len(self._tallies) >= _MOST_WORKFLOWS:
                return
            tally = self._tallies[workflow] = Tally(workflow)
        tally.records += records
        tally.payloads += payloads
        tally.owed += owed
        if self.ledger is not None:
            self.ledger.store(tally)
        elif not self._asked:
            self.wants_ledger = True

    def ask_for_ledger(self) -> bool:
        """Whether a file is to be made, by whoever asks: once."""
        asked, self._asked, self.wants_ledger = self._asked, True, False
        return not asked

    def keep_in(self, ledger: Ledger) -> None:
        """From now on the counts survive the process."""
        self.ledger = ledger
        for tally in self._tallies.values():
            ledger.store(tally)

    def unsaid(self) -> list[Tally]:
        """Workflows of which the collector was not told everything."""
        return [tally for tally in list(self._tallies.values()) if tally.said != (tally.records, tally.payloads)]
