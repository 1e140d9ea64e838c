"""Everything that a collector says of its database, asked over one connection: the bytes of the rows, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass

from rig import wire

_TABLES = ("users", "workflows", "nodes", "generations", "rejected_records", "parked_records", "sheds")
_ROWS, _SUMMARY = 9, 10


@dataclass(frozen=True)
class Answers:
    """What was asked and what came."""

    #: The rows of all tables, as they were sent.
    rows: bytes
    #: Whether an answer ended with a code, or the connection with a word.
    has_failed: bool
    #: Whether `check` names something.
    is_reported: bool


def ask_everything(address: str) -> Answers:
    """Reads all tables, then asks for a check.

    Raises:
        OSError, EOFError: if the collector does not answer.
    """
    with wire.welcomed(address) as peer:
        parts, failed = [], False
        for number, table in enumerate(_TABLES, 1):
            peer.sendall(wire.query(f"SELECT * FROM {table}", number))
            code, body = _answer(peer)
            parts.append(body)
            failed = failed or code != 0
        peer.sendall(wire.report("check", len(_TABLES) + 1))
        code, body = _answer(peer)
        return Answers(b"|".join(parts), failed or code != 0, bool(body))


def _answer(peer) -> tuple[int, bytes]:
    """The code with which an answer ends, and the rows before it."""
    rows = []
    while True:
        kind, _, body = wire.received(peer)
        if kind == _ROWS:
            rows.append(body)
        elif kind == _SUMMARY:
            # The code is the first field, and absent if all is well.
            return (body[1] if body[:1] == b"\x08" else 0), b"".join(rows)
        elif kind == wire.GOAWAY:
            return 1, b"".join(rows)
