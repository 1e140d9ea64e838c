"""Opens connections to a collector, sends PINGs on each for as long as any are taken, and reads nothing. Then it prints
by how many bytes the memory of the collector's process has grown meanwhile.

    deaf_pings.py HOST:PORT PROCESS CONNECTIONS
"""
import os
import select
import socket
import struct
import sys
import zlib


def frame(kind, body=b"", sequence=0):
    head = b"TWIR" + struct.pack("<BBBBIIQI", 1, kind, 0, 0, len(body), len(body), sequence, zlib.crc32(body))
    return head + struct.pack("<I", zlib.crc32(head)) + body


def resident(process):
    with open(f"/proc/{process}/statm") as facts:
        return int(facts.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


host, port = sys.argv[1].rsplit(":", 1)
process, connections = int(sys.argv[2]), int(sys.argv[3])
# A HELLO that says nothing but that it speaks version 1.
hello = frame(1, bytes.fromhex("08011001"))
pings = frame(14, sequence=7) * 2048
peers = []
for _ in range(connections):
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect((host, int(port)))
    peer.sendall(hello)
    peer.setblocking(False)
    peers.append(peer)
before = resident(process)
while ready := select.select([], peers, [], 1)[1]:
    for peer in ready:
        peer.send(pings)
print(resident(process) - before)
