"""One session with a collector, as the client sees it: what comes and what may be sent. No I/O (SPEC.md, sections 4 and 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracewire import messages
from tracewire.codes import Code, ProtocolError
from tracewire.compression import ZSTD_FRAME, Compressor, NoCompression, negotiated
from tracewire.frames import (
    HEADER_BYTES,
    LARGEST_BODY,
    LARGEST_FIRST_BODY,
    Compression,
    Header,
    Type,
    check_beginning,
    decode_header,
    encode_frame,
    inflated,
)
from tracewire.wire import MalformedMessage

_SMALLEST_LIMITS = {
    "frame_wire_bytes": 1024,
    "frame_raw_bytes": 1024,
    "batch_bytes": 1024,
    "batch_records": 1,
    "record_bytes": 1024,
    "value_bytes": 1024,
}
_BODIES = {
    Type.WELCOME: "Welcome",
    Type.REFUSE: "Refuse",
    Type.ACK: "Ack",
    Type.CREDIT: "Credit",
    Type.GOAWAY: "Goaway",
}
#: A body is cut into frames of at most so many bytes, so that a large one is under way while its rest is compressed.
_PART_BYTES = 1 << 20


@dataclass(frozen=True)
class Opened:
    """WELCOME came: batches behind `last_committed` may be sent."""

    last_committed: int
    limits: dict[str, int]


@dataclass(frozen=True)
class Acknowledged:
    """All batches up to `sequence` are durable."""

    sequence: int
    verdicts: list[messages.Message]


@dataclass(frozen=True)
class Ended:
    """The collector ends the session."""

    code: int
    message: str
    retry_after_ms: int


Event = Opened | Acknowledged | Ended


class Session:
    """Takes bytes, and returns what they mean. `unsent` collects what has to be answered."""

    def __init__(self, hello: dict[str, Any]) -> None:
        self._hello = hello
        self._received = bytearray()
        self._header: Header | None = None
        self._limit = LARGEST_FIRST_BODY
        self._compressor: Compressor = NoCompression()
        self._features = 0
        self._credit = self._used = 0
        self._acknowledged = 0
        self._records: dict[int, int] = {}
        self._judged = (0, -1)
        self.is_open = False
        self.limits: dict[str, int] = {}
        self.unsent = bytearray(encode_frame(Type.HELLO, messages.encode("Hello", hello)))

    @property
    def credit(self) -> int:
        """Raw bytes of batches that may be sent now."""
        return self._credit - self._used

    @property
    def part_bytes(self) -> int:
        """Raw bytes that a frame of a batch may have."""
        wire = (self.limits["frame_wire_bytes"] - 1024) * 128 // 129
        return max(min(self.limits["frame_raw_bytes"], wire, _PART_BYTES), 1)

    def send_batch_part(self, sequence: int, part: bytes, records: int, more: bool) -> None:
        """A batch, or a part of one: at most `credit` and `part_bytes` bytes."""
        self._records[sequence] = records
        self._used += len(part)
        body = self._compressor.compress(part)
        self.unsent += encode_frame(
            Type.BATCH, body, sequence, raw_length=len(part), compression=self._compressor.kind, more=more
        )

    def send_ping(self, token: int) -> None:
        self.unsent += encode_frame(Type.PING, sequence=token)

    def send_goaway(self, code: Code = Code.OK, message: str = "") -> None:
        self.unsent += encode_frame(Type.GOAWAY, messages.encode("Goaway", {"code": int(code), "message": message}))

    def receive(self, data: bytes) -> list[Event]:
        """What the bytes mean, as far as frames are whole.

        Raises:
            ProtocolError: with the code of the first rule that is broken. What came before it is lost with it.
        """
        self._received += data
        found: list[Event] = []
        while (frame := self._next_frame()) is not None:
            event = self._take(*frame)
            if event is not None:
                found.append(event)
        return found

    def _next_frame(self) -> tuple[Header, bytes] | None:
        check_beginning(self._received)
        if self._header is None:
            if len(self._received) < HEADER_BYTES:
                return None
            self._header = decode_header(bytes(self._received[:HEADER_BYTES]), self._limit)
            self._check_place(self._header)
        end = HEADER_BYTES + self._header.wire_length
        if len(self._received) < end:
            return None
        header, body = self._header, bytes(self._received[HEADER_BYTES:end])
        del self._received[:end]
        self._header = None
        return header, body

    def _check_place(self, header: Header) -> None:
        """Rules 7 and 8 of section 2."""
        if not header.is_known:
            if not header.optional:
                raise ProtocolError(Code.UNKNOWN_FRAME_TYPE, f"a frame of type {header.type} is not known here")
            return
        opening = header.type in (Type.WELCOME, Type.REFUSE)
        answers = (Type.ACK, Type.CREDIT, Type.PING, Type.PONG, Type.GOAWAY, Type.GREASE)
        if header.type == Type.GREASE and header.optional:
            return
        if opening == self.is_open or not (opening or header.type in answers):
            raise ProtocolError(Code.UNEXPECTED_FRAME, f"{Type(header.type).name} may not come now")
        agreed = header.compression is Compression.FRAME and self._features & ZSTD_FRAME
        if header.compression is not Compression.NONE and not agreed:
            raise ProtocolError(Code.MISSING_FEATURE, "a frame is compressed in a way that was not agreed on")

    def _take(self, header: Header, body: bytes) -> Event | None:
        if not header.is_known or header.type == Type.GREASE:
            return None
        raw = inflated(header, body)
        if header.type == Type.PING:
            self.unsent += encode_frame(Type.PONG, sequence=header.sequence)
        name = _BODIES.get(Type(header.type))
        if name is None:
            return None
        try:
            message = messages.decode(name, raw)
        except MalformedMessage:
            raise ProtocolError(Code.MALFORMED_BODY, f"a {name} is none") from None
        return self._mean(Type(header.type), header.sequence, message)

    def _mean(self, type: Type, sequence: int, message: messages.Message) -> Event | None:
        if type is Type.WELCOME:
            return self._open(message)
        if type is Type.ACK:
            self._raise_credit(message)
            return self._acknowledge(sequence, message)
        if type is Type.CREDIT:
            self._raise_credit(message)
            return None
        return Ended(message.get("code", 0), message.get("message", ""), message.get("retry_after_ms", 0))

    def _open(self, welcome: messages.Message) -> Opened:
        if welcome.get("version") != 1:
            raise ProtocolError(Code.UNSUPPORTED_VERSION, "the collector chose a version that was not offered")
        features, window_log = welcome.get("features", 0), welcome.get("stream_window_log", 0)
        limits: dict[str, int] = welcome.get("limits", {})
        if (
            features & ~self._hello["offered_features"]
            or window_log > self._hello["stream_window_log"]
            or any(limits.get(name, 0) < least for name, least in _SMALLEST_LIMITS.items())
        ):
            raise ProtocolError(Code.MALFORMED_BODY, "a WELCOME offers what it may not")
        self.is_open = True
        self._features, self.limits = features, limits
        self._limit = LARGEST_BODY
        self._compressor = negotiated(features, window_log)
        self._acknowledged = welcome.get("last_committed_sequence", 0)
        self._raise_credit(welcome)
        return Opened(self._acknowledged, limits)

    def _raise_credit(self, message: messages.Message) -> None:
        self._credit = max(self._credit, message.get("credit", 0))

    def _acknowledge(self, sequence: int, ack: messages.Message) -> Acknowledged:
        if sequence < self._acknowledged or sequence > max(self._records, default=self._acknowledged):
            raise ProtocolError(Code.UNEXPECTED_FRAME, "an ACK names a batch that cannot be acknowledged now")
        verdicts = ack.get("verdicts", [])
        for verdict in verdicts:
            place = verdict.get("sequence", 0), verdict.get("index", 0)
            count = self._records.get(place[0], 0) if place[0] <= sequence else 0
            if place[1] >= count or place <= self._judged:
                raise ProtocolError(Code.UNEXPECTED_FRAME, "a verdict names a record that has none")
            self._judged = place
        self._acknowledged = sequence
        for settled in [number for number in self._records if number <= sequence]:
            del self._records[settled]
        return Acknowledged(sequence, verdicts)
