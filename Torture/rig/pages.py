"""What lies where in a database file, by https://www.sqlite.org/fileformat.html: so that what a flipped byte does has a name."""

from __future__ import annotations

import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Area:
    """A stretch of the file that serves one purpose."""

    start: int
    end: int
    name: str


def areas_of(path: Path) -> list[Area]:
    """All of a database without a log, from its first byte to its last."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    kinds = dict(connection.execute("SELECT name, type FROM sqlite_schema"))
    pages = {page: (name, kind) for name, page, kind in connection.execute("SELECT name, pageno, pagetype FROM dbstat")}
    connection.close()
    data = path.read_bytes()
    size = struct.unpack_from(">H", data, 16)[0]
    found = [Area(0, 100, "header of the file")]
    for number in range(1, len(data) // size + 1):
        found += _areas_of_page(data, number, size, pages.get(number), kinds)
    return found


def _areas_of_page(data: bytes, number: int, size: int, page: tuple[str, str] | None, kinds: dict[str, str]) -> list[Area]:
    start, end = (number - 1) * size, number * size
    if page is None:
        return [Area(start, end, "free pages and the map of pages")]
    name, kind = page
    what = _purpose(name, kinds)
    if kind == "overflow":
        return [Area(start, start + 4, "links between pages"), Area(start + 4, end, what)]
    header = start + (100 if number == 1 else 0)
    length = 8 if kind == "leaf" else 12
    cells = struct.unpack_from(">H", data, header + 3)[0]
    content = struct.unpack_from(">H", data, header + 5)[0] or 65536
    pointers = header + length + 2 * cells
    return [
        Area(header, pointers, "headers of pages"), Area(pointers, start + content, "unused"), Area(start + content, end, what),
    ]  # fmt: skip


def _purpose(name: str, kinds: dict[str, str]) -> str:
    if name == "sqlite_schema":
        return "the schema"
    if kinds.get(name) == "index" or name.startswith("sqlite_autoindex"):
        return "indexes"
    if name == "segments":
        return "segments of values"
    if name in ("users", "workflows", "nodes", "generations"):
        return f"rows of {name}"
    return "rows of the collector's own tables"
