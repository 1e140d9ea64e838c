"""Which way a run of a graph took, and which it did not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_BRANCH = "branch:to:"
#: What decides where a graph begins; no node of the application's.
START = "__start__"
#: What nobody is to see.
HIDDEN = "langsmith:hidden"
_END = "__end__"


@dataclass(frozen=True)
class Untaken:
    """A node that an edge could have led to, and did not."""

    name: str
    #: The step at which it would have run.
    step: int
    #: When that was decided, in seconds since 1970.
    at: float
    #: Where.
    after: str


class GraphPath:
    """The nodes that ran in a graph, and those that conditional edges left aside."""

    def __init__(self, graph: Any, began: float) -> None:
        self._builder = getattr(graph, "builder", None)
        self._began = began
        self._ran: set[str] = set()
        self._untaken: dict[str, Untaken] = {}
        self._first_step: int | None = None
        self._choosing: set[str] | None = None
        #: How often each of the tasks that failed was tried.
        self.attempts: dict[str, int] = {}

    def runs(self, name: str, step: int) -> None:
        """A node begins."""
        self._ran.add(name)
        if self._first_step is None:
            self._first_step = step

    def ran(self, name: str, step: int, writes: Iterable[tuple[str, Any]]) -> None:
        """A node has ended, and with what it wrote it was decided what comes next."""
        if self._choosing is None:
            self._choosing = self._names_that_choose()
        if name in self._choosing:
            for target in self._declared(name) - set(_taken(writes)):
                self._untaken.setdefault(target, Untaken(target, step + 1, time.time(), name))

    def kind_of(self, name: str) -> str:
        """The type that a node has."""
        spec = self._builder.nodes.get(name) if self._builder is not None else None
        return str((getattr(spec, "metadata", None) or {}).get("node_type", "step"))

    def recall(self, ran: Iterable[str], step: int) -> None:
        """Another process took the way to this step, through these nodes."""
        self._first_step = step
        self._ran.update(ran)
        for name in list(self._ran):
            for target in self._declared(name):
                self._untaken.setdefault(target, Untaken(target, step, self._began, name))

    def left_aside(self, *, since_start: bool) -> list[Untaken]:
        """The nodes that never ran, though an edge could have led to them. `since_start`: whether it is
        known what came after the start."""
        found = dict(self._untaken)
        if since_start and self._first_step is not None:
            for target in self._declared(START):
                found.setdefault(target, Untaken(target, self._first_step, self._began, START))
        return [untaken for name, untaken in found.items() if name not in self._ran]

    def _names_that_choose(self) -> set[str]:
        """The nodes that have conditional edges, or may command where to go."""
        if self._builder is None:
            return _NOWHERE
        commanding = {name for name, spec in self._builder.nodes.items() if getattr(spec, "ends", None)}
        return commanding.union(name for name, branches in self._builder.branches.items() if branches)

    def _declared(self, name: str) -> set[str]:
        """Where conditional edges, or a command, may lead from a node, as far as the graph says so."""
        if self._builder is None:
            return _NOWHERE
        branches = self._builder.branches.get(name)
        ends = getattr(self._builder.nodes.get(name), "ends", None)
        if not branches and not ends:
            return _NOWHERE
        targets = {target for branch in (branches or {}).values() for target in (branch.ends or {}).values()}
        targets.update(ends or ())
        return targets - {_END}


_NOWHERE: set[str] = set()


def _taken(writes: Iterable[tuple[str, Any]]) -> Iterator[str]:
    for channel, value in list(writes):
        if channel.startswith(_BRANCH):
            yield channel[len(_BRANCH) :]
        elif channel == "__pregel_tasks":
            yield str(getattr(value, "node", ""))
