"""OpenAI's responses: answers that consist of items."""

from __future__ import annotations

from typing import Any

from tracewire.model_calls.gathered import MOST_PIECES, GatheredText, Room
from tracewire.model_calls.interface import Interface
from tracewire.model_calls.parts import content_text, mark, output_value, tool_call, without_data
from tracewire.model_calls.prompts import conversation, settings
from tracewire.model_calls.reading import count, field, items, said, text
from tracewire.model_calls.usage import usage_columns, usage_metadata

_CALLS = frozenset(("function_call", "custom_tool_call"))
_FINAL = frozenset(("response.completed", "response.incomplete", "response.failed"))
_TEXTS = frozenset(("response.output_text.delta", "response.refusal.delta"))
_ARGUMENTS = frozenset(("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"))
_THOUGHTS = frozenset(("response.reasoning_summary_text.delta", "response.reasoning_text.delta"))


def _request(request: Any) -> dict[str, Any]:
    given = field(request, "input")
    messages = [{"role": "user", "content": given}] if isinstance(given, str) else items(request, "input")
    return {**settings(request), **conversation(messages, [text(request, "instructions") or ""])}


def _answer(answer: Any) -> dict[str, Any]:
    outputs = items(answer, "output")
    error, usage = field(answer, "error"), field(answer, "usage")
    reason = text(field(answer, "incomplete_details"), "reason") or text(answer, "status")
    metadata = said(
        response_id=text(answer, "id"), finish_reason=reason, reasoning=_reasoning(outputs), **usage_metadata(usage),
    )  # fmt: skip
    return said(
        model=text(answer, "model"), output=_output(outputs), parsed_output=_parsed(outputs), metadata=metadata,
        error_message=text(error, "message") or text(error, "code"), **usage_columns(usage),
    )  # fmt: skip


def _output(outputs: list[Any]) -> Any:
    texts: list[str] = []
    calls: list[dict[str, Any]] = []
    for item in outputs:
        kind = text(item, "type") or "message"
        if kind == "message":
            texts.append(content_text(field(item, "content")))
        elif kind in _CALLS:
            identity = field(item, "call_id") or field(item, "id")
            calls.append(tool_call(identity, field(item, "name"), field(item, "arguments") or field(item, "input")))
        elif kind != "reasoning":
            calls.append(_hosted(item, kind))
    return output_value("\n".join(texts), calls)


def _hosted(item: Any, kind: str) -> dict[str, Any]:
    """What the provider called itself: a search, a shell, a tool of an MCP server. The picture that was made is left out."""
    found = without_data(item)
    if kind == "image_generation_call" and "result" in found:
        found["result"] = mark({"data": found["result"]}, "image")
    return dict(found)


def _parsed(outputs: list[Any]) -> Any:
    """What `parse` made of the text."""
    parts = [part for item in outputs for part in items(item, "content")]
    return next((found for part in parts if (found := field(part, "parsed")) is not None), None)


def _reasoning(outputs: list[Any]) -> str | None:
    thoughts = [item for item in outputs if text(item, "type") == "reasoning"]
    parts = [part for item in thoughts for part in items(item, "summary") + items(item, "content")]
    return "\n\n".join(found for part in parts if (found := text(part, "text"))) or None


class _Item:
    """An item that arrives in pieces."""

    def __init__(self, room: Room) -> None:
        self._about: Any = None
        self._text, self._thoughts = GatheredText(room), GatheredText(room)

    def begin(self, item: Any) -> None:
        self._about = {name: field(item, name) for name in ("type", "id", "call_id", "name")}

    def add(self, kind: str, delta: Any) -> bool:
        return self._thoughts.add(delta) if kind in _THOUGHTS else self._text.add(delta)

    def whole(self) -> dict[str, Any]:
        about = self._about or {}
        said_so_far, thoughts = str(self._text), str(self._thoughts)
        if about.get("type") in _CALLS:
            return {**about, "arguments": said_so_far}
        if thoughts:
            return {"type": "reasoning", "summary": [{"text": thoughts}]}
        return {"type": about.get("type") or "message", "content": said_so_far}


class ResponsesReading:
    """Gathers the events of an answer. The last one holds all of it."""

    def __init__(self, room: Room) -> None:
        self.has_begun = False
        self.is_complete = False
        self._room = room
        self._items: dict[int, _Item] = {}
        self._answer: Any = None
        self._error: Any = None

    def add(self, piece: Any) -> None:
        kind = text(piece, "type") or ""
        if kind in _FINAL:
            self.is_complete = True
        if field(piece, "response") is not None:
            self._answer = field(piece, "response")
        elif kind == "response.output_item.added" and (item := self._item(piece)) is not None:
            item.begin(field(piece, "item"))
        elif kind in _TEXTS or kind in _ARGUMENTS or kind in _THOUGHTS:
            item = self._item(piece)
            self.has_begun |= item is not None and item.add(kind, field(piece, "delta"))
        elif kind == "error":
            self._error = said(message=text(piece, "message"), code=text(piece, "code"))

    def _item(self, piece: Any) -> _Item | None:
        index = count(piece, "output_index") or 0
        if index not in self._items and len(self._items) < MOST_PIECES:
            self._items[index] = _Item(self._room)
        return self._items.get(index)

    def whole(self) -> Any:
        if self.is_complete and items(self._answer, "output"):
            return self._answer
        names = ("id", "model", "usage", "incomplete_details", "error", "status")
        found = {name: field(self._answer, name) for name in names}
        found["error"] = found["error"] or self._error
        return {**found, "output": [item.whole() for _, item in sorted(self._items.items())]}


RESPONSES = Interface("responses", "/responses", ("responses.create", "responses.parse"), _request, _answer, ResponsesReading)
