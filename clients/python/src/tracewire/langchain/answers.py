"""What a model's answer says, and what it took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracewire.langchain import messages

_FINISH = ("finish_reason", "stop_reason", "done_reason")


def columns_of(response: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns of a generation that an `LLMResult` has values for, and what goes into its metadata."""
    generation = _first_generation(response)
    if generation is None:
        return {}, {}
    message = getattr(generation, "message", None)
    if message is None:
        usage = _usage_of_provider(response)
        return {"output": generation.text, **_tokens(usage)}, _details(usage)
    usage = getattr(message, "usage_metadata", None) or _usage_of_provider(response)
    columns = {"output": messages.answer(message), **_tokens(usage), **_model(message)}
    parsed = (getattr(message, "additional_kwargs", None) or {}).get("parsed")
    if parsed is not None:
        columns["parsed_output"] = parsed
    return columns, {**_details(usage), **_of_message(message, generation)}


def _first_generation(response: Any) -> Any:
    for candidates in getattr(response, "generations", None) or ():
        for generation in candidates:
            return generation
    return None


def _of_message(message: Any, generation: Any) -> dict[str, Any]:
    """Why the model ended."""
    found: dict[str, Any] = {}
    said = {**(getattr(generation, "generation_info", None) or {}), **(getattr(message, "response_metadata", None) or {})}
    for name in _FINISH:
        if said.get(name):
            found["finish_reason"] = said[name]
            break
    return found


def _model(message: Any) -> dict[str, Any]:
    """The model that answered, as it calls itself."""
    said = getattr(message, "response_metadata", None) or {}
    model = said.get("model_name") or said.get("model")
    return {"model": model} if isinstance(model, str) else {}


def _usage_of_provider(response: Any) -> Mapping[str, Any]:
    """The usage as older integrations tell it."""
    output = getattr(response, "llm_output", None)
    usage = (output.get("token_usage") or output.get("usage") or {}) if isinstance(output, Mapping) else {}
    if not isinstance(usage, Mapping):
        return {}
    return {
        "input_tokens": usage.get("input_tokens", usage.get("prompt_tokens")),
        "output_tokens": usage.get("output_tokens", usage.get("completion_tokens")),
        "total_tokens": usage.get("total_tokens"),
    }


def _tokens(usage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.get("input_tokens"),
        "completion_tokens": usage.get("output_tokens"),
        "total_tokens": usage.get("total_tokens"),
    }


def _details(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens that were cached, and those of the model's reasoning; all else that is told of them under its own name."""
    inputs, outputs = dict(usage.get("input_token_details") or {}), dict(usage.get("output_token_details") or {})
    found = {
        "cached_tokens": inputs.pop("cache_read", None),
        "cache_creation_tokens": inputs.pop("cache_creation", None),
        "reasoning_tokens": outputs.pop("reasoning", None),
        "input_token_details": inputs or None,
        "output_token_details": outputs or None,
    }
    return {name: value for name, value in found.items() if value is not None}
