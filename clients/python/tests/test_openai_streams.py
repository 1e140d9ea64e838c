"""Streams of OpenAI's own client: passed on as they come, and recorded when they end, however they do."""

import asyncio
import gc
import json
import threading

import openai
import pydantic
import pytest

import tracewire
from support import model_answers as answers
from support.model_calls import calls, cancel_once_begun, ends, only_call
from support.model_server import Answer, ModelServer, chat_events
from support.recorded import silent_client
from tracewire.openai import wrap

ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "gallery or tea?"}]}
STREAMED = {**ASKED, "stream": True}


class Place(pydantic.BaseModel):
    name: str


@pytest.fixture
def models():
    with ModelServer() as server:
        server.says(streamed(*answers.chunks("A gal", "lery.")))
        yield server


@pytest.fixture
def client(models, default_client):
    with wrap(openai.OpenAI(api_key="key", base_url=models.url, max_retries=0)) as client:
        yield client


@pytest.fixture
def wrapped_async(models, default_client):
    return lambda: wrap(openai.AsyncOpenAI(api_key="key", base_url=models.url, max_retries=0))


def streamed(*chunks, done=True):
    return Answer(events=chat_events(*chunks, done=done), headers={"x-request-id": "req_1"})


def texts(chunks):
    return [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]


def test_a_stream_is_recorded_when_it_ends(client, default_client):
    stream = client.chat.completions.create(**STREAMED, stream_options={"include_usage": True})
    assert isinstance(stream, openai.Stream)
    assert calls(default_client) == []
    assert texts(stream) == ["A gal", "lery."]
    call = only_call(default_client)
    assert (call["output"], call["model_name"]) == ("A gallery.", "gpt-4o-2024-08-06")
    assert (call["prompt_tokens"], call["completion_tokens"], call["total_tokens"]) == (20, 5, 25)
    metadata = call["metadata"]
    assert (metadata["stream"], metadata["finish_reason"], metadata["request_id"]) == (True, "stop", "req_1")
    assert 0 <= metadata["time_to_first_token_ms"] <= call["latency_ms"]
    assert "is_incomplete" not in metadata
    assert ends(default_client) == [3]


def test_pieces_are_passed_on_at_once(models, client, default_client):
    more = threading.Event()
    begin, first, *rest = answers.chunks("A gal", "lery.")
    models.says(streamed(begin, first, more, *rest))
    stream = client.chat.completions.create(**STREAMED)
    next(stream)
    assert texts([next(stream)]) == ["A gal"]
    more.set()
    assert texts(stream) == ["lery."]
    assert only_call(default_client)["output"] == "A gallery."


def test_a_stream_that_is_closed_is_recorded_with_what_was_read(client, default_client):
    with client.chat.completions.create(**STREAMED) as stream:
        next(stream)
        next(stream)
    call = only_call(default_client)
    assert (call["output"], call["metadata"]["is_incomplete"]) == ("A gal", True)
    assert "error_message" not in call
    assert ends(default_client) == [5]


def test_a_stream_that_is_dropped_is_recorded(client, default_client):
    stream = client.chat.completions.create(**STREAMED)
    for chunk in stream:
        if texts([chunk]):
            break
    del stream
    gc.collect()
    assert only_call(default_client)["output"] == "A gal"


def test_a_stream_that_nobody_reads_is_recorded(client, default_client):
    client.chat.completions.create(**STREAMED)
    gc.collect()
    assert only_call(default_client)["metadata"]["is_incomplete"] is True


def test_a_stream_that_breaks_is_recorded_with_its_error(models, client, default_client):
    failed = {"error": {"message": "overloaded", "type": "server_error"}}
    models.says(streamed(*answers.chunks("A gal", usage=False)[:2], failed, done=False))
    with pytest.raises(openai.APIError, match="overloaded"):
        list(client.chat.completions.create(**STREAMED))
    call = only_call(default_client)
    assert call["output"] == "A gal"
    assert call["error_message"] == "APIError: overloaded"
    assert ends(default_client) == [4]


