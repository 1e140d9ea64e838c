"""Any object as JSON text that the collector takes: valid, UTF-8, and not nested too deeply. It never raises."""

from __future__ import annotations

import json
import re
from typing import Any

from tracewire.json_values import bounded_copy, convert

#: SPEC.md, section 7.
MAXIMUM_DEPTH = 512

_BRACKETS = b"[]{}"
_ALL_BUT_BRACKETS = bytes(byte for byte in range(256) if byte not in _BRACKETS)

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')

_quick = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=convert)
_careful = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))


#: LangGraph brings it along. What it cannot do as `json` does it is not left to it: it refuses what has to be converted.
_plain: Any = None
try:
    import orjson

    _plain = orjson.dumps
    _AS_JSON_DOES = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
except (ImportError, AttributeError):
    _AS_JSON_DOES = 0


class JSONText(str):
    """Text that is JSON already, and is recorded as it is. What is no JSON is recorded as a string."""

    __slots__ = ()


def json_bytes(value: object) -> bytes:
    """The JSON of an object, as UTF-8."""
    if isinstance(value, JSONText):
        return _checked(value)
    if _plain is not None:
        try:
            text: bytes = _plain(value, None, _AS_JSON_DOES)
            # Where there is a null, it may stand for NaN. It nests less than is allowed.
            if b"null" not in text:
                return text
        except Exception:
            pass  # Not everything is plain.
    try:
        text = _quick.encode(value).encode()
        if nested_within(text, MAXIMUM_DEPTH):
            return text
    except Exception:
        pass  # What the quick way cannot do, such as a cycle, NaN, or a key that is no text, the careful one can.
    try:
        return utf8(_careful.encode(bounded_copy(value)))
    except Exception as error:
        return json.dumps(f"[tracewire: not recorded, {type(error).__name__}]").encode()


def text_bytes(value: object) -> bytes:
    """A text as UTF-8; anything else as its JSON."""
    return utf8(value) if isinstance(value, str) else json_bytes(value)


def utf8(text: str) -> bytes:
    """UTF-8, with U+FFFD in place of surrogates that stand alone."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def is_json(text: str | bytes) -> bool:
    """Whether a text is one JSON value, as strictly as the collector sees it."""
    try:
        json.loads(text, parse_constant=_refuse_constant)
        return nested_within(text if isinstance(text, bytes) else text.encode(), MAXIMUM_DEPTH)
    except (ValueError, RecursionError):
        return False


def nested_within(text: bytes, depth: int) -> bool:
    """Whether JSON is nested at most so deeply."""
    if text.count(b"[") + text.count(b"{") <= depth:
        return True
    return _collapses(text, depth) or _collapses(_STRING.sub(b"", text), depth)


def _collapses(text: bytes, depth: int) -> bool:
    """Whether nothing is left of the brackets once the innermost were removed so many times; those in strings disturb."""
    brackets = text.translate(None, _ALL_BUT_BRACKETS)
    for _ in range(depth):
        fewer = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not fewer:
            return True
        if len(fewer) == len(brackets):
            return False
        brackets = fewer
    return False


def _checked(text: str) -> bytes:
    data = utf8(text)
    return data if is_json(data) else json.dumps(str(text), ensure_ascii=False).encode("utf-8", "replace")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
