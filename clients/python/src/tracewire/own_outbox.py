"""What this process has recorded, as batches."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tracewire.outbox import Batch, Outbox, Stretch
from tracewire.owner import Owner
from tracewire.queue import RecordQueue
from tracewire.segment import Cut, Segment


class OwnOutbox(Outbox):
    """Batches of the queue. It is the sender's alone, and removes segments that are complete and settled."""

    def __init__(self, queue: RecordQueue, owner: Owner, destination: str, batch_bytes: int, batch_delay: float) -> None:
        super().__init__(owner, destination)
        self._queue = queue
        self._batch_bytes = batch_bytes
        self._batch_delay = batch_delay
        #: Whether what waits is sent without waiting for more: somebody waits for it.
        self.is_urgent = False

    def segments(self) -> Sequence[Stretch]:
        return list(self._queue.segments)

    def has_work(self) -> bool:
        return bool(self.batches) or self._queue.unsent > 0

    def due_at(self) -> float | None:
        """When a batch should be made of what waits; None if nothing does."""
        queue = self._queue
        if queue.unsent <= 0:
            return None
        if self.is_urgent or queue.unsent >= self._batch_bytes:
            return 0.0
        return (queue.waiting_since or time.monotonic()) + self._batch_delay

    def is_due(self, now: float) -> bool:
        due = self.due_at()
        return due is not None and due <= now

    def made_batch(self, batch: Batch, cut: Cut) -> None:
        self._queue.taken(batch.end - batch.start)

    def settled_batch(self, batch: Batch) -> None:
        segment = batch.segment
        assert isinstance(segment, Segment)
        segment.settled_entries += batch.records
        self._queue.settle(segment, batch.end - batch.start, batch.records)
        self._remove_settled()

    def make(self, most_bytes: int, most_records: int) -> Batch | None:
        batch = super().make(most_bytes, most_records)
        if batch is None:
            self.renumbered()  # An interrupted call may have left the count wrong.
        return batch

    def renumbered(self) -> None:
        queue = self._queue
        with queue.lock:
            queue.unsent = sum(segment.end - segment.taken for segment in queue.segments)
            queue.waiting_since = time.monotonic() if queue.unsent else None

    def spooled(self) -> int:
        """Records without an answer that lie in files."""
        return sum(one.entries - one.settled_entries for one in list(self._queue.segments) if one.file is not None)

    def _remove_settled(self) -> None:
        """Segments that are complete, a later one being filled, and of which all is answered."""
        segments = self._queue.segments
        while len(segments) > 1 and segments[0].settled >= segments[0].end:
            with self._queue.lock:
                segment = segments.pop(0)
            if segment.file is not None:
                segment.file.delete()
            segment.release()
