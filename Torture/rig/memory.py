"""How much memory a process has, from time to time."""

from __future__ import annotations

from pathlib import Path


def resident(process: int) -> int:
    """Bytes that a process has in memory now (proc(5)); 0 if it is gone."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


class Samples:
    """What a process had, in the order in which it was asked."""

    def __init__(self) -> None:
        self.bytes: list[int] = []

    def take(self, process: int) -> None:
        self.bytes.append(resident(process))

    def most(self, part: slice = slice(None)) -> int:
        return max(self.bytes[part], default=0)

    def range_text(self) -> str:
        """From the first third on, when it has taken what it needs."""
        part = self.bytes[len(self.bytes) // 3 :] or [0]
        return f"{min(part) / (1 << 20):.0f} to {max(part) / (1 << 20):.0f} MiB"

    def growth(self) -> int:
        """By how much the most of the last third is above the most of the second."""
        third = len(self.bytes) // 3
        return self.most(slice(2 * third, None)) - self.most(slice(third, 2 * third))
