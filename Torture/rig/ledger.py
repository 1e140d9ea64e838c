"""What a client notes of each call that records, before and after it: what has to be at the collector in the end.

A line is one system call, so that what was written is there however the process ends:

    ? NUMBER KIND UUID PARENT ORDER STATUS SEED   about to record
    + NUMBER                                      the call has returned, and said that it recorded
    ! NUMBER                                      everything up to that call is acknowledged, says the client
    X TEXT                                        something that was promised did not hold
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

_WORDS = (
    "전시", "gallery", "noodles", "tea", "성수", "rank", "the candidates", "by distance and price", "keep three of them", "홍대",
    "because", "upstream", "with a list of places", "each of which", "has hours", "and a reason", chr(10), '"quoted"',
)  # fmt: skip


def payload(seed: int) -> str:
    """A text that the seed makes: a third of them empty or short, the others up to some kilobytes."""
    choice = random.Random(seed)
    count = choice.choice((0, 3, 12, 150, 400))
    return " ".join(choice.choices(_WORDS, k=count))


@dataclass(frozen=True)
class Step:
    """A call that records."""

    number: int
    kind: str
    identity: str
    parent: str
    order: int
    status: str
    seed: int


class LedgerWriter:
    """Writes one client's ledger."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.number = 0

    def about(self, kind: str, identity: object, parent: object = "-", order: int = 0, status: str = "-", seed: int = 0) -> None:
        self.number += 1
        self._write(f"? {self.number} {kind} {identity} {parent} {order} {status} {seed}")

    def recorded(self) -> None:
        self._write(f"+ {self.number}")

    def acknowledged(self) -> None:
        self._write(f"! {self.number}")

    def broken(self, what: str) -> None:
        self._write(f"X {what}")

    def _write(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())


@dataclass
class Ledger:
    """A ledger that was read."""

    steps: list[Step] = field(default_factory=list)
    #: The calls that had returned, by their numbers.
    returned: set[int] = field(default_factory=set)
    #: Up to which call the client heard that all was acknowledged.
    last_acknowledged: int = 0
    broken: list[str] = field(default_factory=list)

    # What a client in this process notes, without a file.

    def about(self, kind: str, identity: object, parent: object = "-", order: int = 0, status: str = "-", seed: int = 0) -> None:
        self.steps.append(Step(len(self.steps) + 1, kind, str(identity), str(parent), order, status, seed))

    def recorded(self) -> None:
        self.returned.add(len(self.steps))

    def acknowledged(self) -> None:
        self.last_acknowledged = len(self.steps)

    def write(self, path: Path) -> None:
        """Writes what it holds as a program would have."""
        writer = LedgerWriter(str(path))
        for step in self.steps:
            writer.about(step.kind, step.identity, step.parent, step.order, step.status, step.seed)
            if step.number in self.returned:
                writer.recorded()


def read_ledger(path: Path) -> Ledger:
    """Reads a ledger; a last line that is not whole was not written."""
    ledger = Ledger()
    for line in path.read_text().split("\n")[:-1]:
        mark, rest = line[0], line[2:]
        if mark == "?":
            number, kind, identity, parent, order, status, seed = rest.split(" ")
            ledger.steps.append(Step(int(number), kind, identity, parent, int(order), status, int(seed)))
        elif mark == "+":
            ledger.returned.add(int(rest))
        elif mark == "!":
            ledger.last_acknowledged = int(rest)
        else:
            ledger.broken.append(rest)
    return ledger
