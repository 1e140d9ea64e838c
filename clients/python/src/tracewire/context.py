"""Which workflow and node the code at hand belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from tracewire import notices as _notices

if TYPE_CHECKING:
    from tracewire.node_handle import NodeHandle
    from tracewire.workflow_handle import WorkflowHandle

#: Of handles that belong to no client.
notices = _notices.general

_Handle = TypeVar("_Handle")


class Place:
    """Makes a workflow and a node current, until it is left."""

    __slots__ = ("_before", "_is_skipped", "node", "workflow")

    def __init__(self, workflow: WorkflowHandle | None, node: NodeHandle | None) -> None:
        self.workflow, self.node = workflow, node
        self._before = _current.get()
        self._is_skipped = False
        _current.set(self)

    def leave(self) -> None:
        """Makes that current again which was so before.

        Not where something else is current by now: a generator that was begun in one place may end in another, even in the
        middle of somebody else's work, when it is collected. Whoever ends there skips it later. (Python before 3.12 may collect
        it within a change of a context variable, and does not bear another change there.)
        """
        if _current.get() is not self:
            self._is_skipped = True
            return
        before = self._before
        while before is not None and before._is_skipped:
            before = before._before
        _current.set(before)


_current: ContextVar[Place | None] = ContextVar("tracewire", default=None)


def current_workflow() -> WorkflowHandle | None:
    """The workflow in whose scope the code runs, in this thread or task."""
    place = _current.get()
    return place.workflow if place is not None else None


def current_node() -> NodeHandle | None:
    """The node in whose scope the code runs, in this thread or task."""
    place = _current.get()
    return place.node if place is not None else None


@contextmanager
def activated(handle: _Handle, workflow: WorkflowHandle, node: NodeHandle | None) -> Iterator[_Handle]:
    place = Place(workflow, node)
    try:
        yield handle
    finally:
        place.leave()
