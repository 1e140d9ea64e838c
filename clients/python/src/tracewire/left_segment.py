"""Reading a segment that a process has left (SPOOL.md, section 6). Bytes are read, not mapped: somebody may cut the file."""

from __future__ import annotations

import os
import re
import struct
import zlib
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import islice

from tracewire.owner import LARGEST_NUMBER
from tracewire.segment import (
    ENTRY_HEAD,
    HEADER_BYTES,
    MAGIC,
    MARK_BYTES,
    Cut,
    checksum_of,
    is_whole_record,
    mark_bytes,
)
from tracewire.unwritable import writing

_HEADER = struct.Struct("<8sIIQI")
_MARK = struct.Struct("<QII")
_NUMBER = struct.Struct("<I")
_SOMETHING = re.compile(rb"[^\0]")
#: So many times the bytes of a file are summed in search of entries behind a hole.
_SEARCHES = 8
#: A record of the largest size, and what stands around it.
_LARGEST_FILE = 96 << 20


class DamagedSegment(Exception):
    """Nothing of the file can be read."""


@dataclass
class Contents:
    """What a segment's file holds."""

    order: int
    capacity: int
    #: Offsets of the entries that can be read, and their records' lengths.
    entries: list[tuple[int, int]]
    #: Batches: their sequence, and the offset behind their last entry.
    marks: list[tuple[int, int]]
    #: How many stretches cannot be read.
    holes: int = 0
    #: The batches of which all entries are lost.
    lost: set[int] = field(default_factory=set)

    @property
    def end(self) -> int:
        if not self.entries:
            return HEADER_BYTES
        offset, length = self.entries[-1]
        return offset + (ENTRY_HEAD + length + 7 & ~7)


def read_segment(path: str) -> Contents | None:
    """What the file of a segment says; None if it holds nothing.

    Raises:
        DamagedSegment: if it cannot be read, whenever one tries.
        OSError: if it cannot be read now.
    """
    with open(path, "rb") as file:
        data = file.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise DamagedSegment
    return parse_segment(data)


def parse_segment(data: bytes) -> Contents | None:
    """What the bytes of a segment say; None if it holds nothing.

    Raises:
        DamagedSegment: if it cannot be read.
    """
    if not _SOMETHING.search(data, HEADER_BYTES):
        return None
    magic, capacity, _, order, checksum = _HEADER.unpack_from(data)
    if magic != MAGIC or checksum != zlib.crc32(data[:24]) or not order or capacity < len(data):
        raise DamagedSegment
    marks = _marks(data, capacity)
    walk = _Walk(data, capacity - MARK_BYTES * len(marks))
    found = Contents(order, capacity, walk.entries, marks, walk.holes)
    _clip(found)
    return found if found.entries or found.holes else None


def _marks(data: bytes, capacity: int) -> list[tuple[int, int]]:
    """From the end down, as long as they are right and follow each other."""
    found: list[tuple[int, int]] = []
    place = capacity - MARK_BYTES
    while place >= HEADER_BYTES and place + MARK_BYTES <= len(data):
        sequence, end, checksum = _MARK.unpack_from(data, place)
        if checksum != zlib.crc32(data[place : place + 12]) or sequence > LARGEST_NUMBER:
            break
        if end < HEADER_BYTES or end % 8 or (found and not _follows(*found[-1], sequence, end)):
            break
        found.append((sequence, end))
        place -= MARK_BYTES
    return found


def _follows(last_sequence: int, last_end: int, sequence: int, end: int) -> bool:
    return end > last_end and (last_sequence == 0 or sequence == last_sequence + 1)


def _clip(found: Contents) -> None:
    """Ends the last batch with the last entry that can be read, and says which batches lost everything."""
    marks: list[tuple[int, int]] = []
    for sequence, end in found.marks:
        marks.append((sequence, min(end, found.end)))
        if end > found.end:
            break
    found.marks = marks
    index = 0
    for sequence, end in marks:
        before = index
        while index < len(found.entries) and found.entries[index][0] < end:
            index += 1
        if index == before:
            found.lost.add(sequence)


