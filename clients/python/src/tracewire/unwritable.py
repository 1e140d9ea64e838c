"""What a program is told of a spool's file that cannot be written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class UnwritableFile(OSError):
    """A file of a spool cannot be written. The text says which it is, and why."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(f"the spool's file {path} cannot be written: {error.strerror or error}")


@contextlib.contextmanager
def writing(path: str) -> Iterator[None]:
    """Raises `UnwritableFile` where writing to the file fails within it."""
    try:
        yield
    except OSError as error:
        raise UnwritableFile(path, error) from error
