"""How many tokens a call took, as the providers count them."""

from __future__ import annotations

from typing import Any

from tracewire.model_calls.reading import count, field, said

_PROMPT_DETAILS = ("prompt_tokens_details", "input_tokens_details")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details")


def usage_columns(usage: Any) -> dict[str, Any]:
    """The columns of an answer's usage.

    `prompt_tokens` is the whole prompt, with what came from a cache or was written to one: Anthropic counts these apart, and
    they are added.
    """
    read, created = count(usage, "cache_read_input_tokens"), count(usage, "cache_creation_input_tokens")
    prompt = _first(usage, "prompt_tokens", "input_tokens")
    if prompt is not None:
        prompt += (read or 0) + (created or 0)
    return said(
        prompt_tokens=prompt,
        completion_tokens=_first(usage, "completion_tokens", "output_tokens"),
        total_tokens=count(usage, "total_tokens"),
    )


def usage_metadata(usage: Any) -> dict[str, Any]:
    """Of the prompt `cached_tokens` and `cache_creation_tokens`, of the answer `reasoning_tokens`."""
    return said(
        cached_tokens=_first_of(
            count(usage, "cache_read_input_tokens"),
            *(count(field(usage, name), "cached_tokens") for name in _PROMPT_DETAILS),
            count(usage, "prompt_cache_hit_tokens"),
        ),
        cache_creation_tokens=_first_of(
            count(usage, "cache_creation_input_tokens"),
            *(count(field(usage, name), "cache_write_tokens") for name in _PROMPT_DETAILS),
        ),
        reasoning_tokens=_first_of(
            *(count(field(usage, name), "reasoning_tokens") for name in _OUTPUT_DETAILS),
            *(count(field(usage, name), "thinking_tokens") for name in _OUTPUT_DETAILS),
        ),
    )


def _first(usage: Any, *names: str) -> int | None:
    return _first_of(*(count(usage, name) for name in names))


def _first_of(*counts: int | None) -> int | None:
    return next((one for one in counts if one is not None), None)
