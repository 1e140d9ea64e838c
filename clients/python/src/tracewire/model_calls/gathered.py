"""What is kept of a stream: no more text than one value may have, whatever arrives."""

from __future__ import annotations

import io
from typing import Any, Protocol

#: Choices, content blocks or calls of tools of one answer; what stands behind them is not recorded.
MOST_PIECES = 512


class Reading(Protocol):
    """What was read of a stream so far."""

    #: Whether anything that the model said has arrived, and not only that it begins.
    has_begun: bool

    def add(self, piece: Any) -> None:
        """Takes one piece of the stream."""

    def whole(self) -> Any:
        """An answer as it would have come without a stream."""

    @property
    def is_complete(self) -> bool:
        """Whether the model had ended."""


class Room:
    """How many characters may still be kept of one stream."""

    def __init__(self, limit: int) -> None:
        self.left = limit
        #: Characters that had no room.
        self.left_out = 0

    def take(self, text: str) -> str:
        if len(text) <= self.left:
            self.left -= len(text)
            return text
        kept, self.left = text[: self.left], 0
        self.left_out += len(text) - len(kept)
        return kept


class GatheredText:
    """A text that arrives in pieces."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._pieces = io.StringIO()

    def add(self, piece: Any) -> bool:
        """Whether it was a text, and not empty."""
        if not isinstance(piece, str) or not piece:
            return False
        self._pieces.write(self._room.take(piece))
        return True

    def __str__(self) -> str:
        return self._pieces.getvalue()
