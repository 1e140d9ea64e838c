"""What a scenario is given, and how it says what it found."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path


class Failed(Exception):
    """Something that was promised does not hold."""


class Skipped(Exception):
    """This machine does not let the scenario do what it needs."""


@dataclass
class Run:
    """One scenario under way: the programs that it tortures, a directory of its own, and where its choices come from."""

    tracewire: Path
    recording_host: Path | None
    preload: Path
    directory: Path
    seed: int
    quick: bool
    kills: int | None = None
    minutes: float | None = None
    steps: int | None = None
    #: What is said of it in the end, in the order in which it was counted.
    counts: dict[str, object] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.began = time.monotonic()

    def count(self, name: str, amount: int = 1) -> None:
        """Adds to a count of the scenario's line."""
        before = self.counts.get(name, 0)
        assert isinstance(before, int)
        self.counts[name] = before + amount

    def progress(self, text: str) -> None:
        """Says on a terminal how far it is."""
        if sys.stderr.isatty():
            print(f"\r\x1b[K  {text}", end="", file=sys.stderr, flush=True)

    def require(self, holds: object, what: str) -> None:
        """Ends the scenario with `what` unless it holds."""
        if not holds:
            raise Failed(what)

    def file(self, name: str) -> Path:
        """A path in the scenario's directory."""
        return self.directory / name


@contextlib.contextmanager
def stopping_early(pool: ThreadPoolExecutor) -> Iterator[ThreadPoolExecutor]:
    """Lets what waits in the pool be, once something has failed or the scenario is stopped."""
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def ended(process: subprocess.Popen, timeout: float = 60) -> int:
    """Waits for a process, which is killed if it takes longer than it may; returns its exit code."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Failed(f"{Path(str(process.args[0])).name} (process {process.pid}) has not ended within {timeout:g} s") from None


def waited(condition, timeout: float, what: str, interval: float = 0.001) -> None:
    """Waits until something holds, for so many seconds at most."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"not within {timeout:g} s: {what}")
        time.sleep(interval)
