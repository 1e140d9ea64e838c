"""A queue that can be closed: what comes then goes another way, so that it is not taken in where nobody will look any more."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tracewire.owed import Pending
from tracewire.queue import RecordQueue
from tracewire.segment_store import SegmentStore
from tracewire.sheds import Sheds


class ClosingQueue(RecordQueue):
    """Records are taken in until `close` returns, and none afterwards."""

    def __init__(
        self, store: SegmentStore, sheds: Sheds, wake: Callable[[], None], when_closed: Callable[[Pending], bool]
    ) -> None:
        super().__init__(store, sheds, wake)
        self._when_closed = when_closed
        self._is_closed = False
        #: What came too late, by the thread that brought it and takes it away again.
        self._too_late: dict[int, list[Pending]] = {}

    def close(self) -> bool:
        """Takes nothing in any more. Whether nothing is left of what was taken in, nor is a call in the middle of it."""
        with self.lock:
            self._is_closed = True
            # From now on every record has to be decided upon.
            self._free, self.waiting_since = 0, None
            is_idle = not self._busy and not self._deferred
            return is_idle and self.recorded <= self.settled and not self.owed and not self.sheds.unsaid()

    def _append_with_care(self, pending: Pending | None) -> bool:
        taken = super()._append_with_care(pending)
        for late in self._too_late.pop(threading.get_ident(), ()):
            is_kept = self._when_closed(late)
            taken = is_kept if late is pending else taken
        return taken

    def _place(self, pending: Pending) -> bool | None:
        if not self._is_closed:
            return super()._place(pending)
        self._too_late.setdefault(threading.get_ident(), []).append(pending)
        return False

    def _look_ahead(self) -> int:
        return 0 if self._is_closed else super()._look_ahead()
