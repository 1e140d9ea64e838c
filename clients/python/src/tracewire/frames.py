"""Frames: the header of 32 bytes and what is checked of it (SPEC.md, section 2)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

import zstandard

from tracewire.codes import Code, ProtocolError

HEADER_BYTES = 32
MAGIC = b"TWIR"
#: A frame's body, as sent and inflated, unless WELCOME says less (section 8); before it a HELLO's and a WELCOME's.
LARGEST_BODY = 4 << 20
LARGEST_FIRST_BODY = 16_384
LARGEST_WINDOW_LOG = 23

_CHECKED = struct.Struct("<4sBBBBIIQI")
_HEADER_CHECKSUM = struct.Struct("<I")


class Type(IntEnum):
    HELLO = 1
    WELCOME = 2
    REFUSE = 3
    BATCH = 4
    ACK = 5
    CREDIT = 6
    QUERY = 7
    COLUMNS = 8
    ROWS = 9
    SUMMARY = 10
    CANCEL = 11
    WATCH = 12
    PING = 14
    PONG = 15
    GOAWAY = 16
    GREASE = 250


class Compression(IntEnum):
    NONE = 0
    FRAME = 1
    STREAM = 2


OPTIONAL = 4
MORE = 8

_TYPES = frozenset(Type)
_EMPTY = frozenset((Type.PING, Type.PONG, Type.CANCEL))
_NEVER_EMPTY = frozenset((Type.HELLO, Type.WELCOME, Type.REFUSE, Type.BATCH, Type.QUERY))
_WITH_MORE = frozenset((Type.BATCH, Type.ROWS))


@dataclass(frozen=True)
class Header:
    """What stands before a body."""

    type: int
    sequence: int = 0
    wire_length: int = 0
    raw_length: int = 0
    compression: Compression = Compression.NONE
    optional: bool = False
    more: bool = False
    body_checksum: int = 0

    @property
    def is_known(self) -> bool:
        return self.type in _TYPES

    def encoded(self) -> bytes:
        flags = self.compression | (OPTIONAL if self.optional else 0) | (MORE if self.more else 0)
        checked = _CHECKED.pack(
            MAGIC, 1, self.type, flags, 0, self.wire_length, self.raw_length, self.sequence, self.body_checksum
        )
        return checked + _HEADER_CHECKSUM.pack(zlib.crc32(checked))


def largest_compressed(raw_bytes: int) -> int:
    """What a body of so many bytes may become at most (section 6)."""
    return raw_bytes + raw_bytes // 128 + 1024


def encode_frame(
    type: int,
    body: bytes = b"",
    sequence: int = 0,
    *,
    raw_length: int | None = None,
    compression: Compression = Compression.NONE,
    more: bool = False,
) -> bytes:
    """A frame; `body` as it is sent."""
    header = Header(
        type,
        sequence,
        len(body),
        len(body) if raw_length is None else raw_length,
        compression,
        False,
        more,
        zlib.crc32(body),
    )
    return header.encoded() + body


def decode_header(data: bytes, limit: int) -> Header:
    """The header that 32 bytes are. Rules 1 to 6 of section 2, in their order.

    Raises:
        ProtocolError: with the code of the first rule that is broken.
    """
    check_beginning(data)
    _, version, type, flags, reserved, wire_length, raw_length, sequence, checksum = _CHECKED.unpack_from(data)
    if version != 1:
        raise ProtocolError(Code.UNSUPPORTED_VERSION, f"frames of version {version} are not known here")
    if zlib.crc32(data[:28]) != _HEADER_CHECKSUM.unpack_from(data, 28)[0]:
        raise ProtocolError(Code.CHECKSUM_MISMATCH, "a header's checksum is wrong")
    if reserved or flags & 0xF0 or flags & 3 == 3:
        raise ProtocolError(Code.INVALID_HEADER, "a header has flags that do not exist")
    header = Header(
        type,
        sequence,
        wire_length,
        raw_length,
        Compression(flags & 3),
        bool(flags & OPTIONAL),
        bool(flags & MORE),
        checksum,
    )
    _check_lengths(header, limit)
    return header


def check_beginning(data: bytes | bytearray) -> None:
    """Rule 1, as soon as four bytes are there.

    Raises:
        ProtocolError: if it is another protocol.
    """
    if len(data) >= 4 and data[:4] != MAGIC:
        raise ProtocolError(Code.NOT_TRACEWIRE, "the other side does not speak Tracewire's protocol")


def _check_lengths(header: Header, limit: int) -> None:
    wire, raw = header.wire_length, header.raw_length
    if wire > limit or raw > limit:
        raise ProtocolError(Code.FRAME_TOO_LARGE, f"a frame of {max(wire, raw)} bytes is more than {limit}")
    plain = header.compression is Compression.NONE
    contradictory = wire != raw if plain else wire > largest_compressed(raw)
    if contradictory or (header.more and header.is_known and header.type not in _WITH_MORE):
        raise ProtocolError(Code.INVALID_HEADER, "a header contradicts itself")
    if (header.type in _EMPTY and wire) or (header.type in _NEVER_EMPTY and not wire):
        raise ProtocolError(Code.MALFORMED_BODY, "a body is there that must not be, or is not that must")


def inflated(header: Header, body: bytes) -> bytes:
    """The raw body of a frame. Rules 10 and 11 of section 2; only clients send streams.

    Raises:
        ProtocolError: with the code of the rule that is broken.
    """
    if zlib.crc32(body) != header.body_checksum:
        raise ProtocolError(Code.CHECKSUM_MISMATCH, "a body's checksum is wrong")
    if header.compression is Compression.NONE:
        return body
    try:
        size = zstandard.get_frame_parameters(body).content_size
        if size not in (zstandard.CONTENTSIZE_UNKNOWN, header.raw_length):
            raise ProtocolError(Code.DECOMPRESSION_FAILED, "a body does not inflate to its length")
        decompressor = zstandard.ZstdDecompressor(max_window_size=1 << LARGEST_WINDOW_LOG)
        raw = decompressor.decompress(body, max_output_size=max(header.raw_length, 1), allow_extra_data=False)
    except zstandard.ZstdError:
        raise ProtocolError(Code.DECOMPRESSION_FAILED, "a body cannot be inflated") from None
    if len(raw) != header.raw_length:
        raise ProtocolError(Code.DECOMPRESSION_FAILED, "a body does not inflate to its length")
    return raw
