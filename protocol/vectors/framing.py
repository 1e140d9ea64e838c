"""Frames and vectors, from nothing but struct, zlib and zstandard: no code is shared with the implementation."""

import json
import pathlib
import struct
import sys
import zlib

import zstandard

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Oracle"))
from schema import compile_schema, neutral  # noqa: E402

schema = compile_schema()

TYPES = {
    "HELLO": 1,
    "WELCOME": 2,
    "REFUSE": 3,
    "BATCH": 4,
    "ACK": 5,
    "CREDIT": 6,
    "QUERY": 7,
    "COLUMNS": 8,
    "ROWS": 9,
    "SUMMARY": 10,
    "CANCEL": 11,
    "WATCH": 12,
    "PING": 14,
    "PONG": 15,
    "GOAWAY": 16,
    "GREASE": 250,
}
MODES = {"none": 0, "zstd-frame": 1, "zstd-stream": 2}
OPTIONAL, MORE = 4, 8
LEVEL = 1


def header(
    number, body, *, flags=0, raw_length=None, sequence=0, magic=b"TWIR", version=1, reserved=0, wire_length=None
):
    """The 32 bytes before `body`; what is not given is as the rules want it."""
    wire_length = len(body) if wire_length is None else wire_length
    raw_length = wire_length if raw_length is None else raw_length
    start = magic + struct.pack(
        "<BBBBIIQI", version, number, flags, reserved, wire_length, raw_length, sequence, zlib.crc32(body)
    )
    return start + struct.pack("<I", zlib.crc32(start))


def describe_header(encoded):
    _, version, number, flags, _, wire_length, raw_length, sequence, body_crc, header_crc = struct.unpack(
        "<4sBBBBIIQII", encoded
    )
    names = {value: name for name, value in TYPES.items()}
    return {
        "version": version,
        "type": number,
        "type_name": names.get(number),
        "compression": next(name for name, value in MODES.items() if value == flags & 3),
        "optional": bool(flags & OPTIONAL),
        "more": bool(flags & MORE),
        "wire_length": wire_length,
        "raw_length": raw_length,
        "sequence": str(sequence),
        "body_crc32": f"{body_crc:08x}",
        "header_crc32": f"{header_crc:08x}",
    }


class Vector:
    """Frames in the order in which they are sent, and what each means."""

    def __init__(self, description, *, window_log=0, **facts):
        self.document = {"description": description, **facts}
        if window_log:
            self.document["stream_window_log"] = window_log
        self.window_log = window_log
        self.connection = 1
        self.frames = []
        self.data = bytearray()
        self.streams = {}
        self.parts = {}

    def reconnect(self):
        self.connection += 1

    def send(self, sender, name, message=None, *, sequence=0, mode="none", flags=0, raw=None, canonical=True):
        """A frame that keeps the rules. `raw` is an encoding of `message` other than the usual one."""
        if raw is None:
            raw = b"" if message is None else message.SerializeToString(deterministic=True)
        body = self.compress(sender, raw, mode)
        flags |= MODES[mode]
        encoded = header(TYPES[name], body, flags=flags, raw_length=len(raw), sequence=sequence)
        frame = {"header": describe_header(encoded)}
        whole = self.parts.pop((sender, name, sequence), b"") + raw
        if flags & MORE:
            self.parts[sender, name, sequence] = whole
        elif message is not None:
            frame["body"] = neutral(type(message).FromString(whole))
        if not canonical:
            frame["canonical"] = False
        self.append(sender, encoded + body, frame)
        return self

    def send_in_parts(self, sender, name, message, parts, **arguments):
        """`message` over as many frames as `parts`, all but the last marked MORE."""
        raw = message.SerializeToString(deterministic=True)
        size = -(-len(raw) // parts)
        for index in range(parts):
            flags = MORE if index < parts - 1 else 0
            self.send(sender, name, message, flags=flags, raw=raw[index * size : (index + 1) * size], **arguments)
        return self

    def send_unknown(self, sender, number, body, flags):
        """A frame of a type that nobody knows."""
        encoded = header(number, body, flags=flags)
        return self.append(sender, encoded + body, {"header": describe_header(encoded)})

    def append(self, sender, encoded, frame=None):
        facts = {"from": sender, "offset": len(self.data), "length": len(encoded)}
        if self.connection > 1:
            facts["connection"] = self.connection
        self.frames.append({**facts, **(frame or {})})
        self.data += encoded
        return self

    def compress(self, sender, raw, mode):
        if mode == "none":
            return raw
        if mode == "zstd-frame":
            return zstandard.ZstdCompressor(level=LEVEL).compress(raw)
        return self.stream(sender)(raw)

    def stream(self, sender, window_log=None):
        """What compresses the next body of the stream that `sender` writes on this connection."""
        key = (self.connection, sender)
        if key not in self.streams:
            parameters = zstandard.ZstdCompressionParameters.from_level(LEVEL, window_log=window_log or self.window_log)
            self.streams[key] = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        stream = self.streams[key]
        return lambda raw: stream.compress(raw) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def encoded(self):
        document = {**self.document, "frames": self.frames}
        return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
