"""OpenAI's own client, wrapped: what is recorded of calls that are answered at once."""

import json

import openai
import pydantic
import pytest

import tracewire
from support import model_answers as answers
from support.model_calls import calls, ends, only_call
from support.model_server import Answer, ModelServer
from support.recorded import events
from tracewire.openai import wrap

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "gallery or tea?"}]
ASKED = {"model": "gpt-4o", "messages": MESSAGES}


class Place(pydantic.BaseModel):
    name: str
    open: bool


@pytest.fixture
def models():
    with ModelServer() as server:
        server.says(answers.chat())
        yield server


@pytest.fixture
def client(models, default_client):
    with wrap(openai.OpenAI(api_key="key", base_url=models.url, max_retries=0)) as client:
        yield client


def test_a_call_is_a_generation_of_the_current_node_at_the_collector(collector, client_of, models):
    usage = {
        "prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29, "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 4},
    }  # fmt: skip
    models.says(Answer(answers.chat(usage=usage), headers={"x-request-id": "req_1"}))
    recorder = client_of(collector.address)
    client = wrap(openai.OpenAI(api_key="key", base_url=models.url), recorder=recorder)
    with recorder.workflow("plan"), tracewire.node("ask"):
        answer = client.chat.completions.create(**ASKED, temperature=0.2, max_tokens=99, top_p=0.5)
    assert answer.choices[0].message.content == "A gallery."
    assert recorder.flush(10).is_complete
    (call,) = collector.rows("SELECT g.*, n.node_name FROM generations g JOIN nodes n ON n.id = g.node_id")
    metadata = call["metadata"]
    assert metadata.pop("base_url") == models.url
    assert metadata == {
        "api": "chat.completions", "requested_model": "gpt-4o", "parameters": {"top_p": 0.5}, "request_id": "req_1",
        "response_id": "chatcmpl-1", "finish_reason": "stop", "cached_tokens": 8, "reasoning_tokens": 4,
    }  # fmt: skip
    expected = {
        "node_name": "ask", "model_name": "gpt-4o-2024-08-06", "model_provider": "openai", "system_prompt": "Be brief.",
        "user_prompt": "gallery or tea?", "output": "A gallery.", "temperature": 0.2, "max_tokens": 99, "prompt_tokens": 20,
        "completion_tokens": 9, "total_tokens": 29, "error_message": None,
    }  # fmt: skip
    assert {name: call[name] for name in expected} == expected
    assert call["latency_ms"] >= 0
    assert collector.value("SELECT count(*) FROM workflows") == 1


def test_the_request_and_the_answer_are_those_of_the_client(models, client):
    plain = openai.OpenAI(api_key="key", base_url=models.url)
    assert client.chat.completions.create(**ASKED) == plain.chat.completions.create(**ASKED)
    recorded, unrecorded = models.requests
    assert recorded["body"] == unrecorded["body"]
    assert recorded["headers"].keys() == unrecorded["headers"].keys()
    assert type(client) is openai.OpenAI


def test_the_given_client_stays_as_it_is(models, default_client):
    plain = openai.OpenAI(api_key="key", base_url=models.url)
    completions = plain.chat.completions
    wrapped = wrap(plain)
    assert plain.chat.completions is completions
    plain.chat.completions.create(**ASKED)
    assert calls(default_client) == []
    wrapped.chat.completions.create(**ASKED)
    assert len(calls(default_client)) == 1


def test_a_client_that_is_wrapped_twice_records_once(client, default_client):
    wrap(client).chat.completions.create(**ASKED)
    assert len(calls(default_client)) == 1


