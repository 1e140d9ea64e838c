"""A call of a model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tracewire.langchain import answers, messages
from tracewire.langchain.secret_names import without_secrets
from tracewire.times import now_ms

if TYPE_CHECKING:
    from tracewire.generation_handle import GenerationHandle
    from tracewire.langchain.trace import Trace

_MODEL = ("model", "model_name", "model_id", "deployment_name", "azure_deployment")
_MAX_TOKENS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "num_predict")
#: Parameters that have a column, or that say nothing about the call.
_ELSEWHERE = frozenset((*_MODEL, *_MAX_TOKENS, "temperature", "_type", "messages", "tools", "stream", "stream_options"))


class Call:
    """A call of a model: told when it begins, and recorded as a whole when it has ended."""

    def __init__(self, generation: GenerationHandle, model: str, metadata: dict[str, Any]) -> None:
        self._generation = generation
        self._model = model
        self._metadata = metadata
        self._began = time.monotonic()
        self._ended_at: float | None = None
        #: What the model said.
        self.output: Any = None
        self._is_streamed = False
        self._error: BaseException | None = None
        self.is_parsed = False

    def token(self) -> None:
        """A piece of the answer has come."""
        if not self._is_streamed:
            self._is_streamed = True
            self._metadata["time_to_first_token_ms"] = self._elapsed_ms()

    def answered(self, response: Any) -> None:
        """The model has answered."""
        columns, metadata = answers.columns_of(response)
        self._metadata.update(metadata)
        self.output = columns.get("output")
        self.is_parsed = "parsed_output" in columns
        self._end(columns)

    def failed(self, error: BaseException, response: Any) -> None:
        """The call has failed; `response` is what had come by then."""
        columns, metadata = answers.columns_of(response) if response is not None else ({}, {})
        self._metadata.update(metadata)
        self._error = error
        self._end(columns)

    def _end(self, columns: dict[str, Any]) -> None:
        if columns.get("model", self._model) != self._model:
            self._metadata["requested_model"] = self._model
        self._ended_at = now_ms() / 1000
        self._generation.set(**columns, latency_ms=self._elapsed_ms())

    def parsed(self, output: Any) -> None:
        """What was read out of the answer."""
        if not self.is_parsed:
            self.is_parsed = True
            self._generation.set_parsed_output(output)

    def record(self) -> None:
        """Nothing more will be said of it."""
        if self._metadata:
            self._generation.set_metadata(self._metadata)
        self._generation.end(error=self._error, at=self._ended_at)

    def _elapsed_ms(self) -> int:
        return max(int((time.monotonic() - self._began) * 1000), 0)


def columns_of_chat(
    said: list[Any], serialized: Mapping[str, Any] | None, metadata: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns that are known when a chat model is called."""
    return {
        **_columns_of_model(serialized, metadata, parameters),
        "system_prompt": messages.system_prompt(said),
        "user_prompt": messages.user_prompt(said),
    }


def columns_of_completion(
    prompt: str, serialized: Mapping[str, Any] | None, metadata: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns that are known when a model without a chat is called."""
    return {**_columns_of_model(serialized, metadata, parameters), "user_prompt": prompt}


def metadata_of(trace: Trace, name: str | None, said: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What else there is to say of a call: its parameters, and what the application says of it, and not of all that runs."""
    found = trace.own_metadata(said.get("metadata") or {})
    tools = [title for tool in parameters.get("tools") or () if (title := _name_of_tool(tool))]
    if tools:
        found["tools"] = tools
    others = {key: value for key, value in parameters.items() if value is not None and key not in _ELSEWHERE}
    if others := without_secrets(others):
        found["parameters"] = others
    own = trace.own_tags(said.get("tags"))
    if own:
        found["tags"] = own
    if name:
        found["name"] = name
    return found


def _name_of_tool(tool: Any) -> Any:
    if not isinstance(tool, Mapping):
        return getattr(tool, "name", None)
    function = tool.get("function")
    return function.get("name") if isinstance(function, Mapping) else tool.get("name") or tool.get("type")


def _columns_of_model(
    serialized: Mapping[str, Any] | None, metadata: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    path = (serialized or {}).get("id") or ()
    type_name = (serialized or {}).get("name") or (path[-1] if path else None)
    model = metadata.get("ls_model_name") or _first(parameters, _MODEL) or type_name
    temperature = _first({"ls": metadata.get("ls_temperature"), **parameters}, ("ls", "temperature"))
    max_tokens = _first({"ls": metadata.get("ls_max_tokens"), **parameters}, ("ls", *_MAX_TOKENS))
    return {
        "model": str(model) if model else "unnamed",
        "provider": metadata.get("ls_provider"),
        "temperature": temperature if isinstance(temperature, (int, float)) else None,
        "max_tokens": max_tokens if isinstance(max_tokens, int) else None,
    }


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        value = said.get(name)
        if value is not None:
            return value
    return None
