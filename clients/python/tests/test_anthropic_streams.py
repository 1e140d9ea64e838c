"""Streams of Anthropic's own client: passed on as they come, and recorded when they end, however they do."""

import asyncio
import gc
import json
import threading

import anthropic
import pydantic
import pytest

from support.model_answers import message_events, text_block
from support.model_calls import calls, cancel_once_begun, ends, only_call
from support.model_server import Answer, ModelServer, typed_events
from tracewire.anthropic import wrap

ASKED = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": [{"role": "user", "content": "gallery or tea?"}]}


class Place(pydantic.BaseModel):
    name: str


@pytest.fixture
def models():
    with ModelServer() as server:
        server.says(streamed(*message_events(text_block("A gal", "lery."))))
        yield server


@pytest.fixture
def client(models, default_client):
    with wrap(anthropic.Anthropic(api_key="key", base_url=models.url, max_retries=0)) as client:
        yield client


@pytest.fixture
def wrapped_async(models, default_client):
    return lambda: wrap(anthropic.AsyncAnthropic(api_key="key", base_url=models.url, max_retries=0))


def streamed(*events):
    return Answer(events=typed_events(*events), headers={"request-id": "req_1"})


def until_text(models, *then):
    """A stream that stops after its first text."""
    events = list(message_events(text_block("A gal", "lery.")))
    models.says(streamed(*events[:3], *then))


def test_a_stream_is_recorded_when_it_ends(models, client, default_client):
    usage = {"cache_read_input_tokens": 100, "cache_creation_input_tokens": 7}
    models.says(streamed(*message_events(text_block("A gal", "lery."), usage=usage)))
    stream = client.messages.create(**ASKED, stream=True)
    assert isinstance(stream, anthropic.Stream)
    assert [event.type for event in stream][-1] == "message_stop"
    call = only_call(default_client)
    assert (call["output"], call["model_name"]) == ("A gallery.", "claude-haiku-4-5-20251001")
    assert (call["prompt_tokens"], call["completion_tokens"], call["total_tokens"]) == (127, 12, 139)
    facts = {"stream": True, "finish_reason": "end_turn", "request_id": "req_1", "cached_tokens": 100, "cache_creation_tokens": 7}
    assert call["metadata"].items() >= facts.items()
    assert 0 <= call["metadata"]["time_to_first_token_ms"] <= call["latency_ms"]
    assert ends(default_client) == [3]


def test_the_helper_for_streams_goes_on_working(client, default_client):
    with client.messages.stream(**ASKED) as stream:
        assert "".join(stream.text_stream) == "A gallery."
        assert stream.get_final_message().stop_reason == "end_turn"
        assert stream.request_id == "req_1"
    with client.messages.stream(**ASKED) as stream:
        assert stream.get_final_text() == "A gallery."
    with client.beta.messages.stream(**ASKED) as stream:
        assert "text" in [event.type for event in stream]
    assert [call["output"] for call in calls(default_client)] == ["A gallery."] * 3


def test_structured_output_of_a_stream_is_recorded(models, client, default_client):
    models.says(streamed(*message_events(text_block('{"name":', '"tea"}'))))
    with client.messages.stream(**ASKED, output_format=Place) as stream:
        assert stream.get_final_message().parsed_output == Place(name="tea")
    assert only_call(default_client)["parsed_output"] == '{"name":"tea"}'


def test_calls_of_tools_and_thoughts_are_put_together(models, client, default_client):
    thought = (
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Which "},
        {"type": "thinking_delta", "thinking": "one?"},
        {"type": "signature_delta", "signature": "x"},
    )
    use = (
        {"type": "tool_use", "id": "tool_1", "name": "search", "input": {}},
        {"type": "input_json_delta", "partial_json": '{"area":'},
        {"type": "input_json_delta", "partial_json": '"성수"}'},
    )
    models.says(streamed(*message_events(thought, text_block("Let me see."), use, reason="tool_use")))
    list(client.messages.create(**ASKED, stream=True))
    call = only_call(default_client)
    asked = {"id": "tool_1", "name": "search", "arguments": {"area": "성수"}}
    assert json.loads(call["output"]) == {"content": "Let me see.", "tool_calls": [asked]}
    assert call["metadata"]["thinking"] == "Which one?"


def test_a_stream_that_is_left_early_is_recorded_with_what_was_read(client, default_client):
    with client.messages.stream(**ASKED) as stream:
        for text in stream.text_stream:
            assert text == "A gal"
            break
    with client.messages.create(**ASKED, stream=True) as stream:
        next(stream)
    first, second = calls(default_client)
    assert (first["output"], second["output"]) == ("A gal", "")
    assert first["metadata"]["is_incomplete"] is second["metadata"]["is_incomplete"] is True
    assert first["prompt_tokens"] == 20
    assert ends(default_client) == [5, 5]


def test_a_stream_that_is_dropped_is_recorded(client, default_client):
    stream = client.messages.create(**ASKED, stream=True)
    next(stream)
    del stream
    gc.collect()
    assert only_call(default_client)["metadata"]["is_incomplete"] is True


def test_a_stream_that_breaks_is_recorded_with_its_error(models, client, default_client):
    until_text(models, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    with pytest.raises(anthropic.APIStatusError), client.messages.stream(**ASKED) as stream:
        stream.until_done()
    call = only_call(default_client)
    assert call["output"] == "A gal"
    assert "Overloaded" in call["error_message"]
    assert ends(default_client) == [4]


def test_a_stream_that_cannot_begin_is_recorded_with_its_error(models, client, default_client):
    models.says(Answer({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, status=529))
    with pytest.raises(anthropic.APIStatusError), client.messages.stream(**ASKED):
        pass
    assert only_call(default_client)["metadata"]["status_code"] == 529


def test_raw_responses_of_streams_are_recorded_when_their_streams_end(client, default_client):
    stream = client.messages.with_raw_response.create(**ASKED, stream=True).parse()
    gc.collect()
    assert len(list(stream)) == 7
    assert only_call(default_client)["output"] == "A gallery."


def test_asynchronous_streams_are_recorded(wrapped_async, default_client):
    async def main():
        async with wrapped_async() as client:
            async for _ in await client.messages.create(**ASKED, stream=True):
                pass
            async with client.messages.stream(**ASKED) as stream:
                assert [text async for text in stream.text_stream] == ["A gal", "lery."]
            async with client.beta.messages.stream(**ASKED) as stream:
                async for _ in stream.text_stream:
                    break
            raw = await client.messages.with_raw_response.create(**ASKED, stream=True)
            async for _ in await raw.parse():
                pass

    asyncio.run(main())
    assert [call["output"] for call in calls(default_client)] == ["A gallery.", "A gallery.", "A gal", "A gallery."]
    assert ends(default_client) == [3, 3, 5, 3]


def test_a_stream_whose_task_is_cancelled_is_recorded(models, wrapped_async, default_client):
    never = threading.Event()
    until_text(models, never)

    async def read(begun):
        async with wrapped_async() as client, client.messages.stream(**ASKED) as stream:
            async for _ in stream.text_stream:
                begun()

    asyncio.run(cancel_once_begun(read))
    never.set()
    call = only_call(default_client)
    assert (call["output"], call["error_message"]) == ("A gal", "CancelledError")
    assert ends(default_client) == [5]


def test_a_helper_that_is_never_entered_is_no_call(client, default_client):
    client.messages.stream(**ASKED)
    assert calls(default_client) == []
