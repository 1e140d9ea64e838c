"""How batches are compressed on one connection (SPEC.md, section 6)."""

from __future__ import annotations

from typing import Protocol

import zstandard

from tracewire.frames import Compression

#: Bits of HELLO and WELCOME.
ZSTD_FRAME, ZSTD_STREAM, EVERY_CLIENT = 1 << 0, 1 << 1, 1 << 63

_LEVEL = 1


class Compressor(Protocol):
    """Makes bodies smaller, one after the other."""

    kind: Compression

    def compress(self, body: bytes) -> bytes: ...


class NoCompression:
    kind = Compression.NONE

    def compress(self, body: bytes) -> bytes:
        return body


class FrameCompression:
    """Each body alone."""

    kind = Compression.FRAME

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)

    def compress(self, body: bytes) -> bytes:
        return self._compressor.compress(body)


class StreamCompression:
    """All bodies of a connection are one zstd frame that never ends, flushed behind each."""

    kind = Compression.STREAM

    def __init__(self, window_log: int) -> None:
        parameters = zstandard.ZstdCompressionParameters.from_level(_LEVEL, window_log=window_log)
        self._stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()

    def compress(self, body: bytes) -> bytes:
        return self._stream.compress(body) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def offered(mode: str) -> int:
    """The features that a client offers which prefers `mode`."""
    return EVERY_CLIENT | {"stream": ZSTD_FRAME | ZSTD_STREAM, "frame": ZSTD_FRAME}.get(mode, 0)


def negotiated(features: int, window_log: int) -> Compressor:
    """The best of what both sides can do."""
    if features & ZSTD_STREAM and window_log:
        return StreamCompression(window_log)
    if features & ZSTD_FRAME:
        return FrameCompression()
    return NoCompression()
