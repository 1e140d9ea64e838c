"""The interfaces of providers: which calls belong to each, and how its requests and answers are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tracewire.json_text import JSONText, is_json
from tracewire.model_calls.gathered import Reading, Room
from tracewire.model_calls.reading import field, text


@dataclass(frozen=True)
class Interface:
    """One of a provider's interfaces."""

    #: As its documentation calls it, such as `chat.completions`.
    name: str
    #: How the path of its address ends.
    path: str
    #: The methods of a client that call it, without the client's name.
    methods: tuple[str, ...]
    #: The columns of a generation that a request says; `metadata` is a dictionary.
    request: Callable[[Any], dict[str, Any]]
    #: The columns that a whole answer says.
    answer: Callable[[Any], dict[str, Any]]
    #: What gathers the pieces of a stream; None where there are no streams.
    reading: Callable[[Room], Reading] | None = None


def at_path(interfaces: tuple[Interface, ...], path: str) -> Interface | None:
    """The interface that a request's path belongs to. Those with longer paths stand first."""
    end = path.partition("?")[0].rstrip("/")
    return next((one for one in interfaces if end.endswith(one.path)), None)


def wants_json(request: Mapping[str, Any]) -> bool:
    """Whether a request asks for an answer that is JSON."""
    formats = (
        field(request, "response_format"),
        field(request, "output_format"),
        field(field(request, "text"), "format"),
        field(field(request, "output_config"), "format"),
    )
    return any(isinstance(one, type) or (text(one, "type") or "").startswith("json") for one in formats if one is not None)


def parsed(output: Any) -> JSONText | None:
    """What was asked to be JSON, if it is."""
    return JSONText(output) if isinstance(output, str) and is_json(output) else None
