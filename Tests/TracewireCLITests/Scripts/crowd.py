"""Opens sessions with a collector until it takes no more, asks what it does not read the answers of, keeps further
connections knocking, and looks how much of a processor the collector's process uses meanwhile, and how many descriptors.
Whoever is refused comes again.

    crowd.py HOST:PORT PROCESS CONNECTIONS

Prints how many sessions were welcomed, how many connections were refused, the share of one processor that was used
in the calmest second seen, and the most descriptors that were open. Fails if the first session is not answered any more, or nobody is let in when the crowd has gone.
"""
import collections
import json
import os
import resource
import select
import socket
import struct
import sys
import time
import zlib

HELLO, WELCOME, QUERY, PING, PONG = 1, 2, 7, 14, 15
HEADER = 32
PATIENCE = 20


def frame(kind, body=b"", sequence=0):
    head = b"TWIR" + struct.pack("<BBBBIIQI", 1, kind, 0, 0, len(body), len(body), sequence, zlib.crc32(body))
    return head + struct.pack("<I", zlib.crc32(head)) + body


def connected():
    peer = socket.create_connection(address, PATIENCE)
    peer.settimeout(PATIENCE)
    return peer


def welcome():
    """A session, or nothing if it is refused or nobody answers."""
    peer = connected()
    try:
        # A HELLO that says nothing but that it speaks version 1.
        peer.sendall(frame(HELLO, bytes.fromhex("08011001")))
        return peer if received(peer)[5] == WELCOME else None
    except OSError:
        return None


def received(peer):
    head = exactly(peer, HEADER)
    exactly(peer, struct.unpack_from("<I", head, 8)[0])
    return head


def exactly(peer, count):
    data = b""
    while len(data) < count:
        part = peer.recv(count - len(data))
        if not part:
            raise OSError("closed")
        data += part
    return data


def answers(peer):
    peer.sendall(frame(PING, sequence=7))
    while True:
        if received(peer)[5] == PONG:
            return True


def field(number, value):
    """Of a message: bytes, whose length fits into seven bits."""
    return bytes([number << 3 | 2, len(value)]) + value


def ask_and_not_read(peers):
    """As many queries as a session may have, each with room for one byte of its answer."""
    numbers = field(2, field(1, b"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n"))
    status = field(1, field(1, b"status"))
    for request in [numbers, numbers, numbers, status]:
        peer = peers.pop()
        for sequence in range(1, 9):
            peer.sendall(frame(QUERY, request + bytes([3 << 3, 1]), sequence))


def descriptors():
    return len(os.listdir(f"/proc/{process}/fd"))


class Crowd:
    """Connections that say nothing. One that is refused stays until the collector has cut it, and comes again."""

    def __init__(self, count):
        self.poll = select.poll()
        self.peers = {}
        # Those that were refused, and when they come again: the collector cuts them after a second.
        self.leaving = collections.deque()
        self.refused = 0
        self.descriptors = 0
        for _ in range(count):
            self.join()

    def join(self):
        peer = socket.socket()
        peer.setblocking(False)
        peer.connect_ex(address)
        self.peers[peer.fileno()] = peer
        self.poll.register(peer, select.POLLIN)

    def knock(self, seconds):
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            self.descriptors = max(self.descriptors, descriptors())
            while self.leaving and self.leaving[0][0] <= now:
                self.leaving.popleft()[1].close()
                self.join()
            until = min(end, self.leaving[0][0]) if self.leaving else end
            for number, _ in self.poll.poll(max(1, (until - now) * 1000)):
                self.hear(self.peers[number])

    def hear(self, peer):
        try:
            data = peer.recv(1 << 16)
        except OSError:
            data = b""
        if data:
            self.refused += 1
            return
        self.poll.unregister(peer)
        del self.peers[peer.fileno()]
        self.leaving.append((time.monotonic() + 1.5, peer))

    def leave(self):
        for peer in [*self.peers.values(), *(peer for _, peer in self.leaving)]:
            peer.close()


def ticks():
    with open(f"/proc/{process}/stat") as facts:
        fields = facts.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def busy(crowd):
    """The share of a processor in a second, of the calmest of a few."""
    calmest = 1.0
    for _ in range(10):
        before, began = ticks(), time.monotonic()
        crowd.knock(1)
        used = (ticks() - before) / os.sysconf("SC_CLK_TCK")
        calmest = min(calmest, used / (time.monotonic() - began))
        if calmest <= 0.5:
            break
    return calmest


host, port = sys.argv[1].rsplit(":", 1)
address = (host, int(port))
process = int(sys.argv[2])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
sessions = []
while len(sessions) < 4096 and (peer := welcome()):
    sessions.append(peer)
ask_and_not_read(sessions[1:5])
crowd = Crowd(int(sys.argv[3]))
# Until it is full in any case.
crowd.knock(2)
share = busy(crowd)
assert answers(sessions[0]), "the first session is not served"
crowd.leave()
for peer in sessions[1:]:
    peer.close()
end = time.monotonic() + PATIENCE
while not (late := welcome()):
    assert time.monotonic() < end, "nobody is let in"
figures = {"welcomed": len(sessions), "refused": crowd.refused, "busy": share, "descriptors": crowd.descriptors}
print(json.dumps(figures))
