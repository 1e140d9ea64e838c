"""The files of segments: made, renamed and deleted in the directory of a spool."""

from __future__ import annotations

import contextlib
import mmap
import os
from dataclasses import dataclass

from tracewire.segment import Segment

ENDING = ".segment"
BARE = ".bare"


@dataclass(frozen=True)
class SegmentFile:
    """Where a segment lies."""

    path: str

    def delete(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self.path)


def segment_number(name: str) -> int | None:
    """The number that a segment's name says; None if it is no segment's."""
    if not name.endswith(ENDING) or len(name) != 16 + len(ENDING):
        return None
    try:
        return int(name[:16], 16)
    except ValueError:
        return None


class SegmentFiles:
    """Makes segments in a spool. Numbers are used once."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._number = 0

    def make(self, number: int, capacity: int) -> Segment:
        """An empty segment, reserved on the disk and mapped.

        Raises:
            OSError: if there is no room, or the directory cannot be written.
        """
        file = SegmentFile(os.path.join(self._directory, f"{number:016x}{ENDING}"))
        return Segment(map_new_file(file.path, capacity), file)

    def replace(self, segment: Segment, capacity: int, entries: list[bytes], flags: int) -> Segment:
        """A segment with the same order and name, and other entries, in place of one. It is on the disk when this returns.

        Raises:
            OSError: if there is no room for it; nothing was replaced then.
        """
        assert segment.file is not None
        path = segment.file.path + BARE
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        made = Segment(map_new_file(path, capacity), segment.file)
        made.begin(segment.order, flags)
        for entry in entries:
            made.append(entry)
        try:
            _synchronize(path)
            os.rename(path, segment.file.path)
        except OSError:
            made.release()
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
        return made


def map_new_file(path: str, capacity: int) -> mmap.mmap:
    """A new file of zeros, mapped, and reserved on the disk: a store in a mapped hole of a full disk would end the process.

    Raises:
        OSError: if it exists, or there is no room; then it is not there.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, capacity)
        return mmap.mmap(descriptor, capacity)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def _synchronize(path: str) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
