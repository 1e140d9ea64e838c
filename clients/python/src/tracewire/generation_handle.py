"""A call of a model that is under way."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from tracewire.events import NAMES, VALUES
from tracewire.failure import outcome_of
from tracewire.notices import never_raises
from tracewire.times import Moment, moment_ms

if TYPE_CHECKING:
    from tracewire.client import Client
    from tracewire.node_handle import NodeHandle
    from tracewire.workflow_handle import WorkflowHandle

_COLUMNS = {
    "model": "model_name", "provider": "model_provider", "system_prompt": "system_prompt", "user_prompt": "user_prompt",
    "output": "output", "parsed_output": "parsed_output", "temperature": "temperature", "max_tokens": "max_tokens",
    "prompt_tokens": "prompt_tokens", "completion_tokens": "completion_tokens", "total_tokens": "total_tokens",
    "latency_ms": "latency_ms", "error_message": "error_message", "metadata": "metadata",
}  # fmt: skip


class GenerationHandle:
    """A call of a model. It is recorded as a whole when it ends. It may be used from any thread; nothing here raises."""

    def __init__(
        self,
        workflow: WorkflowHandle,
        node: NodeHandle | None,
        identifier: bytes,
        at: Moment | None,
        columns: dict[str, Any],
    ) -> None:
        self._workflow = workflow
        self._notices = workflow._notices
        self._bytes = identifier
        self._node: bytes | None = None if node is None else node._bytes
        self._began = time.monotonic()
        self._began_ms = None if at is None else moment_ms(at)
        self._fields: dict[str, Any] = {}
        self._open = [True]
        self.set(**columns)

    @property
    def id(self) -> uuid.UUID:
        """The call's identity. All zeros where nothing is recorded."""
        return uuid.UUID(bytes=self._bytes)

    @property
    def is_recording(self) -> bool:
        """Whether the call is recorded."""
        return self._workflow.is_recording

    @never_raises()
    def set(self, **columns: Any) -> None:
        """Says more of the call, as it is now; what was said before of the same is forgotten, and None says nothing.

        Args:
            model, provider: texts, at most 1,024 bytes.
            system_prompt, user_prompt, output: texts; anything else becomes its JSON.
            parsed_output, metadata: any object.
            temperature: a finite number. What is none is left out, and counted as refused; so with the next.
            max_tokens, prompt_tokens, completion_tokens, total_tokens, latency_ms: whole numbers from 0. Without a total it is
                the sum of prompt and completion.
            error_message: the call failed, and why.
        """
        client = self._workflow._client
        if client is None:
            return
        for name, value in columns.items():
            column = _COLUMNS.get(name)
            if column is None:
                self._notices.refused(f"a generation has no {name}")
            elif value is not None:
                self._say(client, column, value)

    def _say(self, client: Client, column: str, value: Any) -> None:
        if column in VALUES:
            self._fields[column] = client._policy.value(column, value)
        elif column in NAMES:
            self._fields[column] = value
        elif (number := client._policy.number(column, value)) is not None:
            self._fields[column] = number

    def set_output(self, output: Any) -> None:
        """What the model said."""
        self.set(output=output)

    def set_parsed_output(self, output: Any) -> None:
        """What was read out of what the model said."""
        self.set(parsed_output=output)

    def set_usage(
        self, prompt_tokens: int | None = None, completion_tokens: int | None = None, total_tokens: int | None = None
    ) -> None:
        """How many tokens the call took."""
        self.set(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens, total_tokens=total_tokens)

    def set_metadata(self, metadata: Any) -> None:
        """Whatever else belongs to the call."""
        self.set(metadata=metadata)

    @never_raises(False)
    def end(self, *, error: BaseException | str | None = None, at: Moment | None = None) -> bool:
        """The call has ended, now or at `at`; it is recorded, with the time since it began.

        Args:
            error: why it failed.

        Returns:
            Whether it was recorded. It is once only.
        """
        if isinstance(error, BaseException):
            error = outcome_of(error).message
        if error is not None:
            self.set(error_message=error)
        return self._finish(at, True)

    @never_raises(False)
    def _finish(self, at: Moment | None, measured: bool) -> bool:
        try:
            self._open.pop()
        except IndexError:
            self._notices.refused("a generation that has ended cannot end again")
            return False
        if not self.is_recording:
            return False
        fields = self._fields
        if measured and "latency_ms" not in fields:
            fields["latency_ms"] = self._latency_ms(at)
        prompt, completion = fields.get("prompt_tokens"), fields.get("completion_tokens")
        if "total_tokens" not in fields and prompt is not None and completion is not None:
            fields["total_tokens"] = prompt + completion
        identity = {"generation": self._bytes, "workflow": self._workflow._bytes, "node": self._node}
        return self._workflow._record("generation", at, {"model_name": "unnamed", **fields, **identity})

    def _latency_ms(self, at: Moment | None) -> int:
        if self._began_ms is not None or at is not None:
            began = self._began_ms if self._began_ms is not None else moment_ms(None) - self._elapsed_ms()
            return max(moment_ms(at) - began, 0)
        return self._elapsed_ms()

    def _elapsed_ms(self) -> int:
        return max(int((time.monotonic() - self._began) * 1000), 0)

    def _end_scope(self, error: BaseException | None) -> None:
        if self._open:
            self.end(error=error)
