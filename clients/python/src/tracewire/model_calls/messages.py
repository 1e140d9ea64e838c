"""Anthropic's messages: answers that consist of content blocks."""

from __future__ import annotations

from typing import Any

from tracewire.model_calls.gathered import MOST_PIECES, GatheredText, Room
from tracewire.model_calls.interface import Interface
from tracewire.model_calls.parts import TOOL_USES, content_text, mark, output_value, tool_use
from tracewire.model_calls.prompts import conversation, settings
from tracewire.model_calls.reading import count, field, items, said, text
from tracewire.model_calls.usage import usage_columns, usage_metadata

_USAGE = (
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens_details",
)  # fmt: skip


def _request(request: Any) -> dict[str, Any]:
    return {**settings(request), **conversation(items(request, "messages"), [content_text(field(request, "system"))])}


def _answer(answer: Any) -> dict[str, Any]:
    blocks = items(answer, "content")
    usage = field(answer, "usage")
    metadata = said(
        response_id=text(answer, "id"), finish_reason=text(answer, "stop_reason"), stop_sequence=text(answer, "stop_sequence"),
        thinking=_thinking(blocks), **usage_metadata(usage),
    )  # fmt: skip
    return said(
        model=text(answer, "model"), output=_output(blocks), parsed_output=_parsed(blocks), metadata=metadata,
        **usage_columns(usage),
    )  # fmt: skip


def _output(blocks: list[Any]) -> Any:
    texts: list[str] = []
    calls: list[dict[str, Any]] = []
    for block in blocks:
        kind = text(block, "type") or "text"
        if kind == "text":
            texts.append(text(block, "text") or "")
        elif kind in TOOL_USES:
            calls.append(tool_use(block))
        elif kind not in ("thinking", "redacted_thinking"):
            texts.append(mark(block, kind))
    return output_value("".join(texts), calls)


def _thinking(blocks: list[Any]) -> str | None:
    """What the model thought, which is no part of the output."""
    thoughts = [text(block, "thinking") or "[redacted]" for block in blocks if (text(block, "type") or "").endswith("thinking")]
    return "\n\n".join(thoughts) or None


def _parsed(blocks: list[Any]) -> Any:
    return next((found for block in blocks if (found := field(block, "parsed_output")) is not None), None)


class _Block:
    """A content block that arrives in pieces."""

    def __init__(self, room: Room) -> None:
        self._about: dict[str, Any] = {"type": "text"}
        self._text, self._thinking, self._input = GatheredText(room), GatheredText(room), GatheredText(room)

    def begin(self, block: Any) -> bool:
        self._about = {name: field(block, name) for name in ("type", "id", "name")}
        return self._text.add(field(block, "text")) | self._thinking.add(field(block, "thinking"))

    def add(self, delta: Any) -> bool:
        added = self._text.add(field(delta, "text")) | self._thinking.add(field(delta, "thinking"))
        return added | self._input.add(field(delta, "partial_json"))

    def whole(self) -> dict[str, Any]:
        return {**self._about, "text": str(self._text), "thinking": str(self._thinking), "input": str(self._input) or "{}"}


class MessagesReading:
    """Gathers the events of a message."""

    def __init__(self, room: Room) -> None:
        self.has_begun = False
        self.is_complete = False
        self._room = room
        self._blocks: dict[int, _Block] = {}
        self._said: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}

    def add(self, piece: Any) -> None:
        kind = text(piece, "type")
        if kind == "message_start":
            message = field(piece, "message")
            self._said.update({name: field(message, name) for name in ("id", "model")})
            self._count(field(message, "usage"))
        elif kind == "content_block_start" and (block := self._block(piece)) is not None:
            self.has_begun |= block.begin(field(piece, "content_block"))
        elif kind == "content_block_delta" and (block := self._block(piece)) is not None:
            self.has_begun |= block.add(field(piece, "delta"))
        elif kind == "message_delta":
            delta = field(piece, "delta")
            self._said.update({name: field(delta, name) for name in ("stop_reason", "stop_sequence")})
            self._count(field(piece, "usage"))
        elif kind == "message_stop":
            self.is_complete = True

    def _count(self, usage: Any) -> None:
        """The later count is the whole, not what was added."""
        self._usage.update({name: value for name in _USAGE if (value := field(usage, name)) is not None})

    def _block(self, piece: Any) -> _Block | None:
        index = count(piece, "index") or 0
        if index not in self._blocks and len(self._blocks) < MOST_PIECES:
            self._blocks[index] = _Block(self._room)
        return self._blocks.get(index)

    def whole(self) -> dict[str, Any]:
        content = [block.whole() for _, block in sorted(self._blocks.items())]
        return {**self._said, "usage": self._usage, "content": content}


MESSAGES = Interface(
    "messages",
    "/messages",
    ("messages.create", "messages.parse", "beta.messages.create", "beta.messages.parse"),
    _request,
    _answer,
    MessagesReading,
)
