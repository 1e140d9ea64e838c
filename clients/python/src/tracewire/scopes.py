"""Blocks and functions that are recorded: `with tracewire.workflow(…)`, `@tracewire.node` and the like."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from tracewire import context
from tracewire.decorators import Call, recorded
from tracewire.generation_handle import GenerationHandle
from tracewire.node_handle import NodeHandle
from tracewire.notices import general, never_raises
from tracewire.unrecorded import OUTSIDE, silent_workflow
from tracewire.workflow_handle import WorkflowHandle

if TYPE_CHECKING:
    from tracewire.client import Client


class Handle(Protocol):
    """What a scope begins and ends."""

    def _end_scope(self, error: BaseException | None) -> None: ...


_H = TypeVar("_H", bound=Handle)
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Scope(Generic[_H]):
    """Something that begins where a block is entered and ends where it is left, as the block ended.

    It is entered once, with `with` or `async with`; as a decorator it makes a scope for each call.
    """

    def __init__(self, arguments: dict[str, Any], capture: bool = True) -> None:
        self._arguments = arguments
        self._capture = capture
        self._handle: _H | None = None
        self._place: context.Place | None = None
        self._process = 0

    def _begin(self) -> _H:
        raise NotImplementedError

    def _silent(self) -> _H:
        """A handle that records nothing."""
        raise NotImplementedError

    def _within(self, handle: _H) -> tuple[WorkflowHandle | None, NodeHandle | None]:
        """The workflow and node that are current in the block."""
        raise NotImplementedError

    def _describe(self, call: Call) -> dict[str, Any]:
        """What is said at the beginning of a decorated function's call."""
        raise NotImplementedError

    def _conclude(self, handle: _H, result: Any) -> None:
        """What is said at the end of a decorated function's call."""
        raise NotImplementedError

    @property
    def captures(self) -> bool:
        """Whether what a decorated function is given and returns is recorded."""
        return self._capture

    def for_call(self, call: Call) -> Scope[_H]:
        """A scope for one call of a decorated function."""
        given = {name: value for name, value in self._arguments.items() if value is not None}
        described = self._describe(call)
        return type(self)({**described, **given}, self._capture)

    def conclude(self, result: Any) -> None:
        """Says what a decorated function returned, unless the function said something else itself."""
        if self._capture and self._handle is not None:
            self._conclude(self._handle, result)

    def open(self) -> _H:
        """Begins, without making anything current."""
        try:
            handle = self._begin()
        except Exception as error:
            general.failure(f"a {type(self).__name__} could not begin, and is not recorded", error)
            handle = self._silent()
        self._handle = handle
        self._process = os.getpid()
        return handle

    def close(self, error: BaseException | None) -> None:
        """Ends as an exception says. In a fork nothing ends that its parent began."""
        if self._handle is not None and self._process == os.getpid():
            self._handle._end_scope(error)

    def __enter__(self) -> _H:
        handle = self.open()
        self._place = context.Place(*self._within(handle))
        return handle

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._place is not None:
            self._place.leave()
        self.close(error)

    async def __aenter__(self) -> _H:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: _Function) -> _Function:
        return recorded(function, self)


class WorkflowScope(Scope[WorkflowHandle]):
    """What `tracewire.workflow` returns."""

    def __init__(self, arguments: dict[str, Any], capture: bool = True, client: Client | None = None) -> None:
        super().__init__(arguments, capture)
        self._client = client

    def for_call(self, call: Call) -> WorkflowScope:
        scope = super().for_call(call)
        assert isinstance(scope, WorkflowScope)
        scope._client = self._client
        return scope

    def _begin(self) -> WorkflowHandle:
        from tracewire.default import client

        arguments = {"name": "workflow", **_given(self._arguments)}
        return (self._client or client()).start_workflow(arguments.pop("name"), **arguments)

    def _silent(self) -> WorkflowHandle:
        return silent_workflow()

    def _within(self, handle: WorkflowHandle) -> tuple[WorkflowHandle | None, NodeHandle | None]:
        return handle, None

    def _describe(self, call: Call) -> dict[str, Any]:
        return {"name": call.name, "user_input": call.input() if self._capture else None}

    @never_raises()
    def _conclude(self, handle: WorkflowHandle, result: Any) -> None:
        if "final_itinerary" not in handle._late:
            handle.set_final_itinerary(result)


class NodeScope(Scope[NodeHandle]):
    """What `tracewire.node` returns."""

    def _begin(self) -> NodeHandle:
        arguments = {"name": "node", **_given(self._arguments)}
        workflow = arguments.pop("workflow", None) or context.current_workflow() or _missing_workflow()
        return workflow.start_node(arguments.pop("name"), **arguments)

    def _silent(self) -> NodeHandle:
        return silent_workflow().start_node("node")

    def _within(self, handle: NodeHandle) -> tuple[WorkflowHandle | None, NodeHandle | None]:
        return handle.workflow, handle

    def _describe(self, call: Call) -> dict[str, Any]:
        return {"name": call.name, "input": call.input() if self._capture else None}

    @never_raises()
    def _conclude(self, handle: NodeHandle, result: Any) -> None:
        if "output_data" not in handle._late:
            handle.set_output(result)


class GenerationScope(Scope[GenerationHandle]):
    """What `tracewire.generation` returns."""

    def _begin(self) -> GenerationHandle:
        arguments = {"model": "unnamed", **_given(self._arguments)}
        node = arguments.pop("node", None)
        workflow = arguments.pop("workflow", None)
        if node is None and workflow is None:
            node = context.current_node()
        if node is not None:
            workflow = node.workflow
        workflow = workflow or context.current_workflow() or _missing_workflow()
        return workflow.start_generation(arguments.pop("model"), node=node, **arguments)

    def _silent(self) -> GenerationHandle:
        return silent_workflow().start_generation("unnamed")

    def _within(self, handle: GenerationHandle) -> tuple[WorkflowHandle | None, NodeHandle | None]:
        return context.current_workflow(), context.current_node()

    def _describe(self, call: Call) -> dict[str, Any]:
        return {"model": call.name, "user_prompt": call.input() if self._capture else None}

    @never_raises()
    def _conclude(self, handle: GenerationHandle, result: Any) -> None:
        if "output" not in handle._fields:
            handle.set_output(result)


def _missing_workflow() -> WorkflowHandle:
    """What stands for the workflow where there is none."""
    from tracewire.default import client

    return client()._refusing(OUTSIDE)


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}