def test_calls_of_tools_are_the_output(models, client, default_client):
    models.says(answers.chat(content=None, tool_calls=[answers.function("search", '{"area": "성수"}')]))
    tools = [{"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}]
    client.chat.completions.create(**ASKED, tools=tools)
    call = only_call(default_client)
    expected = {"tool_calls": [{"id": "call_1", "name": "search", "arguments": {"area": "성수"}}]}
    assert json.loads(call["output"]) == expected
    assert call["metadata"]["tools"] == ["search"]
    assert call["metadata"]["finish_reason"] == "tool_calls"


def test_several_choices_are_a_list(models, client, default_client):
    choices = [answers.choice(0, {"role": "assistant", "content": "tea"}), answers.choice(1, {"content": "art"}, "length")]
    models.says(answers.chat(choices=choices))
    client.chat.completions.create(**ASKED, n=2)
    call = only_call(default_client)
    assert json.loads(call["output"]) == ["tea", "art"]
    assert call["metadata"]["finish_reason"] == ["stop", "length"]


@pytest.mark.parametrize("chat", [lambda client: client.chat, lambda client: client.beta.chat], ids=["chat", "beta.chat"])
def test_what_is_parsed_is_the_parsed_output(models, client, default_client, chat):
    models.says(answers.chat('{"name": "D Museum", "open": true}'))
    answer = chat(client).completions.parse(**ASKED, response_format=Place)
    assert answer.choices[0].message.parsed == Place(name="D Museum", open=True)
    call = only_call(default_client)
    assert json.loads(call["parsed_output"]) == {"name": "D Museum", "open": True}
    assert call["output"] == '{"name": "D Museum", "open": true}'


def test_json_that_was_asked_for_is_the_parsed_output(models, client, default_client):
    models.says(answers.chat('{"name": "tea"}'))
    client.chat.completions.create(**ASKED, response_format={"type": "json_object"})
    assert only_call(default_client)["parsed_output"] == '{"name": "tea"}'


def test_an_answer_that_cannot_be_parsed_is_recorded_with_its_error(models, client, default_client):
    choice = answers.choice(0, {"role": "assistant", "content": '{"name": "D Mu'}, "length")
    models.says(answers.chat(choices=[choice]))
    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(**ASKED, response_format=Place)
    call = only_call(default_client)
    assert call["error_message"].startswith("LengthFinishReasonError")
    assert (call["output"], call["completion_tokens"]) == ('{"name": "D Mu', 5)


def test_a_conversation_is_recorded_without_what_is_no_text(client, default_client):
    image = "data:image/png;base64," + "A" * 4000
    parts = [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": image}},
        {"type": "image_url", "image_url": {"url": "https://pictures.example/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}},
    ]
    messages = [
        {"role": "developer", "content": [{"type": "text", "text": "Look well."}]},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": None, "tool_calls": [answers.function("look", "{}")]},
        {"role": "tool", "tool_call_id": "call_1", "content": "a vase"},
    ]
    client.chat.completions.create(model="gpt-4o", messages=messages)
    call = only_call(default_client)
    assert call["system_prompt"] == "Look well."
    marks = [
        "[image: image/png, 3000 bytes]", "[image: https://pictures.example/a.png]", "[audio: 3 bytes, wav]",
        "[file: 3 bytes, a.pdf]",
    ]  # fmt: skip
    assert json.loads(call["user_prompt"]) == [
        {"role": "user", "content": "\n".join(["what is this?", *marks])},
        {"role": "assistant", "tool_calls": [{"id": "call_1", "name": "look", "arguments": {}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "a vase"},
    ]


def test_embeddings_are_recorded_without_their_numbers(models, client, default_client):
    vectors = [{"object": "embedding", "index": index, "embedding": [0.1, 0.2, 0.3]} for index in range(2)]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    models.says({"object": "list", "data": vectors, "model": "text-embedding-3-small", "usage": usage})
    client.embeddings.create(model="text-embedding-3-small", input=["tea", "art"], encoding_format="float")
    call = only_call(default_client)
    assert (call["user_prompt"], call["output"]) == ('["tea","art"]', "[2 embeddings of 3 numbers]")
    assert (call["prompt_tokens"], call["total_tokens"]) == (4, 4)


def test_completions_are_recorded(models, client, default_client):
    choice = {"index": 0, "text": " tea", "finish_reason": "stop", "logprobs": None}
    models.says(answers.chat(choices=[choice], model="davinci-002"))
    client.completions.create(model="davinci-002", prompt="I like", max_tokens=3)
    call = only_call(default_client)
    assert (call["user_prompt"], call["output"], call["max_tokens"]) == ("I like", " tea", 3)
    assert call["metadata"]["api"] == "completions"


def test_an_error_passes_unchanged_and_is_recorded(models, client, default_client):
    error = {"error": {"message": "no such model", "type": "invalid_request_error", "code": "model_not_found"}}
    models.says(Answer(error, status=400, headers={"x-request-id": "req_9"}))
    with pytest.raises(openai.BadRequestError) as raised, tracewire.workflow("plan"):
        client.chat.completions.create(**ASKED)
    call = only_call(default_client)
    assert call["error_message"] == f"BadRequestError: {raised.value}"
    assert call["model_name"] == "gpt-4o"
    facts = ("status_code", "request_id", "error_code")
    assert [call["metadata"][name] for name in facts] == [400, "req_9", "model_not_found"]
    assert ends(default_client) == [4]


def test_retries_within_the_client_are_one_call(models, client, default_client):
    busy = Answer({"error": {"message": "busy"}}, status=429, headers={"retry-after-ms": "1"})
    models.says(busy, busy, answers.chat())
    client.with_options(max_retries=2).chat.completions.create(**ASKED)
    assert len(models.requests) == 3
    assert "error_message" not in only_call(default_client)


def test_other_calls_of_the_client_are_not_recorded(models, client, default_client):
    models.says({"id": "file_1", "deleted": True})
    client.post("/files", cast_to=object, body={})
    assert calls(default_client) == []


def test_raw_responses_are_passed_on_and_recorded(client, default_client):
    raw = client.chat.completions.with_raw_response.create(**ASKED)
    assert raw.http_response.status_code == 200
    assert raw.parse().choices[0].message.content == "A gallery."
    with client.chat.completions.with_streaming_response.create(**ASKED) as response:
        assert response.json()["id"] == "chatcmpl-1"
    with client.with_streaming_response.chat.completions.create(**ASKED) as response:
        assert response.parse().id == "chatcmpl-1"
    with client.chat.completions.with_streaming_response.create(**ASKED) as response:
        assert list(response.iter_lines())
    recorded = calls(default_client)
    assert [call.get("output") for call in recorded] == ["A gallery."] * 3 + [None]
    assert {call["user_prompt"] for call in recorded} == {"gallery or tea?"}


def test_a_call_without_a_workflow_is_a_workflow_of_its_own(client, default_client):
    client.chat.completions.create(**ASKED)
    (start,), (end,) = events(default_client, "workflow_start"), events(default_client, "workflow_end")
    assert (start["name"], start["user_input"]) == ("openai.chat.completions", "gallery or tea?")
    assert (end["status"], end["final_itinerary"]) == (3, '"A gallery."')
    call = only_call(default_client)
    assert call["workflow"] == start["workflow"]
    assert "node" not in call


def test_azure_is_told_by_its_client(models, default_client):
    azure = openai.AzureOpenAI(api_key="key", api_version="2024-06-01", azure_endpoint=models.url)
    wrap(azure).chat.completions.create(**ASKED)
    assert models.requests[0]["path"].startswith("/openai/deployments/gpt-4o/chat/completions")
    assert only_call(default_client)["model_provider"] == "azure"
