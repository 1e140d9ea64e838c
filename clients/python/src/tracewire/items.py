"""What a generator has yielded, as it was at that moment, and no more of it than one value may have."""

from __future__ import annotations

import io
from typing import Any

from tracewire.events import whole_characters
from tracewire.json_text import JSONText, json_bytes, utf8

#: Of what a generator yields, so many items are recorded.
MOST_ITEMS = 1000

#: Bytes for the brackets around the items, and for what is said of those that have no room.
_FOR_MARKS = 128


class Items:
    """Texts are put together; of anything else a list is made."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._room = max(limit - _FOR_MARKS, 0)
        self._count = 0
        self._list: list[bytes] = []
        self._bytes_of_list = 0
        self._text: io.BytesIO | None = io.BytesIO()
        self._bytes_of_text = 0

    def add(self, item: Any) -> None:
        """Takes an item, which may change afterwards."""
        self._count += 1
        if not isinstance(item, str):
            self._text = None
        elif self._text is not None:
            self._add_text(utf8(item))
        if self._count - 1 == len(self._list) < MOST_ITEMS:
            self._add_to_list(json_bytes(item))

    def value(self) -> Any:
        """All of it, or as much as there is room for, and a mark that says how much there was."""
        if self._text is not None and self._count:
            return self._whole_text(self._text.getvalue())
        if self._count > len(self._list):
            mark = f"[tracewire: {self._count} items, of which {len(self._list)} are recorded]"
            self._list.append(json_bytes(mark))
        return JSONText((b"[" + b",".join(self._list) + b"]").decode())

    def _add_text(self, data: bytes) -> None:
        assert self._text is not None
        if self._bytes_of_text <= self._limit:
            self._text.write(data[: self._limit - self._bytes_of_text])
        self._bytes_of_text += len(data)

    def _whole_text(self, data: bytes) -> str:
        if self._bytes_of_text <= self._limit:
            return data.decode()
        mark = f"[tracewire: cut, {self._bytes_of_text} bytes, more than {self._limit}]"
        return whole_characters(data, self._room).decode() + mark

    def _add_to_list(self, data: bytes) -> None:
        if len(data) > self._room:
            data = json_bytes(f"[tracewire: left out, {len(data)} bytes, more than {self._limit}]")
        if self._bytes_of_list + len(data) + 1 <= self._room:
            self._bytes_of_list += len(data) + 1
            self._list.append(data)
