"""What prompts consist of: text as it is, and everything else as a mark that says what it was, without its megabytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracewire.model_calls.reading import field, json_value, members, text

#: Content blocks of Anthropic's with which a model calls a tool.
TOOL_USES = frozenset(("tool_use", "server_tool_use", "mcp_tool_use"))

_TEXTS = frozenset(("text", "input_text", "output_text"))
_THOUGHTS = frozenset(("thinking", "redacted_thinking", "reasoning"))
_DATA = frozenset(("data", "file_data", "b64_json", "base64", "bytes"))
_PLACES = frozenset(("url", "image_url", "file_url", "video_url", "audio_url"))
_FACTS = frozenset(("media_type", "format", "filename", "file_id", "title", "name"))
_LONGEST_FACT = 300
_DEEPEST = 4


def content_text(content: Any) -> str:
    """The text of a message's content, with marks in place of its other parts."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, (list, tuple)):
        return "\n".join(part_text(part) for part in content)
    return part_text(content)


def part_text(part: Any) -> str:
    """A part's text, or its mark."""
    if isinstance(part, str):
        return part
    kind = text(part, "type") or ""
    if kind in _THOUGHTS:
        return f"[{kind}]"
    if kind in _TEXTS or not kind:
        found = field(part, "text")
        if isinstance(found, str):
            return found
    refusal = text(part, "refusal")
    return refusal if refusal is not None else mark(part, kind)


def mark(part: Any, kind: str) -> str:
    """What a part is, and how large, in place of it: `[image: image/png, 20480 bytes]`."""
    name = kind.removeprefix("input_").removesuffix("_url") or type(part).__name__
    facts = list(dict.fromkeys(_facts(part, _DEEPEST)))
    return f"[{name}: {', '.join(facts)}]" if facts else f"[{name}]"


def _facts(part: Any, depth: int) -> Iterator[str]:
    for name, value in members(part).items():
        if name in _DATA and isinstance(value, (str, bytes, bytearray)):
            yield _size(value)
        elif name in _PLACES and isinstance(value, str):
            yield from _place(value)
        elif name in _FACTS and isinstance(value, str) and value:
            yield value[:_LONGEST_FACT]
        elif depth and not isinstance(value, (str, bytes, list, tuple)):
            yield from _facts(value, depth - 1)


def _size(data: str | bytes | bytearray) -> str:
    if isinstance(data, str):
        data = data.rpartition(",")[2] if data.startswith("data:") else data
        return f"{len(data) * 3 // 4 - data[-2:].count('=')} bytes"
    return f"{len(data)} bytes"


def _place(url: str) -> Iterator[str]:
    if not url.startswith("data:"):
        yield url[:_LONGEST_FACT]
        return
    yield url[5 : 5 + _LONGEST_FACT].partition(",")[0].partition(";")[0] or "data"
    yield _size(url)


def without_data(value: Any, depth: int = _DEEPEST) -> Any:
    """An object's members, with marks in place of data and of what is nested too deeply."""
    if isinstance(value, (list, tuple)):
        return [without_data(one, depth - 1) for one in value] if depth else "[…]"
    if value is None or isinstance(value, (str, int, float)):
        return f"[{', '.join(_place(value))}]" if isinstance(value, str) and value.startswith("data:") else value
    if not depth:
        return "[…]"
    return {
        name: f"[{_size(one)}]" if name in _DATA and isinstance(one, (str, bytes)) else without_data(one, depth - 1)
        for name, one in members(value).items()
        if one is not None
    }


def tool_call(identity: Any, name: Any, arguments: Any) -> dict[str, Any]:
    """A call of a tool, in the same form whoever asked for it."""
    return {"id": identity, "name": name, "arguments": json_value(arguments)}


def tool_use(block: Any) -> dict[str, Any]:
    """The call of a tool that a content block is, one of `TOOL_USES`."""
    given = field(block, "input")
    arguments = given if isinstance(given, (dict, str)) else members(given)
    return tool_call(field(block, "id"), field(block, "name"), arguments)


def output_value(contents: str, calls: list[dict[str, Any]]) -> Any:
    """What a model said: its text, or the tools that it calls, or both."""
    if not calls:
        return contents
    return {"content": contents, "tool_calls": calls} if contents else {"tool_calls": calls}
