"""What objects become in JSON. Nothing here is imported for their sake: they are told by what they have."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import math
import pathlib
import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import islice
from typing import Any

#: What is said of an object that says nothing else.
_LONGEST_REPR = 64 << 10
#: Arrays, ranges and the like with more elements are their `repr`.
LARGEST_COLLECTION = 100_000
#: How deep, of how many values, and of how many objects with parts a copy is that is made of what cannot be written as it is.
_DEEPEST, _MOST_VALUES, _MOST_OBJECTS = 100, 1_000_000, 100_000
#: How often an object may become just another object.
_MOST_IN_A_ROW = 8

_JSON = (str, int, float, dict, list, tuple)

_CYCLE = "[tracewire: contains itself]"
_TOO_DEEP = "[tracewire: nested too deeply]"
_TOO_MANY = "[tracewire: too many values]"


def convert(value: object) -> Any:
    """What stands for an object that JSON does not have. Its parts may be such objects again.

    Raises:
        RecursionError: where the stack ends. Whoever went so deep has to turn back, or would try every way that leads there.
    """
    try:
        found = value
        for _ in range(_MOST_IN_A_ROW):
            found = _converted(found)
            if found is None or isinstance(found, _JSON):
                return found
        return representation(value)
    except RecursionError:
        raise
    except Exception:
        return representation(value)


def written(value: object) -> str:
    """What `str` makes of an object, or what can be said where that raises."""
    try:
        return str(value)
    except Exception:
        return representation(value)


def representation(value: object) -> str:
    """The object's `repr`, or what can be said where it has none."""
    try:
        text = repr(value)
    except Exception as error:
        return f"<{type(value).__name__}: its repr raised {type(error).__name__}>"
    return text if len(text) <= _LONGEST_REPR else text[:_LONGEST_REPR] + "…"


def _converted(value: Any) -> Any:
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (uuid.UUID, decimal.Decimal, pathlib.PurePath, complex)):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _text_of_bytes(bytes(value))
    if isinstance(value, BaseException):
        return {"type": type(value).__qualname__, "message": str(value)}
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
    return _converted_by_what_it_has(value)


def _converted_by_what_it_has(value: Any) -> Any:
    # Of its type, not of itself: a mock, or a proxy of something far away, has whatever it is asked for, and does something then.
    kind = type(value)
    if callable(getattr(kind, "model_dump", None)):
        return value.model_dump()
    if callable(getattr(kind, "tolist", None)) and hasattr(kind, "dtype"):
        return value.tolist() if getattr(value, "size", 0) <= LARGEST_COLLECTION else representation(value)
    if isinstance(value, (Mapping, Set, Sequence)) or kind.__name__ == "deque":
        return _in_order_or_as_it_is(value) if len(value) <= LARGEST_COLLECTION else representation(value)
    return representation(value)


def _in_order_or_as_it_is(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return _in_order(value) if isinstance(value, Set) else list(value)


def _in_order(values: Iterable[Any]) -> list[Any]:
    """A set's elements, sorted if they can be, so that the same set is the same text."""
    try:
        return sorted(values)
    except TypeError:
        return list(values)


def _text_of_bytes(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(data).decode()


class _Copy:
    """A copy that JSON can be made of, whatever the object is."""

    def __init__(self) -> None:
        self.left, self.objects_left = _MOST_VALUES, _MOST_OBJECTS
        self.above: set[int] = set()

    def of(self, value: Any, depth: int = 0) -> Any:
        self.left -= 1
        if self.left < 0:
            return _TOO_MANY
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int):
            return _integer(value)
        if isinstance(value, float):
            return _number(value)
        if depth >= _DEEPEST:
            return _TOO_DEEP
        if id(value) in self.above:
            return _CYCLE
        self.above.add(id(value))
        try:
            return self._parts(value, depth + 1)
        finally:
            self.above.discard(id(value))

    def _parts(self, value: Any, depth: int) -> Any:
        if issubclass(type(value), dict):
            pairs = list(islice(value.items(), self.left + 1))
            return {self._key(key): self.of(one, depth) for key, one in pairs}
        if issubclass(type(value), (list, tuple)):
            return [self.of(one, depth) for one in islice(value, self.left + 1)]
        return self._object(value, depth)

    def _object(self, value: Any, depth: int) -> Any:
        if self.objects_left <= 0:
            return _TOO_MANY
        try:
            found = convert(value)
        except RecursionError:
            found = representation(value)
        self.objects_left -= isinstance(found, (dict, list, tuple))
        return self.of(found, depth)

    def _key(self, key: Any) -> str:
        if isinstance(key, enum.Enum):
            key = key.value
        if isinstance(key, str):
            return str.__str__(key)
        if key is None or isinstance(key, bool):
            return {None: "null", True: "true", False: "false"}[key]
        return str(convert(key)) if not isinstance(key, (int, float)) else str(_integer(key))


def bounded_copy(value: object) -> Any:
    """The same in dictionaries, lists, texts and numbers, with marks in place of cycles and of what is nested too deeply."""
    return _Copy().of(value)


def _integer(value: Any) -> Any:
    try:
        str(value)
    except ValueError:  # More digits than Python is ready to write.
        return f"[tracewire: a number of {value.bit_length()} bits]"
    return int(value) if isinstance(value, int) else value


def _number(value: float) -> Any:
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
