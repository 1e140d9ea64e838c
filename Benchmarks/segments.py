"""Reads payloads out of a database's segments: a second reader of the format, which shares no code with the first.

A payload column holds a text, or a reference: a BLOB of two variable integers (seven bits a byte, lowest first), the
place of the value in the sequence of all values, and its length. `segments` holds the sequence: `start` is the place of
a segment's first byte, `data` a zstd frame.
"""

import bisect
import functools

import zstandard


class Segments:
    def __init__(self, database):
        self.database = database
        self.starts = [start for (start,) in database.execute("SELECT start FROM segments ORDER BY start")]
        self.inflate = functools.lru_cache(maxsize=8)(self.inflate)

    def value(self, stored):
        """What a payload column stands for."""
        if not isinstance(stored, bytes):
            return stored
        place, length = variable_integers(stored)
        start = self.starts[bisect.bisect_right(self.starts, place) - 1]
        offset = place - start
        value = self.inflate(start)[offset : offset + length]
        if len(value) != length:
            raise ValueError(f"no segment holds the {length} bytes at {place}")
        return value.decode()

    def inflate(self, start):
        raw_bytes, data = self.database.execute(
            "SELECT raw_bytes, data FROM segments WHERE start = ?", (start,)
        ).fetchone()
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=raw_bytes)
        if len(raw) != raw_bytes:
            raise ValueError(f"the segment at {start} has {len(raw)} bytes instead of {raw_bytes}")
        return raw


def variable_integers(stored):
    numbers, number, shift = [], 0, 0
    for byte in stored:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number)
            number = shift = 0
    place, length = numbers
    return place, length
