"""Chat completions and completions: answers that consist of choices."""

from __future__ import annotations

from typing import Any

from tracewire.model_calls.gathered import MOST_PIECES, GatheredText, Room
from tracewire.model_calls.interface import Interface
from tracewire.model_calls.parts import output_value, part_text, tool_call
from tracewire.model_calls.prompts import conversation, settings
from tracewire.model_calls.reading import count, field, items, said, text
from tracewire.model_calls.usage import usage_columns, usage_metadata


def _chat_request(request: Any) -> dict[str, Any]:
    return {**settings(request), **conversation(items(request, "messages"), [])}


def _completion_request(request: Any) -> dict[str, Any]:
    prompt = field(request, "prompt")
    return {**settings(request), **said(user_prompt=prompt if isinstance(prompt, (str, list)) else None)}


def choices_answer(answer: Any) -> dict[str, Any]:
    """The columns of an answer of one or more choices; of several, output and finish reason are lists."""
    choices = items(answer, "choices")
    outputs = [_output(choice) for choice in choices]
    reasons = [text(choice, "finish_reason") for choice in choices]
    parsed = [field(field(choice, "message"), "parsed") for choice in choices]
    thoughts = [thought for choice in choices if (thought := _reasoning(choice))]
    usage = field(answer, "usage")
    metadata = said(
        response_id=text(answer, "id"), finish_reason=_one_or_all(reasons), reasoning="\n\n".join(thoughts) or None,
        service_tier=text(answer, "service_tier"), system_fingerprint=text(answer, "system_fingerprint"), **usage_metadata(usage),
    )  # fmt: skip
    return said(
        model=text(answer, "model"), output=_one_or_all(outputs), parsed_output=_one_or_all(parsed), metadata=metadata,
        **usage_columns(usage),
    )  # fmt: skip


def _one_or_all(values: list[Any]) -> Any:
    if len(values) == 1:
        return values[0]
    return values if any(value is not None for value in values) else None


def _output(choice: Any) -> Any:
    message = field(choice, "message")
    if message is None:
        return text(choice, "text") or ""
    contents = text(message, "content") or text(message, "refusal") or ""
    audio = field(message, "audio")
    if audio is not None and not contents:
        contents = text(audio, "transcript") or part_text(audio)
    return output_value(contents, _calls(message))


def _calls(message: Any) -> list[dict[str, Any]]:
    calls = [(field(call, "id"), field(call, "function") or field(call, "custom")) for call in items(message, "tool_calls")]
    if field(message, "function_call") is not None:
        calls.append((None, field(message, "function_call")))
    return [tool_call(one, text(call, "name"), text(call, "arguments") or text(call, "input")) for one, call in calls]


def _reasoning(choice: Any) -> str | None:
    """What compatible servers tell of a model's thoughts."""
    message = field(choice, "message")
    return text(message, "reasoning_content") or text(message, "reasoning")


class _Function:
    """A call of a tool that arrives in pieces."""

    def __init__(self, room: Room) -> None:
        self.id: str | None = None
        self.name: str | None = None
        self.arguments = GatheredText(room)

    def add(self, piece: Any) -> None:
        function = field(piece, "function") or field(piece, "custom") or piece
        self.id = self.id or text(piece, "id")
        self.name = self.name or text(function, "name")
        self.arguments.add(field(function, "arguments") or field(function, "input"))


class _Choice:
    """A choice that arrives in pieces."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._content, self._refusal, self._reasoning = GatheredText(room), GatheredText(room), GatheredText(room)
        self._functions: dict[int, _Function] = {}
        self.finish_reason: str | None = None

    def add(self, choice: Any) -> bool:
        """Whether the model said something."""
        delta = field(choice, "delta")
        said_something = self._content.add(field(delta, "content")) | self._content.add(field(choice, "text"))
        said_something |= self._refusal.add(field(delta, "refusal"))
        said_something |= self._reasoning.add(text(delta, "reasoning_content") or text(delta, "reasoning"))
        calls = items(delta, "tool_calls") + [call for call in [field(delta, "function_call")] if call is not None]
        for place, call in enumerate(calls):
            self._add_call(call, place)
        self.finish_reason = text(choice, "finish_reason") or self.finish_reason
        return said_something or bool(calls)

    def _add_call(self, call: Any, place: int) -> None:
        index = count(call, "index")
        index = place if index is None else index
        if index not in self._functions and len(self._functions) < MOST_PIECES:
            self._functions[index] = _Function(self._room)
        if index in self._functions:
            self._functions[index].add(call)

    def whole(self) -> dict[str, Any]:
        calls = [
            {"id": call.id, "function": {"name": call.name, "arguments": str(call.arguments)}}
            for _, call in sorted(self._functions.items())
        ]
        message = {
            "content": str(self._content), "refusal": str(self._refusal), "reasoning": str(self._reasoning), "tool_calls": calls,
        }  # fmt: skip
        return {"message": message, "finish_reason": self.finish_reason}


class ChoicesReading:
    """Gathers the pieces of an answer of choices."""

    def __init__(self, room: Room) -> None:
        self.has_begun = False
        self._room = room
        self._choices: dict[int, _Choice] = {}
        self._said: dict[str, Any] = {}

    def add(self, piece: Any) -> None:
        for name in ("id", "model", "service_tier", "system_fingerprint", "usage"):
            if (value := field(piece, name)) is not None:
                self._said[name] = value
        for choice in items(piece, "choices"):
            index = count(choice, "index") or 0
            if index not in self._choices and len(self._choices) < MOST_PIECES:
                self._choices[index] = _Choice(self._room)
            if index in self._choices:
                self.has_begun |= self._choices[index].add(choice)

    @property
    def is_complete(self) -> bool:
        return bool(self._choices) and all(choice.finish_reason for choice in self._choices.values())

    def whole(self) -> dict[str, Any]:
        return {**self._said, "choices": [choice.whole() for _, choice in sorted(self._choices.items())]}


CHAT = Interface(
    "chat.completions",
    "/chat/completions",
    ("chat.completions.create", "chat.completions.parse", "beta.chat.completions.parse"),
    _chat_request,
    choices_answer,
    ChoicesReading,
)

COMPLETIONS = Interface(
    "completions", "/completions", ("completions.create",), _completion_request, choices_answer, ChoicesReading
)