@dataclass
class _Walk:
    """Goes from entry to entry, and over holes."""

    data: bytes
    limit: int
    entries: list[tuple[int, int]] = field(default_factory=list)
    holes: int = 0

    def __post_init__(self) -> None:
        self.limit = min(self.limit, len(self.data))
        self._left = _SEARCHES * len(self.data)
        offset = HEADER_BYTES
        while True:
            length = self._entry_at(offset)
            if length is None:
                following = self._search(offset + 8)
                if following is None:
                    self.holes += self._is_damage(offset)
                    return
                self.holes += 1
                offset = following
            else:
                self.entries.append((offset, length))
                offset += ENTRY_HEAD + length + 7 & ~7

    def _entry_at(self, offset: int) -> int | None:
        """The length of the record at an offset, if its checksum proves that there is one."""
        data = self.data
        if offset + ENTRY_HEAD > self.limit:
            return None
        length, checksum = struct.unpack_from("<II", data, offset)
        start = offset + ENTRY_HEAD
        if not length or start + length > self.limit:
            return None
        record = data[start : start + length]
        self._left -= length
        if checksum_of(data[offset : offset + 4], record) != checksum or not is_whole_record(record):
            return None
        return int(length)

    def _search(self, offset: int) -> int | None:
        """The next offset at which an entry lies."""
        while self._left > 0:
            something = _SOMETHING.search(self.data, offset, self.limit)
            if something is None:
                return None
            offset = max(offset, something.start() & ~7)
            if self._entry_at(offset) is not None:
                return offset
            offset += 8
        return None

    def _is_damage(self, offset: int) -> bool:
        """Whether something lies behind the last entry: a length that is not 0."""
        return offset + 4 <= self.limit and _NUMBER.unpack_from(self.data, offset)[0] != 0


class LeftSegment:
    """A segment of a spool that was taken over. Its bytes are in memory only while batches are made of them."""

    def __init__(self, path: str, contents: Contents) -> None:
        self.path = path
        self.order = contents.order
        self.marks = contents.marks
        self.lost = contents.lost
        self.end = contents.end
        self.is_damaged = contents.holes > 0
        self.taken = HEADER_BYTES
        self.settled = HEADER_BYTES
        self._capacity = contents.capacity
        self._marks = len(contents.marks)
        self._loaded: tuple[bytes, list[tuple[int, int]]] | None = None

    def load(self) -> tuple[bytes, list[tuple[int, int]]]:
        if self._loaded is None:
            with open(self.path, "rb") as file:
                data = file.read()
            try:
                contents = parse_segment(data)
            except DamagedSegment:
                contents = None
            self._loaded = data, contents.entries if contents else []
        return self._loaded

    def unload(self) -> None:
        self._loaded = None

    def cut(self, start: int, most_bytes: int, most_records: int) -> Cut | None:
        if start >= self.end:
            return None
        records, size, end = 0, 0, start
        entries = self.load()[1]
        for offset, length in islice(entries, bisect_left(entries, (start, 0)), None):
            if records and (size + length > most_bytes or records >= most_records):
                break
            records, size, end = records + 1, size + length, offset + (ENTRY_HEAD + length + 7 & ~7)
        return Cut(end, records, size) if records else None

    def records(self, start: int, end: int) -> list[bytes]:
        data, entries = self.load()
        return [data[offset + ENTRY_HEAD : offset + ENTRY_HEAD + length] for offset, length in entries if start <= offset < end]

    def mark(self, sequence: int, end: int) -> None:
        self._write(self._marks, mark_bytes(sequence, end))
        self._marks += 1

    def clear_marks(self, answered: int) -> None:
        for index in range(self._marks):
            self._write(index, bytes(MARK_BYTES))
        self._marks = 0
        if answered > HEADER_BYTES:
            self.mark(0, answered)

    def _write(self, index: int, data: bytes) -> None:
        with writing(self.path):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.pwrite(descriptor, data, self._capacity - MARK_BYTES * (index + 1))
            finally:
                os.close(descriptor)
