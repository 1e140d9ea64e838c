"""Records that come when the process ends and everything before them was delivered: a spool keeps them for the next process."""

from __future__ import annotations

import os
import threading

from tracewire.configuration import MEMORY, Configuration
from tracewire.notices import Notices
from tracewire.owed import Pending
from tracewire.queue import RecordQueue
from tracewire.report import DeliveryReport
from tracewire.sheds import Sheds
from tracewire.spool import Spool, default_directory
from tracewire.store import SpoolStore


def spool_directory(configuration: Configuration) -> str | None:
    """Where the spools of this process are; None where records wait in memory."""
    return None if configuration.spool == MEMORY else configuration.spool or default_directory(os.environ)


class LateRecords:
    """Nobody delivers any more in this process. The spool is made for the first of them, and left behind."""

    def __init__(self, configuration: Configuration, notices: Notices) -> None:
        self._configuration = configuration
        self._notices = notices
        self._lock = threading.RLock()
        self._is_tried = False
        self._queue: RecordQueue | None = None

    def keep(self, pending: Pending) -> bool:
        """Whether a file keeps it."""
        with self._lock:
            if not self._is_tried:
                self._is_tried = True
                self._queue = self._make()
        queue = self._queue
        return queue is not None and queue.append(*pending) and queue.held_in_memory == 0

    def report_to(self, report: DeliveryReport) -> None:
        """Adds what is kept."""
        kept = self._queue.recorded if self._queue is not None else 0
        report.unknown += kept
        report.spooled += kept

    def _make(self) -> RecordQueue | None:
        directory = spool_directory(self._configuration)
        if directory is None:
            return None
        try:
            spool = Spool.make(directory, str(self._configuration.addresses[0]))
        except OSError:
            return None
        store = SpoolStore(self._configuration, directory, spool, self._notices)
        queue = RecordQueue(store, Sheds(), lambda: None)
        queue.spares.append(store.make(0))
        if queue.spares[0].file is None:
            spool.remove()
            return None
        return queue
