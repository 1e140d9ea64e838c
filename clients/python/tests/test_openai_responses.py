"""OpenAI's responses, by its own client."""

import asyncio
import json

import openai
import pydantic
import pytest

from support import model_answers as answers
from support.model_calls import calls, ends, only_call
from support.model_server import Answer, ModelServer, typed_events
from tracewire.openai import wrap

ASKED = {"model": "gpt-4o", "input": "gallery or tea?", "instructions": "Be brief.", "max_output_tokens": 99}


class Place(pydantic.BaseModel):
    name: str


@pytest.fixture
def models():
    with ModelServer() as server:
        server.says(answers.response())
        yield server


@pytest.fixture
def client(models, default_client):
    with wrap(openai.OpenAI(api_key="key", base_url=models.url, max_retries=0)) as client:
        yield client


def events_of(answer, *texts, last="response.completed"):
    """The events of a response with one message."""
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}
    begun = {**answer, "status": "in_progress", "output": [], "usage": None}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    found = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **place, "part": part},
        *({"type": "response.output_text.delta", **place, "delta": text, "logprobs": []} for text in texts),
        {"type": last, "response": answer},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(found)]


def streamed(*events):
    return Answer(events=typed_events(*events), headers={"x-request-id": "req_1"})


def test_a_response_is_recorded(client, default_client):
    assert client.responses.create(**ASKED).output_text == "A gallery."
    call = only_call(default_client)
    expected = {
        "system_prompt": "Be brief.", "user_prompt": "gallery or tea?", "output": "A gallery.", "max_tokens": 99,
        "prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29, "model_name": "gpt-4o-2024-08-06",
    }  # fmt: skip
    assert {name: call[name] for name in expected} == expected
    facts = {"api": "responses", "response_id": "resp_1", "finish_reason": "completed", "cached_tokens": 8, "reasoning_tokens": 4}
    assert call["metadata"].items() >= facts.items()


def test_calls_of_tools_and_thoughts_are_recorded(models, client, default_client):
    thought = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Which one?"}]}
    asked = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "search", "arguments": '{"area": "성수"}'}
    models.says(answers.response(thought, answers.said("Let me see."), {**asked, "status": "completed"}))
    parts = [{"type": "input_text", "text": "and"}, {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]
    told = [
        {"role": "user", "content": parts},
        asked,
        {"type": "function_call_output", "call_id": "call_1", "output": "none"},
    ]
    client.responses.create(model="gpt-4o", input=told)
    call = only_call(default_client)
    use = {"id": "call_1", "name": "search", "arguments": {"area": "성수"}}
    assert json.loads(call["output"]) == {"content": "Let me see.", "tool_calls": [use]}
    assert call["metadata"]["reasoning"] == "Which one?"
    assert json.loads(call["user_prompt"]) == [
        {"role": "user", "content": "and\n[image: image/png, 3 bytes]"},
        {"role": "assistant", "tool_calls": [use]},
        {"role": "tool", "tool_call_id": "call_1", "content": "none"},
    ]


def test_what_the_provider_called_itself_is_recorded_without_its_data(models, client, default_client):
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "tea"}}
    picture = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "A" * 4000}
    models.says(answers.response(search, picture, answers.said("Here.")))
    client.responses.create(**ASKED)
    output = json.loads(only_call(default_client)["output"])
    assert output["content"] == "Here."
    assert [call["type"] for call in output["tool_calls"]] == ["web_search_call", "image_generation_call"]
    assert output["tool_calls"][0]["action"] == {"type": "search", "query": "tea"}
    assert output["tool_calls"][1]["result"] == "[image: 3000 bytes]"


def test_what_is_parsed_is_the_parsed_output(models, client, default_client):
    models.says(answers.response(answers.said('{"name": "tea"}')))
    assert client.responses.parse(**ASKED, text_format=Place).output_parsed == Place(name="tea")
    assert json.loads(only_call(default_client)["parsed_output"]) == {"name": "tea"}


def test_a_stream_is_recorded_when_it_ends(models, client, default_client):
    models.says(streamed(*events_of(answers.response(), "A gal", "lery.")))
    kinds = [event.type for event in client.responses.create(**ASKED, stream=True)]
    assert kinds[-1] == "response.completed"
    call = only_call(default_client)
    assert (call["output"], call["total_tokens"]) == ("A gallery.", 29)
    assert call["metadata"]["request_id"] == "req_1"
    assert call["metadata"]["time_to_first_token_ms"] >= 0


def test_the_helper_for_streams_goes_on_working(models, client, default_client):
    models.says(streamed(*events_of(answers.response(answers.said('{"name":"tea"}')), '{"name":', '"tea"}')))
    with client.responses.stream(**ASKED, text_format=Place) as stream:
        assert stream.get_final_response().output_parsed == Place(name="tea")
    with client.responses.stream(**ASKED) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                break
    whole, part = calls(default_client)
    assert whole["parsed_output"] == '{"name":"tea"}'
    assert (part["output"], part["metadata"]["is_incomplete"]) == ('{"name":', True)
    assert ends(default_client) == [3, 5]


def test_a_response_that_failed_is_recorded_with_what_it_says(models, client, default_client):
    error = {"code": "server_error", "message": "overloaded"}
    failed = {**answers.response(status="failed", error=error), "output": []}
    models.says(streamed(*events_of(failed, "A gal", last="response.failed")))
    list(client.responses.create(**ASKED, stream=True))
    call = only_call(default_client)
    assert (call["output"], call["error_message"]) == ("A gal", "overloaded")
    assert ends(default_client) == [4]


def test_asynchronous_responses_are_recorded(models, default_client):
    async def main():
        async with wrap(openai.AsyncOpenAI(api_key="key", base_url=models.url)) as client:
            await client.responses.create(**ASKED)
            models.says(streamed(*events_of(answers.response(), "A gal", "lery.")))
            async for _ in await client.responses.create(**ASKED, stream=True):
                pass
            async with client.responses.stream(**ASKED) as stream:
                await stream.get_final_response()

    asyncio.run(main())
    assert [call["output"] for call in calls(default_client)] == ["A gallery."] * 3
