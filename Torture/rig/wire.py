"""Frames that no client of ours sends as slowly: made by hand, by `protocol/SPEC.md`, for peers that behave badly."""

from __future__ import annotations

import socket
import struct
import uuid
import zlib

HELLO, WELCOME, REFUSE, BATCH, ACK, QUERY, GOAWAY = 1, 2, 3, 4, 5, 7, 16


def frame(kind: int, body: bytes = b"", sequence: int = 0) -> bytes:
    """A frame without compression."""
    length = len(body)
    header = struct.pack("<4sBBBBIIQI", b"TWIR", 1, kind, 0, 0, length, length, sequence, zlib.crc32(body))
    return header + struct.pack("<I", zlib.crc32(header)) + body


def varint(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def number_field(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def bytes_field(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value


def hello(producer: bytes = b"") -> bytes:
    """A HELLO, of a client that only asks if it has no producer."""
    body = (
        number_field(1, 1) + number_field(2, 1) + varint(3 << 3 | 1) + (1 << 63).to_bytes(8, "little") + bytes_field(5, b"slow")
    )
    if producer:
        body += bytes_field(7, producer) + number_field(8, 1) + number_field(9, 1)
    return frame(HELLO, body)


def query(sql: str, number: int = 1) -> bytes:
    """A question, with credit for every answer that there may be."""
    return frame(QUERY, bytes_field(2, bytes_field(1, sql.encode())) + number_field(3, 1 << 40), number)


def batch(records: list[bytes], sequence: int) -> bytes:
    return frame(BATCH, b"".join(bytes_field(1, record) for record in records), sequence)


def user(name: str, at_ms: int = 1) -> bytes:
    """A record of a user."""
    return number_field(1, at_ms) + bytes_field(2, bytes_field(2, name.encode()))


def new_producer() -> bytes:
    return uuid.uuid4().bytes


def connected(address: str, *, receive_bytes: int | None = None) -> socket.socket:
    """A connection, if need be with little room for what was received and not read."""
    host, port = address.rsplit(":", 1)
    peer = socket.socket()
    if receive_bytes is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    peer.settimeout(30)
    peer.connect((host, int(port)))
    return peer


def exactly(peer: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = peer.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def received(peer: socket.socket) -> tuple[int, int, bytes]:
    """The next frame: its type, its sequence, and its body as it was sent."""
    header = exactly(peer, 32)
    kind, length, sequence = header[5], *struct.unpack_from("<I4xQ", header, 8)
    return kind, sequence, exactly(peer, length)


def welcomed(address: str, producer: bytes = b"", **options) -> socket.socket:
    """A connection on which WELCOME has come, and nothing else was read."""
    peer = connected(address, **options)
    peer.sendall(hello(producer))
    kind, _, body = received(peer)
    if kind != WELCOME:
        raise ConnectionRefusedError(f"{kind}: {body!r}")
    return peer


def report(name: str, number: int = 1) -> bytes:
    """A question for a report without arguments."""
    return frame(QUERY, bytes_field(1, bytes_field(1, name.encode())) + number_field(3, 1 << 40), number)
