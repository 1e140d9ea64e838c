"""A workflow that is being recorded."""

from __future__ import annotations

import itertools
import uuid
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from tracewire import context
from tracewire.events import STATUSES
from tracewire.failure import outcome_of
from tracewire.generation_handle import GenerationHandle
from tracewire.identifiers import NIL, Identifier, identifier_bytes, new_identifier
from tracewire.node_handle import NodeHandle
from tracewire.notices import never_raises
from tracewire.times import Moment, moment_ms
from tracewire.transitions import WORKFLOW, Gate

if TYPE_CHECKING:
    from tracewire.client import Client


class WorkflowHandle:
    """A workflow. It may be used from any thread, and for as long as one likes; nothing here raises.

    Made by `Client.start_workflow`, or by `Client.continue_workflow` for one that was begun elsewhere.
    """

    def __init__(self, client: Client | None, identifier: bytes, status: str = "", after: int = 0) -> None:
        self._client = client
        self._notices = client._notices if client else context.notices
        self._bytes = identifier
        self._gate = Gate(WORKFLOW, status)
        self._orders = itertools.count(after + 1)
        self._late: dict[str, Any] = {}
        self._stays = False

    @property
    def id(self) -> uuid.UUID:
        """The workflow's identity. All zeros where nothing is recorded."""
        return uuid.UUID(bytes=self._bytes)

    @property
    def is_recording(self) -> bool:
        """Whether what is said of the workflow is recorded. Ask before you work out something costly for it."""
        return self._client is not None and self._client.is_recording

    @property
    def status(self) -> str:
        """`running`, or how it ended, as far as this handle knows."""
        return self._gate.status or "running"

    def _record(self, event: str, at: Moment | None, fields: dict[str, Any]) -> bool:
        return self._client is not None and self._client._record(event, moment_ms(at), fields, self._bytes)

    @never_raises(False)
    def _start(self, at: Moment | None, fields: dict[str, Any]) -> bool:
        return self._gate.move("running") and self._record("workflow_start", at, {"workflow": self._bytes, **fields})

    @never_raises()
    def set_user_intent(self, intent: Any) -> None:
        """What was understood of the user's wish; recorded when the workflow ends."""
        if self._client is not None:
            self._late["user_intent"] = self._client._policy.value("user_intent", intent)

    @never_raises()
    def set_final_itinerary(self, result: Any) -> None:
        """What came out in the end, whatever it is; recorded when the workflow ends."""
        if self._client is not None:
            self._late["final_itinerary"] = self._client._policy.value("final_itinerary", result)

    def start_node(
        self,
        name: str,
        *,
        type: str = "step",
        input: Any = None,
        execution_order: int | None = None,
        tags: Any = None,
        metadata: Any = None,
        id: Identifier | None = None,
        at: Moment | None = None,
    ) -> NodeHandle:
        """Makes a node that runs at once.

        Args:
            name: what the reports group by; like `type` at most 1,024 bytes.
            type: such as `llm` or `tool`.
            input: what it was given; any object.
            execution_order: where it stands among the workflow's nodes; by default behind those made before.
            tags: any object, usually a list of texts; it cannot be changed later. So with `metadata`.
            id: its identity, where you have one; by default a new one.
            at: when it began; by default now.
        """
        node = self._node(name, type, execution_order, tags, metadata, id)
        node.start(input=input, at=at)
        return node

    def pending_node(
        self,
        name: str,
        *,
        type: str = "step",
        execution_order: int | None = None,
        tags: Any = None,
        metadata: Any = None,
        id: Identifier | None = None,
        at: Moment | None = None,
    ) -> NodeHandle:
        """Makes a node that waits for its turn: `NodeHandle.start` or `NodeHandle.skip` is next. Arguments as of `start_node`."""
        node = self._node(name, type, execution_order, tags, metadata, id)
        node._wait(at)
        return node

    def continue_node(self, id: Identifier, *, status: str = "running") -> NodeHandle:
        """A node that was begun elsewhere: by another process, or by this one before it was interrupted.

        Args:
            status: where it is at: `pending` or `running`.
        """
        return NodeHandle(self, self._identity(id), {}, 0, status)

    def _node(self, name: str, type: str, order: int | None, tags: Any, metadata: Any, id: Identifier | None) -> NodeHandle:
        place = self._place(order)
        description = {
            "node_name": name, "node_type": type, "execution_order": place, "tags": tags, "metadata": metadata,
        }  # fmt: skip
        return NodeHandle(self, self._identity(id), description, place)

    def _place(self, order: int | None) -> int:
        """Where a node stands. A start without a place would wait for an announcement that has one."""
        if order is not None and self._client is not None:
            order = self._client._policy.order(order)
        return next(self._orders) if order is None else order

    def _identity(self, id: Identifier | None) -> bytes:
        if not self.is_recording:
            return NIL
        return chosen_identity(id, self._notices)

    def start_generation(
        self, model: str, *, node: NodeHandle | None = None, id: Identifier | None = None, at: Moment | None = None,
        **columns: Any,
    ) -> GenerationHandle:  # fmt: skip
        """A call of a model that begins now, or at `at`; it is recorded when `GenerationHandle.end` is called.

        Args:
            node: the node that makes the call, if one does.
            columns: what is known of it already: see `GenerationHandle.set`.
        """
        return GenerationHandle(self, node, self._identity(id), at, {"model": model, **columns})

    def record_generation(
        self, model: str, *, node: NodeHandle | None = None, id: Identifier | None = None, at: Moment | None = None,
        **columns: Any,
    ) -> bool:  # fmt: skip
        """Records a call of a model that has ended already.

        Args:
            at: when it ended; by default now.
            columns: see `GenerationHandle.set`; with `latency_ms`, how long it took, and `error_message` if it failed.

        Returns:
            Whether it was recorded.
        """
        return GenerationHandle(self, node, self._identity(id), None, {"model": model, **columns})._finish(at, False)

    @never_raises(False)
    def end(
        self,
        status: str = "completed",
        *,
        user_intent: Any = None,
        final_itinerary: Any = None,
        at: Moment | None = None,
    ) -> bool:
        """Ends the workflow.

        Args:
            status: `completed`, `failed` or `cancelled`.
            user_intent: in place of what `set_user_intent` was given; so with `final_itinerary`.
            at: when it ended; by default now.

        Returns:
            Whether it was recorded. A workflow that has ended already is not ended again.
        """
        if not self.is_recording:
            return False
        if not self._gate.move(status):
            self._notices.refused(f"a workflow that is {self.status} cannot be {status}; it stays as it is")
            return False
        if user_intent is not None:
            self.set_user_intent(user_intent)
        if final_itinerary is not None:
            self.set_final_itinerary(final_itinerary)
        return self._record("workflow_end", at, {"workflow": self._bytes, "status": STATUSES[status], **self._late})

    def end_with(self, error: BaseException | None, *, at: Moment | None = None) -> bool:
        """Ends the workflow as an exception says: `cancelled` for a cancellation, `failed` for others, else `completed`."""
        return self.end(outcome_of(error).workflow, at=at)

    def leave_running(self) -> None:
        """The scope that the workflow has does not end it: somebody continues it later (`tracewire.continue_workflow`)."""
        self._stays = True

    def _end_scope(self, error: BaseException | None) -> None:
        if self.status == "running" and not self._stays:
            self.end_with(error)

    def activate(self) -> AbstractContextManager[WorkflowHandle]:
        """Makes it the current workflow of a block, in another thread, say. The block's end does not end it."""
        return context.activated(self, self, None)


def chosen_identity(id: Identifier | None, notices: Any) -> bytes:
    """The caller's identifier, or a new one where it is none."""
    if id is None:
        return new_identifier()
    try:
        return identifier_bytes(id)
    except (ValueError, TypeError, AttributeError):
        notices.refused("an id is no UUID; a new one takes its place")
        return new_identifier()
