"""Which workflow and node the code at hand belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, TypeVar

from tracewire import notices as _notices

if TYPE_CHECKING:
    from tracewire.node_handle import NodeHandle
    from tracewire.workflow_handle import WorkflowHandle

#: Of handles that belong to no client.
notices = _notices.general

_workflow: ContextVar[WorkflowHandle | None] = ContextVar("tracewire_workflow", default=None)
_node: ContextVar[NodeHandle | None] = ContextVar("tracewire_node", default=None)

_Handle = TypeVar("_Handle")
Place = tuple["Token[WorkflowHandle | None]", "Token[NodeHandle | None]", Any, Any]


def current_workflow() -> WorkflowHandle | None:
    """The workflow in whose scope the code runs, in this thread or task."""
    return _workflow.get()


def current_node() -> NodeHandle | None:
    """The node in whose scope the code runs, in this thread or task."""
    return _node.get()


def enter(workflow: WorkflowHandle | None, node: NodeHandle | None) -> Place:
    """Makes them the current ones, until `leave` is called with what this returns."""
    before = _workflow.get(), _node.get()
    return _workflow.set(workflow), _node.set(node), *before


def leave(place: Place) -> None:
    """Makes those current again that were so before `enter`."""
    workflow, node, workflow_before, node_before = place
    try:
        _node.reset(node)
        _workflow.reset(workflow)
    except ValueError:  # A generator that was begun in another context ends here.
        _node.set(node_before)
        _workflow.set(workflow_before)


@contextmanager
def activated(handle: _Handle, workflow: WorkflowHandle, node: NodeHandle | None) -> Iterator[_Handle]:
    place = enter(workflow, node)
    try:
        yield handle
    finally:
        leave(place)
