"""What a request says: the prompts, and the settings of the call."""

from __future__ import annotations

from typing import Any

from tracewire.model_calls.parts import TOOL_USES, content_text, part_text, tool_call, tool_use
from tracewire.model_calls.reading import count, field, items, number, said, text

_SYSTEM = frozenset(("system", "developer"))
#: Settings that are recorded as they are, in the metadata.
_SETTINGS = (
    "top_p", "top_k", "n", "seed", "stop", "stop_sequences", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs",
    "reasoning_effort", "reasoning", "thinking", "verbosity", "tool_choice", "parallel_tool_calls", "service_tier", "dimensions",
    "encoding_format", "previous_response_id", "thread", "user", "metadata", "modalities", "truncation", "store", "background",
)  # fmt: skip


def settings(request: Any) -> dict[str, Any]:
    """The columns and the metadata that all interfaces share."""
    model = text(request, "model")
    limit = next((n for name in _LIMITS if (n := count(request, name)) is not None), None)
    parameters = {name: value for name in _SETTINGS if (value := field(request, name)) is not None}
    names = [name for tool in items(request, "tools") if (name := _tool_name(tool))]
    metadata = said(requested_model=model, parameters=parameters or None, tools=names or None)
    if field(request, "stream"):
        metadata["stream"] = True
    return said(model=model, temperature=number(request, "temperature"), max_tokens=limit, metadata=metadata)


_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens", "max_tokens_to_sample")


def _tool_name(tool: Any) -> str | None:
    return text(field(tool, "function"), "name") or text(tool, "name") or text(tool, "type")


def conversation(messages: list[Any], system: list[str]) -> dict[str, Any]:
    """The prompts of a list of messages: the system's, put together, and the rest.

    Where the rest is one message of the user's it is its text, else the messages as JSON.
    """
    others = [message for message in messages if text(message, "role") not in _SYSTEM]
    instructions = [*system, *(_contents(message) for message in messages if text(message, "role") in _SYSTEM)]
    turns = [_turn(message) for message in others]
    alone = len(turns) == 1 and set(turns[0]) == {"role", "content"} and turns[0]["role"] == "user"
    prompt: Any = turns[0]["content"] if alone else turns
    return said(system_prompt="\n\n".join(filter(None, instructions)) or None, user_prompt=prompt if turns else None)


def _contents(message: Any) -> str:
    return content_text(field(message, "content"))


def _turn(message: Any) -> dict[str, Any]:
    """A message in the form that all interfaces share."""
    if isinstance(message, str):
        return {"role": "user", "content": message}
    kind = text(message, "type")
    if kind not in (None, "message"):
        return _item(message, kind or "")
    turn: dict[str, Any] = {"role": text(message, "role") or "user"}
    parts, calls, results = _sorted_parts(field(message, "content"))
    calls += [_function_call(call) for call in items(message, "tool_calls")]
    if parts or not (calls or results):
        turn["content"] = parts
    turn.update(said(tool_calls=calls or None, tool_results=results or None))
    turn.update(said(tool_call_id=text(message, "tool_call_id"), name=text(message, "name")))
    return turn


def _sorted_parts(content: Any) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """The text of a content, and the calls of tools and their results that stand in it."""
    if not isinstance(content, (list, tuple)):
        return content_text(content), [], []
    texts: list[str] = []
    calls: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for part in content:
        kind = text(part, "type")
        if kind in TOOL_USES:
            calls.append(tool_use(part))
        elif kind == "tool_result":
            results.append({"id": field(part, "tool_use_id"), "content": content_text(field(part, "content"))})
        else:
            texts.append(part_text(part))
    return "\n".join(texts), calls, results


def _function_call(call: Any) -> dict[str, Any]:
    function = field(call, "function") or field(call, "custom") or call
    return tool_call(field(call, "id"), field(function, "name"), field(function, "arguments") or field(function, "input"))


def _item(item: Any, kind: str) -> dict[str, Any]:
    """An item of a `responses` input that is no message."""
    if kind in ("function_call", "custom_tool_call"):
        arguments = field(item, "arguments") or field(item, "input")
        return {"role": "assistant", "tool_calls": [tool_call(field(item, "call_id"), field(item, "name"), arguments)]}
    if kind.endswith("_output"):
        return {"role": "tool", "tool_call_id": field(item, "call_id"), "content": content_text(field(item, "output"))}
    return {"role": text(item, "role") or "assistant", "content": part_text(item)}
