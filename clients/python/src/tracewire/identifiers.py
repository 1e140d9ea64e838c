"""The UUIDs that name workflows, nodes and generations (SPEC.md, section 7)."""

from __future__ import annotations

import os
import time
import uuid

#: What names something that exists already: a UUID, its text, or its 16 bytes.
Identifier = uuid.UUID | str | bytes

NIL = bytes(16)


def new_identifier() -> bytes:
    """A fresh UUID of version 7. Its random part comes from the system, so that a fork does not repeat it."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return number.to_bytes(16, "big")


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
