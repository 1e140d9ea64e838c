"""Where a queue's segments come from in tests that need no files."""

from tracewire.segment import Segment, capacity_for
from tracewire.segment_store import SegmentStore


class MemoryStore(SegmentStore):
    """Segments in memory, made when they are needed."""

    files_limit, uses_files = 0, False

    def __init__(self, memory_limit):
        self.memory_limit = memory_limit

    def make(self, size):
        return Segment(bytearray(capacity_for(1, size)))

    def make_ledger(self):
        return None
