"""Names that say that a value is a secret, which is not to be recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Whatever stands under a name with one of these in it.
_ALWAYS = re.compile(r"secret|passw|passphrase|credential|authoriz|cookie|headers|bearer", re.IGNORECASE)
#: Under these only texts, and lists: `max_tokens` is a number. They end a word of the name, as in `apiKey`, `x-api-key`, `key_1`.
_OF_TEXTS = re.compile(r"(?:[kK]ey|KEY|[tT]oken|TOKEN|[aA]uth|AUTH|[pP]wd|PWD)[sS]?(?![a-z])")
#: What is nested more deeply is left out, as it cannot be looked through without end.
_DEEPEST = 64

#: What was looked through, by its identity, with what is left of it. It is held, so that nothing else gets its identity.
_Found = dict[int, tuple[Any, Any]]


def without_secrets(said: Mapping[str, Any]) -> dict[str, Any]:
    """The same without what is named like a secret, also in the mappings, lists and tuples within."""
    return _of_mapping(said, 0, {})


def _of_value(value: Any, depth: int, found: _Found) -> Any:
    if not isinstance(value, (Mapping, list, tuple)):
        return value
    if id(value) in found:
        return found[id(value)][1]
    if depth > _DEEPEST:
        return "[nested too deeply]"
    return _of_mapping(value, depth, found) if isinstance(value, Mapping) else _of_list(value, depth, found)


def _of_mapping(said: Mapping[Any, Any], depth: int, found: _Found) -> dict[Any, Any]:
    kept: dict[Any, Any] = {}
    found[id(said)] = (said, kept)
    for name, value in said.items():
        if not _is_secret(name, value):
            kept[name] = _of_value(value, depth + 1, found)
    return kept


def _of_list(said: list[Any] | tuple[Any, ...], depth: int, found: _Found) -> list[Any]:
    kept: list[Any] = []
    found[id(said)] = (said, kept)
    kept.extend(_of_value(item, depth + 1, found) for item in said)
    return kept


def _is_secret(name: Any, value: Any) -> bool:
    if not isinstance(name, str):
        return False
    if _ALWAYS.search(name):
        return True
    return not (value is None or isinstance(value, (bool, int, float, Mapping))) and _OF_TEXTS.search(name) is not None
