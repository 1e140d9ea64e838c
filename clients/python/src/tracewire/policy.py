"""What is done to a record's fields before anything is written: values are masked and cut, names and numbers kept in range."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from tracewire.events import NAMES, VALUES, FieldValue, shortened, whole_characters
from tracewire.json_text import is_json, json_bytes, text_bytes, utf8
from tracewire.json_values import written
from tracewire.notices import Notices

#: Is given the name of a value and its text (or JSON text), and returns what is recorded in its place; None for nothing.
Mask = Callable[[str, str], str | None]

#: SPEC.md, section 7.
LONGEST_NAME = 1024
LARGEST_ORDER = (1 << 31) - 1
_LARGEST = (1 << 53) - 1


class Value(bytes):
    """A value that the policy was applied to already."""


class Policy:
    """Applied on the thread that records."""

    def __init__(self, mask: Mask | None, limit: int, notices: Notices) -> None:
        self._mask = mask
        self._limit = limit
        self._notices = notices

    def apply(self, fields: Mapping[str, Any]) -> dict[str, FieldValue]:
        """The fields of an event as they are written."""
        return {
            name: value if isinstance(value, bytes) else self._field(name, value)
            for name, value in fields.items()
            if value is not None
        }

    def _field(self, name: str, value: Any) -> FieldValue:
        if name in NAMES:
            if type(value) is str and 0 < len(value) <= LONGEST_NAME and value.isascii():
                return value.encode()
            return self._name(name, value)
        json = VALUES.get(name)
        if json is not None:
            return self.value(name, value, json)
        return self.number(name, value)

    def value(self, name: str, value: Any, json: bool | None = None) -> Value | None:
        """One value, masked and cut. None where there is none, or the mask says so."""
        if value is None or isinstance(value, Value):
            return value
        data = self.data(name, value, VALUES[name] if json is None else json)
        return None if data is None else Value(data)

    def data(self, name: str, value: Any, json: bool) -> bytes | None:
        """As `value`, of something that goes into a record at once."""
        data = json_bytes(value) if json else text_bytes(value)
        if self._mask is not None:
            masked = self._masked(name, data, json)
            if masked is None:
                return None
            data = masked
        return data if len(data) <= self._limit else self._cut(data, json)

    def _masked(self, name: str, data: bytes, json: bool) -> bytes | None:
        assert self._mask is not None
        text = data.decode()
        try:
            masked = self._mask(name, text)
            if masked is None:
                return None
            found = utf8(masked)
        except Exception:
            self._notices.failure("the mask raised an exception; what it was given is not recorded")
            return _mark("[tracewire: the mask failed]", json)
        # The hook's answer is not believed to be JSON, and never is what it was to hide.
        if json and found != data and not is_json(found):
            return _mark("[tracewire: the masked value is no JSON]", json)
        return found

    def _cut(self, data: bytes, json: bool) -> bytes:
        if json:
            return _mark(f"[tracewire: left out, {len(data)} bytes, more than {self._limit}]", json)
        mark = f"[tracewire: cut, {len(data)} bytes, more than {self._limit}]"
        return whole_characters(data, self._limit) + mark.encode()

    def _name(self, name: str, value: Any) -> bytes | None:
        data = utf8(value if isinstance(value, str) else written(value))
        if not data:
            return None if name in ("input_type", "model_provider", "username", "email") else b"unnamed"
        return shortened(data, LONGEST_NAME)

    def number(self, name: str, value: Any) -> int | float | None:
        """A number as it is written. None for what is none, or out of range, which is counted as refused."""
        try:
            number = _temperature(value) if name == "temperature" else _whole(name, value)
        except Exception:  # The value's own code may raise whatever it likes.
            number = None
        if number is None:
            self._notices.refused(f"a value of {name} was left out: it is no number, or out of range")
        return number

    def order(self, value: Any) -> int | None:
        """As `number`, of where a node stands."""
        order = self.number("execution_order", value)
        return None if order is None else int(order)


def _temperature(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _whole(name: str, value: Any) -> int | None:
    number = int(value)
    return number if 0 <= number <= (LARGEST_ORDER if name == "execution_order" else _LARGEST) else None


def _mark(text: str, json: bool) -> bytes:
    return f'"{text}"'.encode() if json else text.encode()
