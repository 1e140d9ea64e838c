"""A collector of an earlier version, which knows none of the reports that it is asked for. It prints where it listens, and
answers one client after the other until it is ended.

    older_collector.py
"""
import socket
import struct
import zlib

HELLO, WELCOME, QUERY, SUMMARY = 1, 2, 7, 10
UNKNOWN_REPORT = 300


def frame(kind, body, sequence=0):
    head = b"TWIR" + struct.pack("<BBBBIIQI", 1, kind, 0, 0, len(body), len(body), sequence, zlib.crc32(body))
    return head + struct.pack("<I", zlib.crc32(head)) + body


def varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(encoded + bytes([number]))


def field(number, value):
    return varint(number << 3) + varint(value)


def message(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


LIMITS = b"".join(field(number, value) for number, value in enumerate([1 << 22, 1 << 22, 96 << 20, 4096, 80 << 20, 64 << 20], 1))
WELCOMED = field(1, 1) + message(3, LIMITS) + field(4, 1 << 20) + message(7, b"older")
UNKNOWN = field(1, UNKNOWN_REPORT) + message(2, b"there is no report of that name")


def serve(peer):
    stream = peer.makefile("rb")
    while len(header := stream.read(32)) == 32:
        kind, sequence = header[5], struct.unpack("<Q", header[16:24])[0]
        stream.read(struct.unpack("<I", header[8:12])[0])
        if kind == HELLO:
            peer.sendall(frame(WELCOME, WELCOMED))
        elif kind == QUERY:
            peer.sendall(frame(SUMMARY, UNKNOWN, sequence))


listener = socket.create_server(("127.0.0.1", 0))
print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
while True:
    with listener.accept()[0] as peer:
        serve(peer)
