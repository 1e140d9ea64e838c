"""Where records wait until they are acknowledged: segments in files or in memory, bounded in bytes.

Whoever records takes its place under a lock, within which nothing is done but copying. The sender reads what is complete
without the lock, and is the only one that removes.
"""

from __future__ import annotations

import collections
import math
import threading
import time
from collections.abc import Callable

from tracewire.events import GENERATION, WORKFLOW_SHED, without_payload
from tracewire.owed import Owed, Pending
from tracewire.segment import ENTRY_AND_MARK, Segment, capacity_for, entry_bytes
from tracewire.segment_store import SegmentStore
from tracewire.sheds import Sheds


class RecordQueue:
    """The records of one process, in their order."""

    def __init__(self, store: SegmentStore, sheds: Sheds, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake
        # Reentrant: a signal's handler or a destructor may record while this thread is at it. It then waits in `_deferred`.
        self.lock = threading.RLock()
        self._busy = False
        self._deferred: collections.deque[Pending] = collections.deque()
        self._order = 0
        self.segments: list[Segment] = []
        self.spares: collections.deque[Segment] = collections.deque()
        self.sheds = sheds
        self.owed = Owed(store.memory_limit)
        #: Records that were taken in, and those that were settled.
        self.recorded = self.settled = 0
        #: Bytes of entries that are not settled, in files and in memory.
        self.held_in_files = 0
        self.held_in_memory = 0
        #: Bytes that no batch was made of, and since when the oldest of them waits.
        self.unsent = 0
        self.waiting_since: float | None = None
        #: The sender is to be woken when so many bytes wait to be sent.
        self._wake_at = math.inf
        #: Bytes of entries and marks that the last segment takes before there is anything to decide, or anybody to wake.
        self._free = 0

    def append(self, record: bytes, event: str, workflow: bytes | None) -> bool:
        """Takes a record in, without its values where there is little room. False if it was lost."""
        with self.lock:
            free = self._free - len(record) - ENTRY_AND_MARK
            is_taken = free >= 0 and not self._busy and self.waiting_since is not None
            if is_taken:
                self._busy = True
                try:
                    self._free = free
                    self._take_in(self.segments[-1], record)
                finally:
                    self._busy = False
        if is_taken and not self._deferred:
            return True
        return self._append_with_care(None if is_taken else Pending(record, event, workflow))

    def _take_in(self, segment: Segment, record: bytes) -> bool:
        """Copies a record into a segment and counts it; False if there is no room."""
        size = segment.append(record)
        self.unsent += size
        if segment.file is None:
            self.held_in_memory += size
        else:
            self.held_in_files += size
        self.recorded += size > 0
        return size > 0

    def _append_with_care(self, pending: Pending | None) -> bool:
        """Takes a record in, and those that were deferred; wakes and makes whatever is needed for it."""
        taken: bool | None = True
        while True:
            with self.lock:
                if self._busy:
                    if pending is not None:
                        self._deferred.append(pending)
                    return taken is not False
                self._busy = True
                try:
                    taken = self._place(pending) if pending is not None else taken
                    missing = pending if taken is None else self._place_deferred()
                    pending = missing if taken is None else None
                finally:
                    self._busy = False
                wake = self._wants_wake()
                self._free = self._look_ahead()
            if wake:
                self._wake()
            if self.sheds.wants_ledger:
                self.make_ledger()
            if missing is None:
                return bool(taken)
            self._add_segment(entry_bytes(missing.record))

    def retry_owed(self) -> None:
        """Takes in what had no room before, as far as there is some."""
        while self.owed:
            with self.lock:
                pending = self.owed.first
                size = entry_bytes(pending.record)
                held, limit = self._room(size)
                if held + size > limit - limit // 16:
                    return
                self.owed.forget_first()
                self.sheds.count(pending.workflow, owed=-1)
            self.append(pending.record, pending.event, pending.workflow)

    def settle(self, segment: Segment, size: int, records: int) -> None:
        """Forgets entries of a segment that are answered."""
        with self.lock:
            self.settled += records
            if segment.file is None:
                self.held_in_memory -= size
            else:
                self.held_in_files -= size

    def taken(self, size: int) -> None:
        """A batch was made of entries of so many bytes."""
        with self.lock:
            self.unsent -= size
            self.waiting_since = time.monotonic() if self.unsent > 0 else None

    def exchange(self, old: Segment, new: Segment) -> None:
        """A segment without payloads takes the place of another one."""
        with self.lock:
            self.segments[self.segments.index(old)] = new
            less = old.end - new.end
            self.unsent -= less
            if old.file is None:
                self.held_in_memory -= less
            else:
                self.held_in_files -= less

    def sleep_until(self, unsent: float) -> bool:
        """The sender sleeps until so many bytes wait to be sent; False if they do already."""
        with self.lock:
            self._wake_at = unsent
            self._free = 0
            return self.unsent < unsent

    def _wants_wake(self) -> bool:
        if self.unsent and self.waiting_since is None:
            self.waiting_since = time.monotonic()
        current = self.segments[-1] if self.segments else None
        if current is not None and not current.asked and current.end > current.capacity // 4 and not self.spares:
            current.asked = True
            return True
        if self.unsent >= self._wake_at:
            self._wake_at = math.inf
            return True
        return False

    def _look_ahead(self) -> int:
        if not self.segments:
            return 0
        current = self.segments[-1]
        held, limit = self._room(0)
        free = min(current.room, limit - limit // 8 - held, self._wake_at - self.unsent - 1)
        return int(free if current.asked or self.spares else min(free, current.capacity // 4 - current.end))

    def _place_deferred(self) -> Pending | None:
        """Takes in what was recorded meanwhile by this very thread; what there is no segment for, if so."""
        while self._deferred:
            if self._place(self._deferred[0]) is None:
                return self._deferred[0]
            self._deferred.popleft()
        return None

    def _place(self, pending: Pending) -> bool | None:
        """Takes a record in; None if a segment has to be made for it first."""
        record, event = pending.record, pending.event
        size = entry_bytes(record)
        held, limit = self._room(size)
        stripped = False
        if held + size > limit - limit // 8 and event != WORKFLOW_SHED:
            if event == GENERATION:
                self.sheds.count(pending.workflow, records=1)
                return False
            record = without_payload(record)
            stripped = record is not pending.record
            size = entry_bytes(record)
        if held + size > limit:
            return self._owe(Pending(record, event, pending.workflow), stripped)
        if not self._has_segment_for(record, size):
            return None
        if stripped:
            self.sheds.count(pending.workflow, payloads=1)
        return True

    def _has_segment_for(self, record: bytes, size: int) -> bool:
        """Whether there was a segment with room, which has taken the record in."""
        if self.segments and self._take_in(self.segments[-1], record):
            return True
        needed = capacity_for(1, size)
        for spare in self.spares:
            if spare.capacity >= needed:
                self.spares.remove(spare)
                self._order += 1
                spare.begin(self._order)
                self._take_in(spare, record)
                self.segments.append(spare)
                return True
        return False

    def _room(self, size: int) -> tuple[int, int]:
        """What is held where a record of that size would go, and the limit there."""
        current = self.segments[-1] if self.segments else None
        if current is not None and current.has_room(size):
            in_file = current.file is not None
        elif self.spares:
            in_file = self.spares[0].file is not None
        else:
            in_file = self._store.uses_files
        if in_file:
            return self.held_in_files, self._store.files_limit
        return self.held_in_memory, self._store.memory_limit

    def _owe(self, pending: Pending, stripped: bool) -> bool:
        """Keeps a step for later."""
        if pending.event == WORKFLOW_SHED:
            return False
        if not self.owed.keep(pending):
            self.sheds.count(pending.workflow, records=1)
            return False
        self.sheds.count(pending.workflow, owed=1, payloads=int(stripped))
        return True

    def make_ledger(self) -> None:
        """Makes the file in which the counts of what was shed survive, unless it was made."""
        with self.lock:
            is_asked = self.sheds.ask_for_ledger()
        ledger = self._store.make_ledger() if is_asked else None
        if ledger is not None:
            with self.lock:
                self.sheds.keep_in(ledger)

    def _add_segment(self, size: int) -> None:
        """Makes a segment on the thread that records, because none was made ahead of it. Nobody waits for that."""
        made = self._store.make(size)
        with self.lock:
            self.spares.append(made)
