#!/usr/bin/env python3
"""Lets today's programs talk to a collector that answers what a collector of an earlier version answered, byte for byte.

replay.py --tracewire PROGRAM --sdk-python PYTHON VERSION/NAME ...

The programs do what they did when the conversation was recorded, and have to end as they did. PROGRAM is the built program,
PYTHON an interpreter with the Python SDK.
"""

import argparse
import contextlib
import json
import pathlib
import socket
import struct
import threading
import zlib

from record import CONVERSATIONS, Programs

HERE = pathlib.Path(__file__).resolve().parent
BATCH, MORE = 4, 8


class RecordedCollector:
    """Takes a frame where one was taken, and sends what was sent."""

    def __init__(self, name):
        self.document = json.loads((HERE / f"{name}.json").read_text())
        self.data = (HERE / f"{name}.bin").read_bytes()
        self.failures = []
        self.passed = []
        self.changed = threading.Condition()
        self.threads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        count = max(frame["connection"] for frame in self.document["frames"])
        for number in range(1, count + 1):
            peer, _ = self.listener.accept()
            peer.settimeout(60)
            thread = threading.Thread(target=self.serve, args=(number, peer), daemon=True)
            with self.changed:
                self.threads.append(thread)
            thread.start()
        self.listener.close()

    def serve(self, number, peer):
        try:
            self.talk(number, peer)
            self.linger(number, peer)
        except (OSError, EOFError) as error:
            self.failures.append(f"connection {number}: {error!r}")
        peer.close()

    def talk(self, number, peer):
        for frame in self.document["frames"]:
            name = frame["header"]["type_name"]
            # A client grants credit when it likes.
            if frame["connection"] != number or (frame["from"], name) == ("client", "CREDIT"):
                continue
            if frame["from"] == "client":
                self.take(number, peer, frame["header"])
            elif name == "GREASE":
                # The client may have heard all that it wanted.
                with contextlib.suppress(OSError):
                    peer.sendall(self.encoded(frame))
            else:
                peer.sendall(self.encoded(frame))
            with self.changed:
                self.passed.append(name)
                self.changed.notify_all()

    def linger(self, number, peer):
        """Until the client closes, where it did."""
        events = [event["event"] for event in self.document["events"] if event.get("connection") == number]
        if events != ["closed by client"]:
            return
        with contextlib.suppress(OSError, EOFError):
            self.take(number, peer, None)

    def encoded(self, frame):
        return self.data[frame["offset"] : frame["offset"] + frame["length"]]

    def take(self, number, peer, wanted):
        """Reads up to the frame that was sent then, or one that says the same. A batch more than there was, for a client may
        put fewer records in each, is acknowledged."""
        while True:
            header = self.exactly(peer, 32)
            self.exactly(peer, struct.unpack_from("<I", header, 8)[0])
            sequence = struct.unpack_from("<Q", header, 16)[0]
            said = {"type": header[5], "sequence": str(sequence), "more": bool(header[6] & MORE)}
            if wanted is not None and said == {key: wanted[key] for key in said}:
                return
            if header[5] == BATCH and not said["more"]:
                peer.sendall(self.acknowledgement(number, sequence))

    def acknowledgement(self, number, sequence):
        frames = self.document["frames"]
        acks = [f for f in frames if f["connection"] == number and f["header"]["type_name"] == "ACK"]
        encoded = self.encoded(acks[-1])
        header = encoded[:16] + struct.pack("<Q", sequence) + encoded[24:28]
        return header + struct.pack("<I", zlib.crc32(header)) + encoded[32:]

    @staticmethod
    def exactly(peer, count):
        data = b""
        while len(data) < count:
            more = peer.recv(count - len(data))
            if not more:
                raise EOFError("the client has closed before it said what it said then")
            data += more
        return data

    def wait(self, name):
        with self.changed:
            if not self.changed.wait_for(lambda: name in self.passed, timeout=60):
                raise SystemExit(f"no {name} has passed")

    def finish(self):
        for thread in self.threads:
            thread.join(timeout=60)
        if self.failures:
            raise SystemExit("\n".join(self.failures))


class RecordedStage(Programs):
    def __init__(self, tools, name):
        self.collector = RecordedCollector(name)
        super().__init__(tools, self.collector.port)

    def wait(self, name):
        self.collector.wait(name)

    def stop(self):
        self.collector.wait("GOAWAY")

    def finish(self):
        self.collector.finish()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracewire", default="")
    parser.add_argument("--sdk-python", default="")
    parser.add_argument("names", nargs="+")
    tools = parser.parse_args()
    for name in tools.names:
        stage = RecordedStage(tools, name)
        _, perform, _ = CONVERSATIONS[name.split("/")[1]]
        perform(stage)
        stage.finish()


if __name__ == "__main__":
    main()
