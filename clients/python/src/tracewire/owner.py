"""The file that says whose a spool is, and the lock on it (SPOOL.md, sections 2 and 3)."""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from dataclasses import dataclass

from tracewire.unwritable import writing

OWNER = "owner"
OWNER_BYTES = 1024
MAGIC = b"TWSPOOL1"
LARGEST_DESTINATION = 960
LARGEST_NUMBER = (1 << 63) - 1

_IDENTITY = struct.Struct("<8s16sI")
_PAIR = struct.Struct("<QQ")
_EPOCH, _ACKNOWLEDGED = 32, 48
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class OwnerFields:
    """What the file says."""

    producer: bytes
    destination: str
    #: None where it cannot be read: the spool is delivered under a new producer.
    epoch: int | None
    acknowledged: int


class LaterVersion(Exception):
    """A spool of a version that is not known here, which is left alone."""


def decode_owner(data: bytes) -> OwnerFields | None:
    """What the file says; None if it cannot be read.

    Raises:
        LaterVersion: if it is of another version.
    """
    if len(data) >= 8 and data[:7] == MAGIC[:7] and data[:8] != MAGIC:
        raise LaterVersion
    if len(data) < OWNER_BYTES or data[:8] != MAGIC:
        return None
    _, producer, length = _IDENTITY.unpack_from(data)
    if length > LARGEST_DESTINATION:
        return None
    destination = data[64 : 64 + length]
    if zlib.crc32(destination, zlib.crc32(data[:28])) != struct.unpack_from("<I", data, 28)[0]:
        return None
    return OwnerFields(
        producer,
        destination.decode("utf-8", "replace"),
        _number(data, _EPOCH),
        _number(data, _ACKNOWLEDGED) or 0,
    )


def _number(data: bytes, offset: int) -> int | None:
    number, complement = _PAIR.unpack_from(data, offset)
    return number if number == complement ^ _MASK and number <= LARGEST_NUMBER else None


class OwnerFile:
    """The file, open and locked: as long as it is, the spool is this process's. It is written, not mapped."""

    def __init__(self, descriptor: int, path: str) -> None:
        self._descriptor = descriptor
        self._path = path
        self.producer = b""
        self.epoch = 0
        self.acknowledged = 0

    @classmethod
    def locked(cls, path: str, flags: int) -> OwnerFile | None:
        """Opens the file and takes its lock; None where somebody else has it, or the file lost its name.

        Raises:
            OSError: if it cannot be opened.
        """
        descriptor = os.open(path, flags | os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink > 0:
                return cls(descriptor, path)
        except BlockingIOError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def read(self) -> OwnerFields | None:
        """What it says; None if it cannot be read. Also raises `LaterVersion`."""
        data = os.pread(self._descriptor, OWNER_BYTES, 0)
        found = decode_owner(data)
        if found is not None:
            self.producer, self.epoch = found.producer, found.epoch or 0
        # Its complement proves it, whatever else is broken.
        self.acknowledged = _number(data.ljust(OWNER_BYTES, b"\0"), _ACKNOWLEDGED) or 0
        return found

    def write(self, producer: bytes, destination: str) -> None:
        """Makes the spool a producer's, with nothing sent and nothing acknowledged.

        Raises:
            UnwritableFile: if it cannot be written, like the others that write.
        """
        with writing(self._path):
            os.posix_fallocate(self._descriptor, 0, OWNER_BYTES)
        place = destination.encode()[:LARGEST_DESTINATION]
        identity = _IDENTITY.pack(MAGIC, producer, len(place))
        checksum = struct.pack("<I", zlib.crc32(place, zlib.crc32(identity)))
        numbers = _PAIR.pack(0, _MASK) * 2
        data = identity + checksum + numbers + place
        self._put(data.ljust(OWNER_BYTES, b"\0"), 0)
        self.producer, self.epoch, self.acknowledged = producer, 0, 0

    def set_epoch(self, epoch: int) -> None:
        """Before HELLO says it."""
        self._put(_PAIR.pack(epoch, epoch ^ _MASK), _EPOCH)
        self.epoch = epoch

    def set_acknowledged(self, sequence: int) -> None:
        """When the collector has committed it."""
        self._put(_PAIR.pack(sequence, sequence ^ _MASK), _ACKNOWLEDGED)
        self.acknowledged = sequence

    def _put(self, data: bytes, offset: int) -> None:
        with writing(self._path):
            os.pwrite(self._descriptor, data, offset)

    def close(self) -> None:
        """Gives the lock back. In the child of a fork its parent keeps it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class MemoryOwner:
    """The same where there is no file."""

    def __init__(self, producer: bytes) -> None:
        self.producer = producer
        self.epoch = 0
        self.acknowledged = 0

    def write(self, producer: bytes, destination: str) -> None:
        self.producer, self.epoch, self.acknowledged = producer, 0, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def set_acknowledged(self, sequence: int) -> None:
        self.acknowledged = sequence

    def close(self) -> None:
        pass


Owner = OwnerFile | MemoryOwner
