"""Batches of one producer: made of consecutive entries, marked before they are sent, and settled in their order."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tracewire.identifiers import new_identifier
from tracewire.owner import Owner
from tracewire.segment import HEADER_BYTES, Cut


class Stretch(Protocol):
    """A segment, as far as batches are made of it: one that is being filled, or one that was left behind."""

    taken: int
    settled: int

    def cut(self, start: int, most_bytes: int, most_records: int) -> Cut | None: ...
    def records(self, start: int, end: int) -> list[bytes]: ...
    def mark(self, sequence: int, end: int) -> None: ...
    def clear_marks(self, answered: int) -> None: ...


@dataclass(frozen=True)
class Batch:
    """Entries of one segment that were or are sent under one sequence."""

    sequence: int
    segment: Stretch
    start: int
    end: int
    records: int

    def read(self) -> list[bytes]:
        return self.segment.records(self.start, self.end)


class Outbox:
    """What a producer has to deliver."""

    def __init__(self, owner: Owner, destination: str, next_sequence: int = 1) -> None:
        self.owner = owner
        self._destination = destination
        self.next_sequence = next_sequence
        #: Made, and not settled.
        self.batches: collections.deque[Batch] = collections.deque()

    def segments(self) -> Sequence[Stretch]:
        """The segments that are not settled, in their order."""
        raise NotImplementedError

    def is_due(self, now: float) -> bool:
        """Whether a batch should be made of what waits."""
        raise NotImplementedError

    def has_work(self) -> bool:
        """Whether anything is to be delivered."""
        raise NotImplementedError

    def settled_batch(self, batch: Batch) -> None:
        """A batch is answered."""
        raise NotImplementedError

    def made_batch(self, batch: Batch, cut: Cut) -> None:
        """A batch was made."""

    @property
    def lowest_sequence(self) -> int:
        """The lowest that may still be sent."""
        return self.batches[0].sequence if self.batches else self.next_sequence

    def make(self, most_bytes: int, most_records: int) -> Batch | None:
        """The next batch, marked; None if nothing waits.

        Raises:
            OSError: if the mark cannot be written. Nothing was made then.
        """
        for segment in self.segments():
            cut = segment.cut(segment.taken, most_bytes, most_records)
            if cut is None:
                continue
            batch = Batch(self.next_sequence, segment, segment.taken, cut.end, cut.records)
            segment.mark(batch.sequence, cut.end)
            segment.taken = cut.end
            self.next_sequence += 1
            self.batches.append(batch)
            self.made_batch(batch, cut)
            return batch
        return None

    def up_to(self, sequence: int) -> list[Batch]:
        """The batches that are made, not settled, and have a sequence up to this one."""
        return [batch for batch in self.batches if batch.sequence <= sequence]

    def settle(self, sequence: int) -> None:
        """Everything up to `sequence` is durable at the collector."""
        if sequence > self.owner.acknowledged:
            self.owner.set_acknowledged(sequence)
        while self.batches and self.batches[0].sequence <= sequence:
            batch = self.batches.popleft()
            batch.segment.settled = batch.end
            self.settled_batch(batch)
        self.next_sequence = max(self.next_sequence, sequence + 1)

    def renumber(self) -> None:
        """The numbers are of no use: what is left goes under a new producer, numbered from 1."""
        self.owner.write(new_identifier(), self._destination)
        self.batches.clear()
        self.next_sequence = 1
        for segment in self.segments():
            segment.clear_marks(max(segment.settled, HEADER_BYTES))
            segment.taken = segment.settled
        self.renumbered()

    def renumbered(self) -> None:
        """All that is left is not sent."""
