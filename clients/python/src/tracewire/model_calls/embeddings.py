"""Embeddings: what was embedded is recorded, and how many numbers came of it, but not the numbers."""

from __future__ import annotations

from typing import Any

from tracewire.model_calls.interface import Interface
from tracewire.model_calls.prompts import settings
from tracewire.model_calls.reading import field, items, said, text
from tracewire.model_calls.usage import usage_columns, usage_metadata


def _request(request: Any) -> dict[str, Any]:
    return {**settings(request), **said(user_prompt=_prompt(field(request, "input")))}


def _prompt(given: Any) -> Any:
    if isinstance(given, (list, tuple)):
        if given and isinstance(given[0], int):
            return f"[{len(given)} tokens]"
        return [one if isinstance(one, str) else f"[{len(one)} tokens]" for one in given if isinstance(one, (str, list, tuple))]
    return given if isinstance(given, str) else None


def _answer(answer: Any) -> dict[str, Any]:
    vectors = items(answer, "data")
    usage = field(answer, "usage")
    numbers = [len(vector) for one in vectors if isinstance(vector := field(one, "embedding"), (list, tuple))]
    output = f"[{len(vectors)} embeddings" + (f" of {numbers[0]} numbers]" if numbers else "]")
    metadata = said(embeddings=len(vectors), dimensions=numbers[0] if numbers else None, **usage_metadata(usage))
    return said(model=text(answer, "model"), output=output, metadata=metadata, **usage_columns(usage))


EMBEDDINGS = Interface("embeddings", "/embeddings", ("embeddings.create",), _request, _answer)
