"""Messages of a chat as a generation's columns have them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

#: Blocks of a content that a message has in another place as well.
_SAID_ELSEWHERE = frozenset(("tool_use", "tool_call", "function_call", "input_json_delta"))
_ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "HumanMessageChunk": "user", "chat": "user"}


def system_prompt(messages: Iterable[Any]) -> str | None:
    """What the system messages say, one after the other."""
    texts = [text_of(message.content) for message in messages if role_of(message) == "system"]
    return "\n\n".join(texts) or None


def user_prompt(messages: Sequence[Any]) -> Any:
    """What else was said: the text of the only message, or the messages as `[{"role": …, "content": …}, …]`."""
    others = [message for message in messages if role_of(message) != "system"]
    if len(others) == 1 and role_of(others[0]) == "user":
        return text_of(others[0].content)
    return [described(message) for message in others] if others else None


def answer(message: Any) -> Any:
    """What the model said: its text, or the tools that it calls, or both."""
    text, calls = text_of(message.content), tool_calls(message)
    if not calls:
        return text
    return {"content": text, "tool_calls": calls} if text else {"tool_calls": calls}


def tool_calls(message: Any) -> list[dict[str, Any]]:
    """The calls of tools that a message asks for."""
    calls = getattr(message, "tool_calls", None) or ()
    return [{"id": call.get("id"), "name": call.get("name"), "arguments": call.get("args")} for call in calls]


def described(message: Any) -> dict[str, Any]:
    """A message's role and content, the tools it calls, and the call that it answers."""
    found: dict[str, Any] = {"role": role_of(message), "content": text_of(message.content)}
    calls = tool_calls(message)
    if calls:
        found["tool_calls"] = calls
    for name in ("tool_call_id", "name"):
        value = getattr(message, name, None)
        if value:
            found[name] = value
    return found


def role_of(message: Any) -> str:
    """`system`, `user`, `assistant`, `tool`, or what the message says of itself."""
    kind = getattr(message, "type", "")
    if kind == "chat":
        return str(getattr(message, "role", "user"))
    return _ROLES.get(kind, kind)


def text_of(content: Any) -> str:
    """The text of a message's content. Of several blocks that are not all text it is their JSON; calls of tools stand apart."""
    if isinstance(content, str):
        return content
    if not content:
        return ""
    blocks = [block for block in content if not (isinstance(block, dict) and block.get("type") in _SAID_ELSEWHERE)]
    texts = [_text_of_block(block) for block in blocks]
    if all(text is not None for text in texts):
        return "".join(text for text in texts if text is not None)
    return json.dumps(blocks, ensure_ascii=False, default=str)


def _text_of_block(block: Any) -> str | None:
    if isinstance(block, str):
        return block
    if isinstance(block, dict) and block.get("type") == "text":
        return str(block.get("text", ""))
    return None
