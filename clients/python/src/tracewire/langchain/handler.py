"""The callback handler that an application gives LangChain and LangGraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tracewire.client import Client
from tracewire.default import client as default_client
from tracewire.langchain.lifecycle import GraphHandler
from tracewire.langchain.recorder import Recorder
from tracewire.notices import Notices, general, never_raises


class TracewireHandler(GraphHandler):
    """Records what LangChain and LangGraph run: `config={"callbacks": [TracewireHandler()]}`.

    One handler may serve any number of runs at once, in any threads and tasks. It raises nothing and waits for nothing.

    Args:
        client: what records; by default the client of `tracewire.init`, or one of the environment.
        user, session, tags, metadata: of workflows whose configuration says nothing else.
        most_runs: how many runs that have not ended are known at the same time. Beyond that the oldest are forgotten, which is
            counted in `DeliveryReport.refused`: their workflows and nodes stay `running`.
    """

    #: Callbacks are called where the run is, in order, and not in threads of their own: they wait for nothing.
    run_inline = True

    def __init__(
        self,
        *,
        client: Client | None = None,
        user: str | None = None,
        session: str | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        most_runs: int = 10_000,
    ) -> None:
        super().__init__()
        self._client = client
        given = {"user": user, "session": session, "tags": tags, "metadata": metadata}
        self._recorder = Recorder(most_runs, {name: value for name, value in given.items() if value is not None})

    @property
    def _notices(self) -> Notices:
        return self._client._notices if self._client is not None else general

    def _records_with(self) -> Client:
        return self._client if self._client is not None else default_client()

    def _failed(self, callback: str, error: Exception) -> None:
        self._notices.failure(f"TracewireHandler.{callback} failed, and recorded nothing", error)

    # Each node of a graph calls this and the next one: `never_raises` would pack and unpack their arguments once more.
    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: UUID, name: str | None = None, **said: Any) -> None:
        """A graph, a graph's node, or any other chain begins."""
        try:
            name = name or _name_of(serialized, name, "chain")
            self._recorder.begin_chain(self._records_with, run_id, name, inputs, said)
        except Exception as error:
            self._failed("on_chain_start", error)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **_: Any) -> None:
        """It has ended well."""
        try:
            self._recorder.end(run_id, outputs)
        except Exception as error:
            self._failed("on_chain_end", error)

    @never_raises()
    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """An exception has ended it."""
        self._recorder.fail(run_id, error)

    @never_raises()
    def on_tool_start(
        self, serialized: Any, input_str: str, *, run_id: UUID, name: str | None = None, inputs: Any = None,
        tool_call_id: str | None = None, **said: Any,
    ) -> None:  # fmt: skip
        """A tool is called."""
        given = inputs if inputs is not None else input_str
        more = {"tool_call_id": tool_call_id} if tool_call_id else {}
        self._recorder.begin_part(self._records_with(), run_id, "tool", _name_of(serialized, name, "tool"), given, said, more)

    @never_raises()
    def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        """It has returned."""
        self._recorder.end(run_id, output)

    @never_raises()
    def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """It has raised an exception."""
        self._recorder.fail(run_id, error)

    @never_raises()
    def on_retriever_start(self, serialized: Any, query: str, *, run_id: UUID, name: str | None = None, **said: Any) -> None:
        """A retriever looks for documents."""
        title = _name_of(serialized, name, "retriever")
        self._recorder.begin_part(self._records_with(), run_id, "retriever", title, query, said, {})

    @never_raises()
    def on_retriever_end(self, documents: Any, *, run_id: UUID, **_: Any) -> None:
        """It has found them."""
        self._recorder.end(run_id, documents)

    @never_raises()
    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """It has raised an exception."""
        self._recorder.fail(run_id, error)

    @never_raises()
    def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: UUID, **said: Any) -> None:
        """A chat model is called."""
        self._recorder.begin_call(self._records_with(), run_id, serialized, messages[0] if messages else [], said)

    @never_raises()
    def on_llm_start(self, serialized: Any, prompts: Any, *, run_id: UUID, **said: Any) -> None:
        """A model that completes a text is called."""
        self._recorder.begin_call(self._records_with(), run_id, serialized, str(prompts[0]) if prompts else "", said)

    @never_raises()
    def on_llm_new_token(self, token: Any = "", *, run_id: UUID, **_: Any) -> None:
        """A piece of the answer has come."""
        self._recorder.token(run_id)

    @never_raises()
    def on_llm_end(self, response: Any, *, run_id: UUID, **_: Any) -> None:
        """The model has answered."""
        self._recorder.end_call(run_id, response)

    @never_raises()
    def on_llm_error(self, error: BaseException, *, run_id: UUID, response: Any = None, **_: Any) -> None:
        """The call has failed."""
        self._recorder.fail_call(run_id, error, response)

    @never_raises()
    def on_interrupt(self, event: Any) -> None:
        """A graph stops to go on later."""
        self._recorder.interrupted(event.run_id, event.checkpoint_id)

    @never_raises()
    def on_resume(self, event: Any) -> None:
        """A graph goes on from where it stopped."""
        self._recorder.resumed(event.run_id, event.checkpoint_id)


def _name_of(serialized: Mapping[str, Any] | None, name: str | None, default: str) -> str:
    if name:
        return name
    path = (serialized or {}).get("id") or ()
    return str((serialized or {}).get("name") or (path[-1] if path else default))
