"""A collector that takes batches, and acknowledges the first few only."""

import socket
import threading

from tracewire import frames, messages

LIMITS = {
    "frame_wire_bytes": 4 << 20,
    "frame_raw_bytes": 4 << 20,
    "batch_bytes": 96 << 20,
    "batch_records": 4096,
    "record_bytes": 80 << 20,
    "value_bytes": 64 << 20,
}


class FakeCollector:
    """Serves one connection after the other; what it was sent stands in `batches`, by sequence, not inflated.

    With a `refusal`, a code and a sentence, it refuses everybody.
    """

    def __init__(self, acknowledged=0, limits=None, credit=1 << 40, refusal=None):
        self.refusal = refusal
        self.acknowledged = acknowledged
        self.limits = {**LIMITS, **(limits or {})}
        self.credit = credit
        self.hellos = []
        self.batches = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                self.talk(peer)

    def talk(self, peer):
        try:
            while True:
                header = frames.decode_header(self.exactly(peer, 32), 4 << 20)
                body = self.exactly(peer, header.wire_length)
                if header.type == frames.Type.GOAWAY:
                    return
                self.answer(peer, header, body)
        except (OSError, EOFError):
            return

    @staticmethod
    def exactly(peer, count):
        data = b""
        while len(data) < count:
            more = peer.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def answer(self, peer, header, body):
        if header.type == frames.Type.HELLO:
            self.hellos.append(messages.decode("Hello", body))
            if self.refusal is not None:
                code, message = self.refusal
                farewell = messages.encode("Refuse", {"code": code, "message": message})
                peer.sendall(frames.encode_frame(frames.Type.REFUSE, farewell))
                return
            welcome = {"version": 1, "limits": self.limits, "credit": self.credit}
            peer.sendall(frames.encode_frame(frames.Type.WELCOME, messages.encode("Welcome", welcome)))
        elif header.type == frames.Type.BATCH:
            self.batches.append((header.sequence, header.raw_length, body, header.more))
            if header.sequence <= self.acknowledged and not header.more:
                ack = messages.encode("Ack", {"credit": self.credit})
                peer.sendall(frames.encode_frame(frames.Type.ACK, ack, header.sequence))

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(timeout=5)
