"""What is known of a run of LangChain's that has not ended: where it belongs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracewire.langchain.activation import Activation
    from tracewire.langchain.call import Call
    from tracewire.langchain.path import GraphPath
    from tracewire.langchain.pregel import Task
    from tracewire.langchain.trace import Trace
    from tracewire.node_handle import NodeHandle


class Run:
    """A run: a graph, one of its nodes, a chain, a tool, a retriever or a call of a model."""

    # What few runs have lies in the class: a graph makes one for each node.
    #: Whether it is the node that it names, and not only in it.
    owns_node = False
    #: Whether that is one of a graph's, and no tool or the like.
    is_graph_node = False
    #: Of a node whose code runs: that it is the current one there.
    activation: Activation | None = None
    #: Of a graph: where it came along.
    path: GraphPath | None = None
    #: Of a graph's node: what LangGraph says of it.
    task: Task | None = None
    #: Of a call of a model.
    call: Call | None = None
    is_parser = False

    def __init__(self, trace: Trace, parent: Run | None, name: str = "") -> None:
        self.trace = trace
        #: The run that made it; none, if it is the first of its workflow.
        self.parent = parent
        self.name = name
        #: The innermost node that it is, or is in.
        self.node: NodeHandle | None = parent.node if parent is not None else None
        #: The order of that node, which the nodes within it share.
        self.order: int | None = parent.order if parent is not None else None
        #: Calls that have ended, and wait for what is read out of their answers.
        self.waiting: list[Call] = []

    @property
    def path_of_graph(self) -> GraphPath | None:
        """The way of the graph that it is a node of, or a task of one of its nodes."""
        run = self.parent
        while run is not None and run.path is None:
            run = run.parent
        return run.path if run is not None else None

    @property
    def is_chain_in_between(self) -> bool:
        """Whether it is no more than a link between a node, or a workflow, and what it calls."""
        return not self.owns_node and self.path is None and self.parent is not None


class RunTable:
    """The runs that have not ended, by their id. It is bounded: of too many the oldest are forgotten.

    There is no lock, which a fork could leave held for ever: each step is one call that other threads see as a whole.
    """

    def __init__(self, most: int, forgotten: Callable[[Run], Any]) -> None:
        self._most = max(most, 1)
        self._forgotten = forgotten
        #: By the number of the id, which is found faster.
        self._runs: dict[int, Run] = {}

    def __len__(self) -> int:
        return len(self._runs)

    def get(self, run_id: uuid.UUID | None) -> Run | None:
        """The run of that id, if it is known and has not ended."""
        return self._runs.get(run_id.int) if run_id is not None else None

    def add(self, run_id: uuid.UUID, run: Run) -> None:
        """A run has begun."""
        self._runs[run_id.int] = run
        while len(self._runs) > self._most:
            oldest = self._take_oldest()
            if oldest is not None:
                self._forgotten(oldest)

    def take(self, run_id: uuid.UUID) -> Run | None:
        """A run ends: it is known no longer."""
        return self._runs.pop(run_id.int, None)

    def _take_oldest(self) -> Run | None:
        try:
            return self._runs.pop(next(iter(self._runs)), None)
        except (RuntimeError, StopIteration):  # Another thread changed the table meanwhile; the next attempt finds it again.
            return None
