"""Protobuf's wire format, as far as Tracewire's messages need it: proto3 without groups."""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

#: What a field holds before anybody knows its type.
Raw = int | bytes

#: The varints of one byte.
SMALL = [bytes([number]) for number in range(128)]
_LIMIT = 1 << 64


class MalformedMessage(ValueError):
    """The bytes are no protobuf message, or not one of the type that they should be."""


def varint(number: int) -> bytes:
    """An unsigned number of at most 64 bits; a negative one as its two's complement."""
    if 0 <= number < 128:
        return SMALL[number]
    number &= _LIMIT - 1
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def read_varint(data: bytes, offset: int) -> tuple[int, int]:
    """The number at `offset`, and the offset behind it."""
    number = shift = 0
    while offset < len(data) and shift < 70:
        byte = data[offset]
        offset += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number & (_LIMIT - 1), offset
        shift += 7
    raise MalformedMessage("a varint does not end")


def tag(number: int, wire_type: int) -> bytes:
    """What stands before a field."""
    return varint(number << 3 | wire_type)


def read_fields(data: bytes) -> Iterator[tuple[int, int, Raw, int]]:
    """Each field of a message: its number, its wire type, what it holds, and the offset at which it begins."""
    offset = 0
    while offset < len(data):
        start = offset
        key, offset = read_varint(data, offset)
        number, wire_type = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise MalformedMessage("a field's number is out of range")
        value: Raw
        if wire_type == VARINT:
            value, offset = read_varint(data, offset)
        else:
            length, offset = _length(data, offset, wire_type)
            if offset + length > len(data):
                raise MalformedMessage("a field goes beyond the message")
            value = data[offset : offset + length]
            offset += length
        yield number, wire_type, value, start


def _length(data: bytes, offset: int, wire_type: int) -> tuple[int, int]:
    if wire_type == BYTES:
        return read_varint(data, offset)
    if wire_type == FIXED64:
        return 8, offset
    if wire_type == FIXED32:
        return 4, offset
    raise MalformedMessage("a wire type that proto3 does not have")


def double_bytes(number: float) -> bytes:
    return struct.pack("<d", number)


def double_number(data: bytes) -> float:
    return float(struct.unpack("<d", data)[0])
