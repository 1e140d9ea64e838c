"""The layout of a segment: entries from the front, marks from the back (SPOOL.md, section 4).

The bytes are a file that is mapped, or memory where there is no file; what is done to them is the same.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from tracewire import wire

if TYPE_CHECKING:
    from tracewire.segment_files import SegmentFile

HEADER_BYTES = 64
ENTRY_HEAD = 8
MARK_BYTES = 16
PAGE = 4096
_HEAD_AND_PADDING = ENTRY_HEAD + 7
#: What an entry and the mark behind it take at most, besides the record.
ENTRY_AND_MARK = _HEAD_AND_PADDING + MARK_BYTES
SMALLEST, LARGEST = 64 << 10, 64 << 20
MAGIC = b"TWSEGMT1"
#: Flag 0 of the header: the payloads were shed.
STRIPPED = 1

_HEADER = struct.Struct("<8sIIQ")
_MARK = struct.Struct("<QI")
_NUMBER = struct.Struct("<I")
_pack_number, _store_number = _NUMBER.pack, _NUMBER.pack_into

Memory = mmap.mmap | bytearray


def entry_bytes(record: bytes) -> int:
    """What a record takes in a segment."""
    return (ENTRY_HEAD + len(record) + 7) & ~7


def capacity_for(entries: int, size: int) -> int:
    """The bytes of a segment that holds entries of so many bytes in all, and their marks, in whole pages."""
    needed = HEADER_BYTES + size + MARK_BYTES * (entries + 2)
    return max((needed + PAGE - 1) // PAGE * PAGE, SMALLEST)


def header_bytes(capacity: int, flags: int, order: int) -> bytes:
    checked = _HEADER.pack(MAGIC, capacity, flags, order)
    return checked + _pack_number(crc32(checked))


def mark_bytes(sequence: int, end: int) -> bytes:
    checked = _MARK.pack(sequence, end)
    return checked + _pack_number(crc32(checked))


def checksum_of(length: bytes, record: bytes) -> int:
    return crc32(record, crc32(length))


@dataclass(frozen=True)
class Cut:
    """Consecutive entries that may be a batch."""

    end: int
    records: int
    size: int


class Segment:
    """A segment that is being filled, or was. Filling is for whoever holds the queue's lock; the rest is the sender's."""

    def __init__(self, memory: Memory, file: SegmentFile | None = None) -> None:
        self._memory: Memory = memory
        #: Where it lies; None where it is memory only.
        self.file = file
        self.capacity = len(memory)
        self.order = 0
        self.end = HEADER_BYTES
        self.entries = 0
        #: Whether the next segment was asked for.
        self.asked = False
        #: Whether the payloads were shed, so that nothing is left to shed.
        self.is_stripped = False
        #: Up to where entries belong to batches that were made, and to batches that are settled; and how many of those.
        self.taken = HEADER_BYTES
        self.settled = HEADER_BYTES
        self.settled_entries = 0
        self._marks = 0

    def begin(self, order: int, flags: int = 0) -> None:
        """Writes the header: the segment is the next to be filled."""
        self.order = order
        self.is_stripped = bool(flags & STRIPPED)
        header = header_bytes(self.capacity, flags, order)
        self._memory[: len(header)] = header

    def append(self, record: bytes) -> int:
        """Adds a record. The length is stored last: without it nothing was written.

        Returns:
            The bytes of the entry; 0 if there is no room.
        """
        start, entries, length = self.end, self.entries + 1, len(record)
        end = start + (length + _HEAD_AND_PADDING & ~7)
        if end + MARK_BYTES * (entries + 1) > self.capacity:
            return 0
        memory, size, place = self._memory, _pack_number(length), start + ENTRY_HEAD
        memory[place : place + length] = record
        _store_number(memory, start + 4, crc32(record, crc32(size)))
        # A slice, which is stored at once: whoever reads the file never sees a part of a length.
        memory[start : start + 4] = size
        self.end, self.entries = end, entries
        return end - start

    @property
    def room(self) -> int:
        """Bytes that are left, of entries with the mark that each may need."""
        return self.capacity - self.end - MARK_BYTES * (self.entries + 1)

    def has_room(self, size: int) -> bool:
        """Whether an entry of so many bytes, with its head, fits."""
        return self.end + size + MARK_BYTES * (self.entries + 2) <= self.capacity

    def cut(self, start: int, most_bytes: int, most_records: int) -> Cut | None:
        """The entries from `start` on that a batch may hold: at least one, if there is one."""
        memory, end = self._memory, self.end
        offset, records, size = start, 0, 0
        while offset < end and records < most_records:
            length = _NUMBER.unpack_from(memory, offset)[0]
            if records and size + length > most_bytes:
                break
            size += length
            records += 1
            offset += (ENTRY_HEAD + length + 7) & ~7
        return Cut(offset, records, size) if records else None

    def records(self, start: int, end: int) -> list[bytes]:
        """The records of the entries between two offsets."""
        memory, found = self._memory, []
        while start < end:
            length = _NUMBER.unpack_from(memory, start)[0]
            found.append(bytes(memory[start + ENTRY_HEAD : start + ENTRY_HEAD + length]))
            start += (ENTRY_HEAD + length + 7) & ~7
        return found

    def mark(self, sequence: int, end: int) -> None:
        """Says that a batch ends there, before it is sent for the first time."""
        self._marks += 1
        place = self.capacity - MARK_BYTES * self._marks
        self._memory[place : place + MARK_BYTES] = mark_bytes(sequence, end)

    def clear_marks(self, answered: int) -> None:
        """Forgets the batches: they go under another producer. What lies before `answered` needs to go nowhere."""
        place = self.capacity - MARK_BYTES * self._marks
        self._memory[place : self.capacity] = bytes(self.capacity - place)
        self._marks = 0
        if answered > HEADER_BYTES:
            self.mark(0, answered)
        self.taken = answered

    def release(self) -> None:
        """Gives the memory back. The file, if there is one, stays."""
        if isinstance(self._memory, mmap.mmap):
            self._memory.close()
        self._memory = bytearray()


def is_whole_record(record: bytes | memoryview) -> bool:
    """Whether bytes are an entry of `Batch.records`: a tag, a length, and as much as it says."""
    if len(record) < 2 or record[0] != 0x0A:
        return False
    try:
        length, offset = wire.read_varint(bytes(record[:12]), 1)
    except wire.MalformedMessage:
        return False
    return offset + length == len(record)
