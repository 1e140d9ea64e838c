"""Where the queue's segments come from."""

from __future__ import annotations

from tracewire.segment import Segment
from tracewire.sheds import Ledger


class SegmentStore:
    """Makes segments, in files where that is possible, else in memory; and says how much they may hold."""

    #: Bytes of records that may be held in memory, and in files.
    memory_limit: int
    files_limit: int
    #: Whether segments are made in files now.
    uses_files: bool

    def make(self, size: int) -> Segment:
        """An empty segment that has room for an entry of so many bytes."""
        raise NotImplementedError

    def make_ledger(self) -> Ledger | None:
        """The file in which the counts of what was shed survive; None where there can be none."""
        raise NotImplementedError
