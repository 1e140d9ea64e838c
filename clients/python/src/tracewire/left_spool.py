"""A spool that a process has left: taken over, delivered under its own producer, and removed (SPOOL.md, sections 2 and 6)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Sequence

from tracewire.left_segment import DamagedSegment, LeftSegment, read_segment
from tracewire.outbox import Batch, Outbox, Stretch
from tracewire.owner import OWNER, OWNER_BYTES, LaterVersion, OwnerFields, OwnerFile, decode_owner
from tracewire.segment import Cut
from tracewire.segment_files import segment_number
from tracewire.sheds import read_ledger
from tracewire.spool import DAMAGED, Spool

_MOST_DAMAGED = 16


def take_over(directory: str, name: str, destinations: Collection[str]) -> LeftSpool | None:
    """A spool that nobody holds, if it is meant for one of the destinations, or says none.

    Raises:
        OSError: if it cannot be read now. It stays where it is.
    """
    path = os.path.join(directory, name)
    file = os.path.join(path, OWNER)
    try:
        if not _goes_to(_read_owner(file), destinations):
            return None
        owner = OwnerFile.locked(file, 0)
    except (FileNotFoundError, LaterVersion):
        return None
    if owner is None:
        return None
    try:
        if _goes_to(owner.read(), destinations):
            return LeftSpool(directory, name, owner, next(iter(destinations)))
    except LaterVersion:
        pass
    except BaseException:
        owner.close()
        raise
    owner.close()
    return None


def _read_owner(file: str) -> OwnerFields | None:
    try:
        with open(file, "rb") as readable:
            return decode_owner(readable.read(OWNER_BYTES))
    except FileNotFoundError:
        return None


def _goes_to(fields: OwnerFields | None, destinations: Collection[str]) -> bool:
    """Where the owner cannot be read, nobody is named: the spool is whoever's finds it."""
    return fields is None or not fields.destination or fields.destination in destinations


class _Sheds:
    """What the process shed, as if it stood in a segment."""

    def __init__(self, records: list[bytes]) -> None:
        self._records = records
        self.taken = 0
        self.settled = 0
        self.end = len(records)

    def cut(self, start: int, most_bytes: int, most_records: int) -> Cut | None:
        end = min(start + most_records, self.end)
        return Cut(end, end - start, sum(map(len, self._records[start:end]))) if end > start else None

    def records(self, start: int, end: int) -> list[bytes]:
        return self._records[start:end]

    def mark(self, sequence: int, end: int) -> None:
        """Nothing is marked: whoever takes the spool over next says the same again."""

    def clear_marks(self, answered: int) -> None:
        """Nothing was marked."""


class LeftSpool(Outbox):
    """What another process has left."""

    def __init__(self, directory: str, name: str, owner: OwnerFile, destination: str) -> None:
        self._spool = Spool(os.path.join(directory, name), owner)
        self._damaged = os.path.join(directory, DAMAGED)
        self._name = name
        fields = owner.read()
        super().__init__(owner, (fields.destination if fields else "") or destination, owner.acknowledged + 1)
        #: What could not be read: stretches of segments, and whole ones.
        self.unreadable = 0
        #: Records that were answered.
        self.delivered = 0
        self._segments: list[LeftSegment] = self._read()
        self._sheds = _Sheds(read_ledger(self._spool.path))
        has_numbers = self._number()
        if fields is None or fields.epoch is None or not has_numbers:
            self.renumber()
        self._remove_settled()

    def segments(self) -> Sequence[Stretch]:
        return [*self._segments, self._sheds]

    def is_due(self, now: float) -> bool:
        return True

    def has_work(self) -> bool:
        waits = any(segment.taken < segment.end for segment in self._segments)
        return bool(self.batches) or waits or self._sheds.taken < self._sheds.end

    def settled_batch(self, batch: Batch) -> None:
        self.delivered += batch.records
        self._remove_settled()

    def renumbered(self) -> None:
        self._sheds.taken = self._sheds.settled

    def remove(self) -> None:
        """Nothing of it is needed any more."""
        self._spool.remove()

    def leave(self) -> None:
        """It stays for somebody else."""
        self.owner.close()

    def _read(self) -> list[LeftSegment]:
        found = []
        for file in sorted(os.listdir(self._spool.path)):
            if segment_number(file) is None:
                continue
            path = os.path.join(self._spool.path, file)
            try:
                contents = read_segment(path)
            except DamagedSegment:
                self.unreadable += 1
                self._keep_damaged(path)
                continue
            if contents is not None:
                self.unreadable += contents.holes
                found.append(LeftSegment(path, contents))
        return sorted(found, key=lambda segment: segment.order)

    def _number(self) -> bool:
        """Finds the batches that were made. False if their numbers are of no use."""
        waits = False
        for segment in self._segments:
            for sequence, end in segment.marks:
                if sequence <= self.owner.acknowledged:
                    segment.taken = segment.settled = end
                    continue
                follows = not self.batches or sequence == self.next_sequence
                if waits or not follows or sequence in segment.lost:
                    return False
                records = len(segment.records(segment.taken, end))
                self.batches.append(Batch(sequence, segment, segment.taken, end, records))
                segment.taken = end
                self.next_sequence = sequence + 1
            waits = waits or segment.taken < segment.end
            segment.unload()
        return True

    def _remove_settled(self) -> None:
        while self._segments and self._segments[0].settled >= self._segments[0].end:
            segment = self._segments.pop(0)
            if segment.is_damaged:
                self._keep_damaged(segment.path)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(segment.path)

    def _keep_damaged(self, path: str) -> None:
        """For people to look at."""
        with contextlib.suppress(OSError):
            os.makedirs(self._damaged, 0o700, exist_ok=True)
            if len(os.listdir(self._damaged)) < _MOST_DAMAGED:
                os.rename(path, os.path.join(self._damaged, f"{self._name}-{os.path.basename(path)}"))
            else:
                os.unlink(path)
