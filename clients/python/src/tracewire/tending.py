"""What the sender does for the queue besides sending: segments made ahead, payloads shed, and word of it."""

from __future__ import annotations

import logging

from tracewire.events import WORKFLOW_SHED, event_of, without_payload
from tracewire.notices import Notices
from tracewire.queue import RecordQueue
from tracewire.segment import HEADER_BYTES, STRIPPED, Segment, entry_bytes
from tracewire.store import SpoolStore

#: Seconds between tries to write files again, and between words about what was shed.
_FILES_AGAIN = 5.0
_SHEDS_AGAIN = 1.0


class Tending:
    """Called from the sender's loop, on its thread."""

    def __init__(self, queue: RecordQueue, store: SpoolStore, notices: Notices) -> None:
        self._queue = queue
        self._store = store
        self._notices = notices
        self._files_at = 0.0
        self._sheds_at = 0.0

    def tend(self, now: float) -> None:
        """Does what is due."""
        self._make_ahead(now)
        if self._held() * 2 > self._limit():
            self._queue.make_ledger()
        while self._held() * 4 > self._limit() * 3 and self._shed_payloads():
            pass
        self._queue.retry_owed()
        if now >= self._sheds_at:
            self._sheds_at = now + _SHEDS_AGAIN
            self.tell_sheds()

    def tell_sheds(self) -> None:
        """Says of each workflow how much of it was shed, if that has changed."""
        for tally in self._queue.sheds.unsaid():
            said = (tally.records, tally.payloads)
            if not self._queue.append(tally.record(), WORKFLOW_SHED, tally.workflow):
                return
            tally.said = said

    def _held(self) -> int:
        return self._queue.held_in_files if self._store.uses_files else self._queue.held_in_memory

    def _limit(self) -> int:
        return self._store.files_limit if self._store.uses_files else self._store.memory_limit

    def _make_ahead(self, now: float) -> None:
        queue = self._queue
        current = queue.segments[-1] if queue.segments else None
        if queue.spares or current is None or now < self._files_at:
            return
        if current.file is not None and not current.asked:
            return
        made = self._store.make_ahead()
        if made is None:
            self._files_at = now + _FILES_AGAIN
        else:
            with queue.lock:
                queue.spares.append(made)

    def _shed_payloads(self) -> bool:
        """Takes the payloads out of the oldest complete segment of which no batch was made. False if there is none."""
        for segment in self._queue.segments[:-1]:
            if segment.taken == HEADER_BYTES and not segment.is_stripped and self._strip(segment):
                return True
        return False

    def _strip(self, segment: Segment) -> bool:
        records = segment.records(HEADER_BYTES, segment.end)
        bare = [without_payload(record) for record in records]
        losers = [event_of(record)[1] for record, less in zip(records, bare, strict=True) if less is not record]
        with self._queue.lock:
            for workflow in losers:
                self._queue.sheds.count(workflow, payloads=1)
        try:
            made = self._store.without_payloads(segment, bare, sum(map(entry_bytes, bare)), STRIPPED)
        except OSError as error:
            segment.is_stripped = True  # Not tried again; what was counted is too much rather than too little.
            self._notices.once(logging.WARNING, "there is no room to take payloads out of the spool's files", error)
            return False
        self._queue.exchange(segment, made)
        segment.release()
        return True
