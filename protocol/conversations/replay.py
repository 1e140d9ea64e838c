#!/usr/bin/env python3
"""Lets today's programs talk to a collector that answers what a collector of an earlier version answered, byte for byte.

replay.py --tracewire PROGRAM --sdk-python PYTHON VERSION/NAME ...

The programs do what they did when the conversation was recorded, and have to say, print and end as they did (said.py). PROGRAM is
the built program, PYTHON an interpreter with the Python SDK.
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
from said import ClientSide, Records, differs, printed_differs

HERE = pathlib.Path(__file__).resolve().parent
# What a client may say when it likes.
FREE = ("CREDIT", "PING", "GREASE")


class RecordedCollector:
    """Takes a frame where one was taken, and sends what was sent."""

    def __init__(self, name):
        self.name = pathlib.Path(name).name
        self.document = json.loads((HERE / f"{name}.json").read_text())
        self.data = (HERE / f"{name}.bin").read_bytes()
        self.frames = self.document["frames"]
        self.failures = []
        self.passed = []
        self.records = Records()
        self.changed = threading.Condition()
        self.threads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        for number in range(1, self.connections + 1):
            peer, _ = self.listener.accept()
            peer.settimeout(60)
            thread = threading.Thread(target=self.serve, args=(number, peer), daemon=True)
            with self.changed:
                self.threads.append(thread)
            thread.start()
        self.listener.close()

    @property
    def connections(self):
        return max(frame["connection"] for frame in self.frames)

    def serve(self, number, peer):
        side = ClientSide()
        try:
            self.talk(number, peer, side)
            self.linger(number, peer, side)
        # Whatever a client says that cannot be read is a failure like all others.
        except Exception as error:
            self.failures.append(f"connection {number}: {error!r}")
        peer.close()

    def talk(self, number, peer, side):
        for frame in self.frames:
            name = frame["header"]["type_name"]
            if frame["connection"] != number or (frame["from"] == "client" and name in FREE):
                continue
            if frame["from"] == "client":
                self.take(number, peer, side, frame)
            elif name == "GREASE":
                # The client may have heard all that it wanted.
                with contextlib.suppress(OSError):
                    peer.sendall(self.encoded(frame))
            else:
                peer.sendall(self.encoded(frame))
            with self.changed:
                self.passed.append(name)
                self.changed.notify_all()

    def linger(self, number, peer, side):
        """Until the client closes, where it did. It says nothing more."""
        events = [event["event"] for event in self.document["events"] if event.get("connection") == number]
        if events != ["closed by client"]:
            return
        with contextlib.suppress(OSError, EOFError):
            self.take(number, peer, side, None)

    def encoded(self, frame):
        return self.data[frame["offset"] : frame["offset"] + frame["length"]]

    def take(self, number, peer, side, wanted):
        """Reads up to the frame that was sent then, or one that says the same. A batch more than there was, for a client may
        put fewer records in each, is acknowledged."""
        while True:
            header = self.exactly(peer, 32)
            body = self.exactly(peer, struct.unpack_from("<I", header, 8)[0])
            said = side.described(number, "client", header + body)
            name = said["header"]["type_name"]
            with self.changed:
                self.records.add(number, said)
            if wanted is not None and self.is_as_then(said["header"], wanted["header"]):
                if name != "BATCH" and "body" in wanted:
                    self.compare(number, name, wanted["body"], said["body"])
                return
            if name == "BATCH" and self.acks(number):
                if not said["header"]["more"]:
                    peer.sendall(self.acknowledgement(number, int(said["header"]["sequence"])))
            elif name not in FREE:
                raise ValueError(f"the client says {name}, which it did not say then")

    @staticmethod
    def is_as_then(header, wanted):
        return all(header[key] == wanted[key] for key in ("type", "sequence", "more"))

    def compare(self, number, name, then, now):
        welcome = next(f["body"] for f in self.frames if f["header"]["type_name"] == "WELCOME" and f["connection"] == number)
        if difference := differs(name, then, now, welcome):
            self.failures.append(f"connection {number}: {difference}")

    def acks(self, number):
        return [f for f in self.frames if f["connection"] == number and f["header"]["type_name"] == "ACK"]

    def acknowledgement(self, number, sequence):
        acks = self.acks(number)
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
            if thread.is_alive():
                self.failures.append("a connection that was closed then stays open")
        if len(self.threads) < self.connections:
            self.failures.append(f"the programs connect {len(self.threads)} times, and not {self.connections}")
        then = Records()
        for frame in self.frames:
            if frame["from"] == "client":
                then.add(frame["connection"], frame)
        # What the command line sends is in a file, with its identities and times.
        self.failures.append(self.records.differ(then, hides_chance=self.name.startswith("python")))


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
        failures = [*self.collector.failures, printed_differs(self.collector.document["commands"], self.ended)]
        if any(failures):
            raise SystemExit("\n".join(filter(None, failures)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracewire", default="")
    parser.add_argument("--sdk-python", default="")
    parser.add_argument("names", nargs="+")
    tools = parser.parse_args()
    for name in tools.names:
        stage = RecordedStage(tools, name)
        _, perform, _ = CONVERSATIONS[pathlib.Path(name).name]
        perform(stage)
        stage.finish()


if __name__ == "__main__":
    main()
