"""The UUIDs that name workflows, nodes and generations (SPEC.md, section 7)."""

from __future__ import annotations

import os
import time
import uuid

#: What names something that exists already: a UUID, its text, or its 16 bytes.
Identifier = uuid.UUID | str | bytes

NIL = bytes(16)


_RANDOM_BYTES = 10
#: Random bytes of identifiers to come: asking the system for few costs as much as for many.
_random: list[bytes] = []


def new_identifier() -> bytes:
    """A fresh UUID of version 7. Its random part comes from the system."""
    try:
        random = _random.pop()
    except IndexError:
        more = os.urandom(_RANDOM_BYTES * 256)
        _random.extend(more[start : start + _RANDOM_BYTES] for start in range(0, len(more), _RANDOM_BYTES))
        random = os.urandom(_RANDOM_BYTES)
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(random, "big") & _RANDOM_MASK | _VERSION_AND_VARIANT
    return number.to_bytes(16, "big")


_VERSION_AND_VARIANT = 0x7 << 76 | 0x2 << 62
_RANDOM_MASK = (1 << 80) - 1 ^ (0xF << 76) ^ (0x3 << 62)

# A fork must not repeat what its parent has in store.
os.register_at_fork(after_in_child=_random.clear)


def identifier_bytes(identifier: Identifier) -> bytes:
    """The 16 bytes of an identifier.

    Raises:
        ValueError: if it is no UUID, or the one of zeros, which names nothing.
    """
    if isinstance(identifier, uuid.UUID):
        found = identifier.bytes
    elif isinstance(identifier, str):
        found = uuid.UUID(identifier).bytes
    else:
        found = bytes(identifier)
    if len(found) != 16 or found == NIL:
        raise ValueError("an identifier is a UUID, its text or its 16 bytes, and not all zeros")
    return found
