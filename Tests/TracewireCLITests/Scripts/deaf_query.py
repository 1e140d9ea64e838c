"""Asks a collector for a very long answer, all of which it may send at once, and reads no more than the beginning of it, until
the collector closes or this is ended. It writes a line when the answer has begun.

    deaf_query.py HOST:PORT
"""

import socket
import struct
import sys
import time
import zlib


def frame(kind, body=b"", sequence=0):
    head = b"TWIR" + struct.pack("<BBBBIIQI", 1, kind, 0, 0, len(body), len(body), sequence, zlib.crc32(body))
    return head + struct.pack("<I", zlib.crc32(head)) + body


def field(number, payload):
    return bytes([number << 3 | 2, len(payload)]) + payload


TEXT = b"WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT hex(randomblob(500)) FROM n"
# `sql` with its text, then a credit of 2^35 bytes.
QUERY = field(2, field(1, TEXT)) + bytes.fromhex("18808080808001")

host, port = sys.argv[1].rsplit(":", 1)
peer = socket.socket()
peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
peer.connect((host, int(port)))
peer.sendall(frame(1, bytes.fromhex("08011001")) + frame(7, QUERY, sequence=1))
# More than WELCOME: rows are on their way, and more of them than anybody's buffers hold.
received = b""
while len(received) < 4096:
    received += peer.recv(4096)
print("the answer has begun", flush=True)
while True:
    time.sleep(1)
