"""Records that had no room and are tried again: how workflows and nodes end is not given up for want of it."""

from __future__ import annotations

import collections
from typing import NamedTuple

from tracewire.segment import entry_bytes

#: The bytes that they may have, as a part of the limit.
_PART = 32


class Pending(NamedTuple):
    """A record on its way into the queue."""

    record: bytes
    event: str
    workflow: bytes | None


class Owed:
    """In their order, and bounded in bytes. It is changed under the queue's lock."""

    def __init__(self, limit: int) -> None:
        self._most = limit // _PART
        self._bytes = 0
        self._pending: collections.deque[Pending] = collections.deque()

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def first(self) -> Pending:
        """The one that is tried next."""
        return self._pending[0]

    def keep(self, pending: Pending) -> bool:
        """Whether there is room to keep it; if so, it is kept."""
        size = entry_bytes(pending.record)
        if self._bytes + size > self._most:
            return False
        self._bytes += size
        self._pending.append(pending)
        return True

    def forget_first(self) -> None:
        """It has found a place."""
        self._bytes -= entry_bytes(self._pending.popleft().record)
