"""A node that is being recorded."""

from __future__ import annotations

import time
import uuid
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from tracewire import context
from tracewire.events import STATUSES
from tracewire.failure import outcome_of
from tracewire.generation_handle import GenerationHandle
from tracewire.identifiers import Identifier
from tracewire.notices import never_raises
from tracewire.times import Moment
from tracewire.transitions import NODE, Gate

if TYPE_CHECKING:
    from tracewire.workflow_handle import WorkflowHandle


class NodeHandle:
    """A node. It may be used from any thread, and for as long as one likes; nothing here raises."""

    def __init__(
        self, workflow: WorkflowHandle, identifier: bytes, description: dict[str, Any], order: int, status: str = ""
    ) -> None:
        #: The workflow that it belongs to.
        self.workflow = workflow
        #: Where it stands among the workflow's nodes; 0 if it was begun elsewhere.
        self.execution_order = order
        self._notices = workflow._notices
        self._bytes: bytes = identifier
        self._description = description
        self._gate = Gate(NODE, status)
        self._late: dict[str, Any] = {}
        self._started: float | None = None
        self._stays = False

    @property
    def id(self) -> uuid.UUID:
        """The node's identity. All zeros where nothing is recorded."""
        return uuid.UUID(bytes=self._bytes)

    @property
    def is_recording(self) -> bool:
        """Whether what is said of the node is recorded."""
        return self.workflow.is_recording

    @property
    def status(self) -> str:
        """`pending`, `running`, or how it ended, as far as this handle knows."""
        return self._gate.status or "pending"

    def _move(self, status: str) -> bool:
        if not self.is_recording:
            return False
        if self._gate.move(status):
            return True
        self._notices.refused(f"a node that is {self.status} cannot be {status}; it stays as it is")
        return False

    def _record(self, event: str, at: Moment | None, fields: dict[str, Any]) -> bool:
        fields["node"], fields["workflow"] = self._bytes, self.workflow._bytes
        return self.workflow._record(event, at, fields)

    @never_raises(False)
    def _wait(self, at: Moment | None) -> bool:
        if not self._move("pending"):
            return False
        announced = self._record("node_pending", at, dict(self._description))
        if announced:  # The start need not repeat it.
            self._description = {}
        return announced

    @never_raises(False)
    def start(self, *, input: Any = None, at: Moment | None = None) -> bool:
        """A pending node runs now, or since `at`. Whether that was recorded."""
        if not self._move("running"):
            return False
        if at is None:
            self._started = time.monotonic()
        return self._record("node_start", at, {**self._description, "input_data": input})

    @never_raises(False)
    def skip(self, *, at: Moment | None = None) -> bool:
        """A pending node will not run. Whether that was recorded."""
        return self._move("skipped") and self._record("node_skip", at, {})

    @never_raises()
    def set_state(self, state: Any) -> None:
        """The workflow's whole state after the node, as it is now; recorded when the node ends."""
        self._set("state_data", state)

    @never_raises()
    def set_output(self, output: Any) -> None:
        """What the node made, as it is now; recorded when the node ends."""
        self._set("output_data", output)

    def _set(self, name: str, value: Any) -> None:
        client = self.workflow._client
        if client is not None and value is not None:
            self._late[name] = client._policy.value(name, value)

    @never_raises(False)
    def end(
        self,
        status: str = "completed",
        *,
        state: Any = None,
        output: Any = None,
        error_message: str | None = None,
        error_traceback: str | None = None,
        duration_ms: int | None = None,
        at: Moment | None = None,
    ) -> bool:
        """Ends the node.

        Args:
            status: `completed` or `failed`.
            state: in place of what `set_state` was given; so with `output`.
            duration_ms: by default the time since it was started here; where that is not known, or `at` is given, the
                collector takes the time between start and end.
            at: when it ended; by default now.

        Returns:
            Whether it was recorded. A node that has ended already is not ended again.
        """
        if not self._move(status):
            return False
        self._set("state_data", state)
        self._set("output_data", output)
        if duration_ms is None and at is None and self._started is not None:
            duration_ms = max(int((time.monotonic() - self._started) * 1000), 0)
        fields = {
            **self._late, "status": STATUSES[status], "error_message": error_message, "error_traceback": error_traceback,
            "duration_ms": duration_ms,
        }  # fmt: skip
        return self._record("node_end", at, fields)

    @never_raises(False)
    def end_with(self, error: BaseException | None, *, at: Moment | None = None) -> bool:
        """Ends the node as an exception says: `failed` with its type, message and traceback, or `completed` for None."""
        outcome = outcome_of(error)
        return self.end(outcome.node, error_message=outcome.message, error_traceback=outcome.traceback, at=at)

    def start_generation(
        self, model: str, *, id: Identifier | None = None, at: Moment | None = None, **columns: Any
    ) -> GenerationHandle:
        """As `WorkflowHandle.start_generation`, in this node."""
        return self.workflow.start_generation(model, node=self, id=id, at=at, **columns)

    def record_generation(self, model: str, *, id: Identifier | None = None, at: Moment | None = None, **columns: Any) -> bool:
        """As `WorkflowHandle.record_generation`, in this node."""
        return self.workflow.record_generation(model, node=self, id=id, at=at, **columns)

    def leave_running(self) -> None:
        """The scope that the node has does not end it: somebody does later (`WorkflowHandle.continue_node`)."""
        self._stays = True

    def _end_scope(self, error: BaseException | None) -> None:
        if self.status == "running" and not self._stays:
            self.end_with(error)

    def activate(self) -> AbstractContextManager[NodeHandle]:
        """Makes it the current node, and its workflow the current one, of a block. The block's end does not end it."""
        return context.activated(self, self.workflow, self)
