"""A call of a model that a wrapped client makes, from its request to the end of its answer."""

from __future__ import annotations

import os
from typing import Any

from tracewire.failure import outcome_of
from tracewire.generation_handle import GenerationHandle
from tracewire.model_calls.gathered import Reading, Room
from tracewire.model_calls.interface import Interface, parsed, wants_json
from tracewire.model_calls.parent import Parent
from tracewire.model_calls.reading import count, field, said, text
from tracewire.notices import never_raises
from tracewire.workflow_handle import WorkflowHandle

_REQUEST_IDS = ("x-request-id", "request-id", "apim-request-id", "x-amzn-requestid")


class Call:
    """Recorded as one generation, when it ends. It ends once, whoever says so first; nothing here raises."""

    def __init__(self, interface: Interface, parent: Parent, columns: dict[str, Any], request: Any, name: str) -> None:
        self._interface = interface
        self._metadata: dict[str, Any] = {"api": interface.name, **columns.pop("metadata", {})}
        self._wants_json = wants_json(request)
        #: Whether the answer is to come in pieces.
        self.asks_for_stream = field(request, "stream") is True
        self._process = os.getpid()
        self._open = [True]
        self._reading: Reading | None = None
        self._room = Room(0)
        self._own: WorkflowHandle | None = None
        workflow = parent.workflow
        if workflow is None:
            workflow = self._own = parent.begin(name, columns.get("user_prompt"))
        self._workflow = workflow
        self._notices = workflow._notices
        self._handle: GenerationHandle = workflow.start_generation(columns.pop("model", "unnamed"), node=parent.node, **columns)

    @property
    def is_recording(self) -> bool:
        """Whether it is recorded; not where its workflow is not in the sample."""
        return self._handle.is_recording

    @property
    def is_read_along(self) -> bool:
        """Whether its answer is a stream, whose end it waits for."""
        return self._reading is not None

    @never_raises()
    def note_response(self, response: Any) -> None:
        """What the headers of an HTTP response say."""
        headers = field(response, "headers")
        identity = next((found for name in _REQUEST_IDS if (found := text(headers, name))), None)
        if identity is not None:
            self._metadata["request_id"] = identity

    @never_raises()
    def expect_stream(self) -> None:
        """The answer comes in pieces; of its text as much is kept as one value may have."""
        client = self._workflow._client
        if client is not None and self._interface.reading is not None:
            self._room = Room(client.configuration.value_limit)
            self._reading = self._interface.reading(self._room)

    @never_raises()
    def read(self, piece: Any) -> None:
        """A piece of the answer has arrived."""
        reading = self._reading
        if reading is None or not self._open:
            return
        had_begun = reading.has_begun
        reading.add(piece)
        if reading.has_begun and not had_begun:
            self._metadata["time_to_first_token_ms"] = self._handle._elapsed_ms()

    @never_raises()
    def finish(self, answer: Any = None, error: BaseException | None = None) -> None:
        """The call has ended: with an answer, with an error, or with what was read of a stream until now."""
        # In a fork nothing ends that its parent began.
        if not self._open or self._process != os.getpid():
            return
        try:
            self._open.pop()
        except IndexError:  # Another thread was first.
            return
        try:
            self._say_error(error)
            self._say_answer(answer, error)
            self._handle.set_metadata(self._metadata)
            self._handle.end(error=error)
        finally:
            self._reading = None
            if self._own is not None:
                self._own.end(self._status(error))

    def _status(self, error: BaseException | None) -> str:
        """How a workflow ends that consists of this call."""
        if error is not None:
            return outcome_of(error).workflow
        if "error_message" in self._handle._fields:
            return "failed"
        return "cancelled" if "is_incomplete" in self._metadata else "completed"

    def leave(self) -> None:
        """Nobody reads the answer on."""
        self.finish()

    @never_raises()
    def _say_error(self, error: BaseException | None) -> None:
        if error is None:
            return
        self._metadata.update(
            said(status_code=count(error, "status_code"), error_code=text(error, "code"), request_id=text(error, "request_id"))
        )

    @never_raises()
    def _say_answer(self, answer: Any, error: BaseException | None) -> None:
        if answer is None and self._reading is not None:
            answer = self._read_so_far()
        # What came, but could not be parsed.
        answer = field(error, "completion") if answer is None and error is not None else answer
        if answer is None:
            return
        columns = self._interface.answer(answer)
        self._metadata.update(said(request_id=text(answer, "_request_id"), **columns.pop("metadata", {})))
        if self._wants_json and "parsed_output" not in columns:
            columns["parsed_output"] = parsed(columns.get("output"))
        self._handle.set(**columns)
        if self._own is not None:
            self._own.set_final_itinerary(columns.get("output"))

    def _read_so_far(self) -> Any:
        assert self._reading is not None
        if not self._reading.is_complete:
            self._metadata["is_incomplete"] = True
        if self._room.left_out:
            self._metadata["characters_left_out"] = self._room.left_out
        return self._reading.whole()