def test_calls_of_tools_and_choices_are_put_together(models, client, default_client):
    def call(arguments, **more):
        return {"tool_calls": [{"index": 0, "function": {"arguments": arguments, **more.pop("about", {})}, **more}]}

    models.says(
        streamed(
            answers.chunk(call("", id="call_1", type="function", about={"name": "search"})),
            answers.chunk(call('{"area":')),
            answers.chunk({"content": "tea"}, index=1),
            answers.chunk(call('"성수"}')),
            answers.chunk({}, "tool_calls"),
            answers.chunk({}, "stop", index=1),
        )
    )
    list(client.chat.completions.create(**STREAMED, n=2))
    recorded = only_call(default_client)
    first, second = json.loads(recorded["output"])
    assert first == {"tool_calls": [{"id": "call_1", "name": "search", "arguments": {"area": "성수"}}]}
    assert second == "tea"
    assert recorded["metadata"]["finish_reason"] == ["tool_calls", "stop"]


def test_the_helper_for_streams_goes_on_working(models, client, default_client):
    models.says(streamed(*answers.chunks('{"name":', '"tea"}')))
    with client.chat.completions.stream(**ASKED, response_format=Place) as stream:
        kinds = {event.type for event in stream}
        assert stream.get_final_completion().choices[0].message.parsed == Place(name="tea")
    assert kinds >= {"chunk", "content.delta", "content.done"}
    call = only_call(default_client)
    assert (call["output"], call["parsed_output"]) == ('{"name":"tea"}', '{"name":"tea"}')
    assert call["metadata"]["time_to_first_token_ms"] >= 0


def test_the_helper_for_streams_may_be_left_early(client, default_client):
    with client.chat.completions.stream(**ASKED) as stream:
        for event in stream:
            if event.type == "content.delta" and event.delta:
                break
    assert only_call(default_client)["output"] == "A gal"


def test_a_raw_response_of_a_stream_is_recorded_when_its_stream_ends(client, default_client):
    stream = client.chat.completions.with_raw_response.create(**STREAMED).parse()
    gc.collect()
    assert texts(stream) == ["A gal", "lery."]
    with client.chat.completions.with_streaming_response.create(**STREAMED) as response:
        assert texts(response.parse()) == ["A gal", "lery."]
    assert [call["output"] for call in calls(default_client)] == ["A gallery."] * 2


def test_no_more_text_is_kept_than_one_value_may_have(models, monkeypatch):
    recorder = silent_client(value_limit=1024)
    models.says(streamed(*answers.chunks(*(["0123456789"] * 1000))))
    client = wrap(openai.OpenAI(api_key="key", base_url=models.url), recorder=recorder)
    assert len(texts(client.chat.completions.create(**STREAMED))) == 1000
    call = only_call(recorder)
    assert call["output"] == ("0123456789" * 103)[:1024]
    assert call["metadata"]["characters_left_out"] == 10_000 - 1024
    recorder.shutdown(timeout=0)


def test_asynchronous_streams_are_recorded(wrapped_async, default_client):
    async def main():
        async with wrapped_async() as client:
            stream = await client.chat.completions.create(**STREAMED)
            assert isinstance(stream, openai.AsyncStream)
            assert texts([chunk async for chunk in stream]) == ["A gal", "lery."]
            async with client.chat.completions.stream(**ASKED) as helper:
                assert (await helper.get_final_completion()).choices[0].message.content == "A gallery."
            async with await client.chat.completions.create(**STREAMED) as stream:
                async for chunk in stream:
                    if texts([chunk]):
                        break

    asyncio.run(main())
    recorded = calls(default_client)
    assert [call["output"] for call in recorded] == ["A gallery.", "A gallery.", "A gal"]
    assert [call["metadata"].get("is_incomplete") for call in recorded] == [None, None, True]
    assert ends(default_client) == [3, 3, 5]


def test_an_asynchronous_stream_whose_task_is_cancelled_is_recorded(models, wrapped_async, default_client):
    never = threading.Event()
    models.says(streamed(*answers.chunks("A gal")[:2], never))

    async def read(begun):
        async with wrapped_async() as client:
            async for chunk in await client.chat.completions.create(**STREAMED):
                if texts([chunk]):
                    begun()

    asyncio.run(cancel_once_begun(read))
    never.set()
    call = only_call(default_client)
    assert (call["output"], call["error_message"]) == ("A gal", "CancelledError")
    assert ends(default_client) == [5]


def test_a_stream_belongs_where_it_was_asked_for(client, default_client):
    with tracewire.workflow("plan"), tracewire.node("ask") as node:
        stream = client.chat.completions.create(**STREAMED)
    with tracewire.workflow("other"):
        list(stream)
    assert only_call(default_client)["node"] == node.id.bytes
