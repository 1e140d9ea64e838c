"""Answers and streams in the forms of the providers' interfaces."""


def chat(content="A gallery.", model="gpt-4o-2024-08-06", usage=None, choices=None, **message):
    """A chat completion."""
    message = {"role": "assistant", "content": content, **message}
    reason = "tool_calls" if message.get("tool_calls") else "stop"
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
        "choices": choices or [choice(0, message, reason)],
        "usage": usage or {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25},
    }  # fmt: skip


def choice(index, message, reason="stop"):
    return {"index": index, "message": message, "finish_reason": reason, "logprobs": None}


def chunk(delta=None, reason=None, index=0, **more):
    """A chunk of a chat completion; without a delta it has no choices."""
    choices = [] if delta is None else [{"index": index, "delta": delta, "finish_reason": reason}]
    return {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-2024-08-06",
        "choices": choices, **more,
    }  # fmt: skip


def chunks(*texts, usage=True):
    """A whole stream of a chat completion."""
    said = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": text}) for text in texts), chunk({}, "stop")]
    counted = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    return [*said, chunk(usage=counted)] if usage else said


def function(name, arguments, identity="call_1", **more):
    """A call of a tool in a chat completion."""
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def response(*output, status="completed", **more):
    """A response of OpenAI's."""
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-4o-2024-08-06", "status": status,
        "output": list(output) or [said("A gallery.")], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "usage": {
            "input_tokens": 20, "output_tokens": 9, "total_tokens": 29, "input_tokens_details": {"cached_tokens": 8},
            "output_tokens_details": {"reasoning_tokens": 4},
        }, **more,
    }  # fmt: skip


def said(text):
    """An item of a response."""
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}


def message(*blocks, usage=None, reason="end_turn"):
    """A message of Anthropic's."""
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001",
        "content": list(blocks) or [{"type": "text", "text": "A gallery."}], "stop_reason": reason, "stop_sequence": None,
        "usage": {"input_tokens": 20, "output_tokens": 5, **(usage or {})},
    }  # fmt: skip


def message_events(*blocks, usage=None, reason="end_turn"):
    """The events of a message: of each block its beginning, and its pieces."""
    begun = {**message(usage=usage, reason=None), "content": []}
    begun["usage"]["output_tokens"] = 1
    yield {"type": "message_start", "message": begun}
    for index, (block, *deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 12}}
    yield {"type": "message_stop"}


def text_block(*texts):
    """A block of text in a stream."""
    return ({"type": "text", "text": ""}, *({"type": "text_delta", "text": text} for text in texts))
