"""Reads objects of which nobody knows what they are: dictionaries, pydantic models, dataclasses, or a test's stand-ins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tracewire.json_text import is_json

#: What clients put where an argument was not given.
_ABSENT = frozenset(("NotGiven", "Omit", "NotGivenOr", "Unset", "_Unset"))


def field(value: Any, name: str) -> Any:
    """A member of a dictionary or an attribute of anything else; None where there is none."""
    try:
        found = value.get(name) if isinstance(value, (dict, Mapping)) else getattr(value, name, None)
    except Exception:  # A property of the application's may raise anything.
        return None
    return None if type(found).__name__ in _ABSENT else found


def text(value: Any, name: str) -> str | None:
    """A member that is a text and not empty."""
    found = field(value, name)
    return found if isinstance(found, str) and found else None


def count(value: Any, name: str) -> int | None:
    """A member that is a whole number from 0."""
    found = field(value, name)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def number(value: Any, name: str) -> float | None:
    """A member that is a number."""
    found = field(value, name)
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def items(value: Any, name: str) -> list[Any]:
    """A member that is a list. Nothing of an iterator, which belongs to the application."""
    found = field(value, name)
    return list(found) if isinstance(found, (list, tuple)) else []


def members(value: Any) -> dict[str, Any]:
    """What an object consists of."""
    if isinstance(value, Mapping):
        return {str(name): one for name, one in value.items() if type(one).__name__ not in _ABSENT}
    found = getattr(value, "__dict__", None)
    if not isinstance(found, dict):
        return {}
    return {name: one for name, one in found.items() if not name.startswith("_") and type(one).__name__ not in _ABSENT}


def json_value(found: Any) -> Any:
    """What a text of JSON says; the text itself if it is none."""
    if not isinstance(found, str) or not is_json(found):
        return found
    return json.loads(found)


def said(**values: Any) -> dict[str, Any]:
    """Those of the values that are not None."""
    return {name: value for name, value in values.items() if value is not None}
