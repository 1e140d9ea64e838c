"""Runs that nobody made who is known here: each begins a workflow, or joins the one in whose scope it runs."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from typing import Any

from tracewire import context
from tracewire.client import Client
from tracewire.langchain import given
from tracewire.langchain.path import GraphPath
from tracewire.langchain.pregel import GraphCall, loop_at_hand, nodes_of_turn, tells_of_nodes, turn_of
from tracewire.langchain.run import Run
from tracewire.langchain.trace import Trace
from tracewire.workflow_handle import WorkflowHandle

_MOST_INTERRUPTED = 1000


def root_run(
    client: Client, name: str, inputs: Any, said: dict[str, Any], graph: GraphCall | None, defaults: dict[str, Any]
) -> Run:
    """A run that begins a workflow, or joins the current one as a node does. `said` are the callback's own arguments."""
    current = context.current_workflow()
    if current is not None and current.is_recording:
        return _joining(client, current, name, said, graph)
    configurable = graph.configurable if graph is not None else {}
    arguments = given.workflow_arguments(name, inputs, said.get("tags"), said.get("metadata"), configurable)
    arguments = {**arguments, **{key: value for key, value in defaults.items() if arguments.get(key) is None}}
    trace = Trace(client, arguments, said)
    run = Run(trace, None, name)
    if graph is not None:
        run.path = GraphPath(graph.graph, trace.began)
    if not _keeps_state(graph):
        trace.begin(None)
    return run


def _joining(client: Client, workflow: WorkflowHandle, name: str, said: dict[str, Any], graph: GraphCall | None) -> Run:
    trace = Trace.joining(client, workflow, said)
    run = Run(trace, None, name)
    run.node = context.current_node()
    if graph is not None:
        run.path = GraphPath(graph.graph, trace.began)
    return run


def _keeps_state(graph: GraphCall | None) -> bool:
    """Whether a graph may be interrupted and go on elsewhere, so that its first node tells which workflow it is."""
    return graph is not None and graph.configurable.get("thread_id") is not None


class Interrupted:
    """Workflows that stand still in this process, by the checkpoint that they go on from. The oldest of too many are forgotten:
    they are found by their thread then, as they are in other processes.

    There is no lock, which a fork could leave held for ever: each step is one call that other threads see as a whole.
    """

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[WorkflowHandle, GraphPath | None]] = OrderedDict()

    def leave(self, run: Run, checkpoint: str) -> None:
        """A graph's run stops at a checkpoint."""
        if not run.trace.has_begun:
            run.trace.begin(turn_of(loop_at_hand()))
        run.trace.is_interrupted = True
        self._left[checkpoint] = (run.trace.workflow, run.path)
        if len(self._left) > _MOST_INTERRUPTED:
            self._left.popitem(last=False)

    def resume(self, run: Run, checkpoint: str) -> None:
        """A graph's run goes on from a checkpoint."""
        workflow, path = self._left.pop(checkpoint, (None, None))
        if workflow is not None and workflow.status == "running":
            run.trace.go_on(workflow)
            run.path = path or run.path
        else:
            self._find(run)

    def _find(self, run: Run) -> None:
        """Another process left it, or it was too long ago."""
        loop = loop_at_hand()
        # Where nodes do not tell their turn, whoever left the workflow did not know it either when that began.
        run.trace.begin(turn_of(loop) if tells_of_nodes() else None, resumed=True)
        if run.trace.is_continued and run.path is not None:
            run.path.recall(nodes_of_turn(loop), loop.step)


def identity_of(run: Run, *parts: object) -> uuid.UUID:
    """The id of a node that another process makes the same of the same parts."""
    return uuid.uuid5(run.trace.workflow.id, "\n".join(map(str, parts)))
