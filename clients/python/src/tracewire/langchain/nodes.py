"""Nodes of a workflow: those of graphs, tools, retrievers, and the steps of a plain chain."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from tracewire.langchain import node_records
from tracewire.langchain.activation import Activation
from tracewire.langchain.pregel import Task, turn_of
from tracewire.langchain.roots import identity_of
from tracewire.langchain.run import Run
from tracewire.langchain.state import state_after
from tracewire.node_handle import NodeHandle

_TELLS_LESS = (
    "this LangGraph does not show its runs as langgraph 1.2.19 and later do: states and skipped nodes are not recorded, and an "
    "interrupted workflow may not be found again"
)


def begin_graph_node(run: Run, inputs: Any, tags: list[str] | None, metadata: Mapping[str, Any], task: Task | None) -> None:
    """A graph's node begins, or goes on after an interrupt."""
    trace, path, step = run.trace, run.path_of_graph, int(metadata["langgraph_step"])
    if not trace.has_begun:
        trace.begin(turn_of(task.loop) if task is not None else None)
    run.task, run.owns_node, run.is_graph_node = task, True, True
    run.order = step if run.order is None else run.order
    attempt = 1
    if task is None or path is None:
        trace.notices.once(logging.WARNING, _TELLS_LESS)
    if path is not None:
        path.runs(run.name, step)
        attempt = path.attempts.get(task.id, 1) if task is not None else 1
    identity = identity_of(run, task.id, attempt) if task is not None and trace.has_lasting_ids else None
    if identity is not None and attempt == 1 and _goes_on(run):
        run.node = trace.workflow.continue_node(identity)
    else:
        run.node = _new_graph_node(run, inputs, tags, metadata, identity, attempt)
    run.activation = Activation(run.node)


def _goes_on(run: Run) -> bool:
    """Whether the node was interrupted, and is not a new one."""
    return run.trace.is_continued and run.task is not None and run.task.was_interrupted


def _new_graph_node(
    run: Run, inputs: Any, tags: list[str] | None, metadata: Mapping[str, Any], identity: uuid.UUID | None, attempt: int
) -> NodeHandle:
    own, step, order = run.trace.own_metadata(metadata), metadata["langgraph_step"], run.order or 0
    kind = str(own.pop("node_type", "step"))
    if identity is not None:
        own["langgraph_checkpoint_ns"] = metadata.get("langgraph_checkpoint_ns")
    if step != order:
        own["langgraph_step"] = step
    if attempt > 1:
        own["attempt"] = attempt
    if run.node is not None:
        own["parent"] = str(run.node.id)
    return node_records.begin_node(
        run.trace.workflow, run.name, kind, order, inputs, tags=run.trace.own_tags(tags) or None, metadata=own or None,
        id=identity.bytes if identity is not None else None,
    )  # fmt: skip


def begin_node(
    run: Run,
    kind: str,
    inputs: Any,
    tags: list[str] | None,
    metadata: Mapping[str, Any] | None,
    more: dict[str, Any],
) -> None:
    """A tool, a retriever, or a chain's step begins."""
    own = {**run.trace.own_metadata(metadata or {}), **more}
    if run.node is not None:
        own["parent"] = str(run.node.id)
    run.owns_node = True
    run.node = run.trace.workflow.start_node(
        run.name,
        type=kind,
        input=inputs,
        execution_order=run.order,
        tags=run.trace.own_tags(tags) or None,
        metadata=own or None,
    )
    run.order = run.node.execution_order
    if run.node.is_recording and kind != "graph" and kind != "chain":
        run.activation = Activation(run.node)


def complete_node(run: Run, outputs: Any) -> None:
    """A node has ended well."""
    node, task = run.node, run.task
    if node is None:
        return
    if task is None or not node.is_recording:
        node.end(output=outputs)
        return
    node_records.complete_node(node, state_after(task.loop, task.writes), outputs)
    path = run.path_of_graph
    if path is not None:
        path.ran(run.name, task.loop.step, task.writes)


def fail_node(run: Run, error: BaseException) -> None:
    """An exception has ended a node. It may be tried again."""
    if run.node is not None:
        run.node.end_with(error)
    path = run.path_of_graph if run.task is not None else None
    if run.task is not None and path is not None:
        path.attempts[run.task.id] = path.attempts.get(run.task.id, 1) + 1


def skip_untaken(graph: Run) -> None:
    """A graph has ended: what its conditional edges left aside was skipped."""
    trace = graph.trace
    if graph.path is None or not trace.workflow.is_recording:
        return
    for untaken in graph.path.left_aside(since_start=graph.parent is None or not trace.is_continued):
        order = graph.order if graph.order is not None else untaken.step
        node = trace.workflow.pending_node(
            untaken.name,
            type=graph.path.kind_of(untaken.name),
            execution_order=order,
            metadata={"after": untaken.after},
            at=untaken.at,
        )
        node.skip(at=untaken.at)
