"""Makes the segments of one process, in its spool as long as that can be written."""

from __future__ import annotations

import itertools
import logging
import os

from tracewire.configuration import Configuration
from tracewire.notices import Notices
from tracewire.segment import LARGEST, PAGE, SMALLEST, Segment, capacity_for
from tracewire.segment_files import SegmentFiles
from tracewire.segment_store import SegmentStore
from tracewire.sheds import Ledger
from tracewire.spool import SHED, Spool, bytes_of_others


class SpoolStore(SegmentStore):
    """Files of a spool; memory where there is none, or no room on the disk."""

    def __init__(self, configuration: Configuration, directory: str | None, spool: Spool | None, notices: Notices) -> None:
        self.memory_limit = configuration.memory_limit
        self.files_limit = 0
        self.uses_files = False
        self._limit = configuration.spool_limit
        self._segment_bytes = configuration.segment_bytes
        self._directory = directory
        self._spool = spool
        self._files = SegmentFiles(spool.path) if spool else None
        self._numbers = itertools.count(1)
        self._notices = notices
        self.look_at_others()

    def look_at_others(self) -> None:
        """The spools of a directory are bounded together. I/O: it is the sender's, but for the first time."""
        if self._spool is None or self._directory is None:
            return
        others = bytes_of_others(self._directory, self._spool.path)
        if others >= self._limit:
            self.files_limit, self.uses_files = 0, False
            self._notices.once(logging.WARNING, "what other processes left takes up the spool's limit; records wait in memory")
        else:
            self.files_limit, self.uses_files = max(self._limit - others, self._limit // 8), True

    def make(self, size: int) -> Segment:
        if self.uses_files and self._files is not None:
            try:
                return self._files.make(next(self._numbers), self._capacity(size, self._limit))
            except OSError as error:
                self.uses_files = False
                self._notices.once(logging.WARNING, "the spool cannot be written; records wait in memory", error)
        return Segment(bytearray(self._capacity(size, self.memory_limit)))

    def make_ahead(self) -> Segment | None:
        """A segment in a file, also where that failed before; None where it fails again. The sender's."""
        self.look_at_others()
        if not self.uses_files or self._files is None:
            return None
        try:
            return self._files.make(next(self._numbers), self._capacity(0, self._limit))
        except OSError as error:
            self.uses_files = False
            self._notices.once(logging.WARNING, "the spool cannot be written; records wait in memory", error)
            return None

    def without_payloads(self, segment: Segment, entries: list[bytes], size: int, flags: int) -> Segment:
        """A segment of other entries in place of one.

        Raises:
            OSError: if there is no room for it.
        """
        capacity = capacity_for(len(entries), size)
        if segment.file is not None and self._files is not None:
            return self._files.replace(segment, capacity, entries, flags)
        made = Segment(bytearray(capacity))
        made.begin(segment.order, flags)
        for entry in entries:
            made.append(entry)
        return made

    def make_ledger(self) -> Ledger | None:
        if self._spool is None:
            return None
        try:
            return Ledger(os.path.join(self._spool.path, SHED))
        except OSError:
            return None

    def _capacity(self, size: int, limit: int) -> int:
        usual = min(self._segment_bytes, max(limit // 8, SMALLEST), LARGEST)
        return max(usual // PAGE * PAGE, capacity_for(1, size))
