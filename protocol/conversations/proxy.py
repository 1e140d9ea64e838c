"""A proxy that writes down every frame that passes it, in the order in which they pass."""

import contextlib
import pathlib
import socket
import struct
import sys
import threading

import zstandard

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "vectors"))
from framing import MORE, describe_header, neutral, schema  # noqa: E402

EMPTY = ("PING", "PONG", "CANCEL", "GREASE", None)


class Side:
    """What one side of a connection sends, cut into frames."""

    def __init__(self):
        self.buffer = b""
        self.stream = zstandard.ZstdDecompressor().decompressobj()
        self.parts = {}

    def frames(self, data):
        self.buffer += data
        while len(self.buffer) >= 32:
            end = 32 + struct.unpack_from("<I", self.buffer, 8)[0]
            if len(self.buffer) < end:
                return
            frame, self.buffer = self.buffer[:end], self.buffer[end:]
            yield frame

    def described(self, connection, sender, frame):
        """As protocol/vectors/README.md says, with the bytes themselves as `data`."""
        described = {"from": sender, "connection": connection, "header": describe_header(frame[:32]), "data": frame}
        name, flags = described["header"]["type_name"], frame[6]
        if name in EMPTY:
            return described
        key = (name, described["header"]["sequence"])
        body = self.parts.pop(key, b"") + self.inflated(frame[32:], flags & 3)
        if flags & MORE:
            self.parts[key] = body
        else:
            described["body"] = neutral(self.decoded(name, body))
        return described

    def decoded(self, name, body):
        return getattr(schema, name.capitalize()).FromString(body)

    def inflated(self, body, mode):
        if mode == 1:
            return zstandard.ZstdDecompressor().decompress(body, max_output_size=96 << 20)
        return self.stream.decompress(body) if mode == 2 else body


class Proxy:
    """Stands between clients and the collector at `address`. `entries` is what passed."""

    def __init__(self, address, cuts_at=None):
        self.address = address
        # Who sends a frame that does not arrive, its type and its sequence: with it the connection is cut.
        self.cuts_at = cuts_at
        self.entries = []
        self.changed = threading.Condition()
        self.connections = 0
        self.open = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                collector = socket.create_connection(self.address)
            except OSError:
                client.close()
                continue
            with self.changed:
                self.connections += 1
                self.open += 1
                number = self.connections
            pair = {"client": client, "collector": collector}
            ended = threading.Event()
            for sender in pair:
                threading.Thread(target=self.pump, args=(number, sender, pair, ended), daemon=True).start()

    def pump(self, number, sender, pair, ended):
        source, sink = pair[sender], pair["collector" if sender == "client" else "client"]
        side = Side()
        try:
            while data := source.recv(1 << 16):
                for frame in side.frames(data):
                    entry = side.described(number, sender, frame)
                    with self.changed:
                        if ended.is_set():
                            return
                        if self.cuts_at == (sender, entry["header"]["type_name"], entry["header"]["sequence"]):
                            self.cuts_at = None
                            self.end(number, "cut", pair, ended)
                            return
                        self.entries.append(entry)
                        self.changed.notify_all()
                    sink.sendall(frame)
        except OSError:
            pass
        with self.changed:
            self.end(number, f"closed by {sender}", pair, ended)

    def end(self, number, event, pair, ended):
        if ended.is_set():
            return
        ended.set()
        self.entries.append({"connection": number, "event": event})
        self.open -= 1
        self.changed.notify_all()
        for end in pair.values():
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def note(self, event):
        with self.changed:
            self.entries.append({"event": event})

    def wait(self, name):
        """Until a frame of that type has passed."""
        with self.changed:
            passed = self.changed.wait_for(
                lambda: any(entry.get("header", {}).get("type_name") == name for entry in self.entries), timeout=60
            )
        if not passed:
            raise SystemExit(f"no {name} has passed")

    def finish(self):
        """The entries, once every connection is closed."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.open == 0, timeout=60):
                raise SystemExit("a connection stays open")
        self.listener.close()
        return self.entries
