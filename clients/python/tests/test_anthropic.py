"""Anthropic's own client, wrapped."""

import asyncio
import gc
import json
import threading
import weakref

import anthropic
import pydantic
import pytest

import tracewire
from support import model_answers as answers
from support.model_calls import calls, ends, only_call
from support.model_server import Answer, ModelServer
from support.recorded import events
from tracewire.anthropic import wrap

ASKED = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": [{"role": "user", "content": "gallery or tea?"}]}


class Place(pydantic.BaseModel):
    name: str


@pytest.fixture
def models():
    with ModelServer() as server:
        server.says(answers.message())
        yield server


@pytest.fixture
def client(models, default_client):
    with wrap(anthropic.Anthropic(api_key="key", base_url=models.url, max_retries=0)) as client:
        yield client


def test_a_call_is_a_generation_of_the_current_node_at_the_collector(collector, client_of, models):
    usage = {"cache_read_input_tokens": 100, "cache_creation_input_tokens": 7}
    models.says(Answer(answers.message(usage=usage), headers={"request-id": "req_1"}))
    recorder = client_of(collector.address)
    client = wrap(anthropic.Anthropic(api_key="key", base_url=models.url), recorder=recorder)
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    with recorder.workflow("plan"), tracewire.node("ask"):
        answer = client.messages.create(**ASKED, system=system, stop_sequences=["!"], extra_body={"temperature": 0.5})
    assert answer.content[0].text == "A gallery."
    assert recorder.flush(10).is_complete
    (call,) = collector.rows("SELECT g.*, n.node_name FROM generations g JOIN nodes n ON n.id = g.node_id")
    metadata = call["metadata"]
    assert metadata.pop("base_url") == models.url
    assert metadata == {
        "api": "messages", "requested_model": "claude-haiku-4-5", "parameters": {"stop_sequences": ["!"]},
        "request_id": "req_1", "response_id": "msg_1", "finish_reason": "end_turn", "cached_tokens": 100,
        "cache_creation_tokens": 7,
    }  # fmt: skip
    expected = {
        "node_name": "ask", "model_name": "claude-haiku-4-5-20251001", "model_provider": "anthropic",
        "system_prompt": "Be brief.", "user_prompt": "gallery or tea?", "output": "A gallery.", "temperature": 0.5,
        "max_tokens": 99, "prompt_tokens": 127, "completion_tokens": 5, "total_tokens": 132, "error_message": None,
    }  # fmt: skip
    assert {name: call[name] for name in expected} == expected


def test_the_request_and_the_answer_are_those_of_the_client(models, client):
    plain = anthropic.Anthropic(api_key="key", base_url=models.url)
    assert client.messages.create(**ASKED) == plain.messages.create(**ASKED)
    recorded, unrecorded = models.requests
    assert recorded["body"] == unrecorded["body"]
    assert recorded["headers"].keys() == unrecorded["headers"].keys()
    assert type(client) is anthropic.Anthropic


def test_calls_of_tools_and_thoughts_are_told_apart(models, client, default_client):
    thought = {"type": "thinking", "thinking": "Which one?", "signature": "x" * 100}
    hidden = {"type": "redacted_thinking", "data": "A" * 1000}
    use = {"type": "tool_use", "id": "tool_1", "name": "search", "input": {"area": "성수"}}
    models.says(answers.message(thought, hidden, {"type": "text", "text": "Let me see."}, use, reason="tool_use"))
    answer = client.messages.create(**ASKED, thinking={"type": "enabled", "budget_tokens": 1024}, tools=[{"name": "search"}])
    call = only_call(default_client)
    asked = {"id": "tool_1", "name": "search", "arguments": {"area": "성수"}}
    assert json.loads(call["output"]) == {"content": "Let me see.", "tool_calls": [asked]}
    metadata = call["metadata"]
    assert metadata["thinking"] == "Which one?\n\n[redacted]"
    assert (metadata["tools"], metadata["finish_reason"]) == (["search"], "tool_use")
    assert metadata["parameters"]["thinking"] == {"type": "enabled", "budget_tokens": 1024}

    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 4000}}
    result = {"type": "tool_result", "tool_use_id": "tool_1", "content": [{"type": "text", "text": "found"}, image]}
    turns = [*ASKED["messages"], {"role": "assistant", "content": answer.content}, {"role": "user", "content": [result, image]}]
    client.messages.create(**{**ASKED, "messages": turns})
    marked = "[image: image/png, 3000 bytes]"
    assert json.loads(calls(default_client)[1]["user_prompt"]) == [
        {"role": "user", "content": "gallery or tea?"},
        {"role": "assistant", "content": "[thinking]\n[redacted_thinking]\nLet me see.", "tool_calls": [asked]},
        {"role": "user", "content": marked, "tool_results": [{"id": "tool_1", "content": f"found\n{marked}"}]},
    ]


@pytest.mark.parametrize("kind", ["tool_use", "server_tool_use", "mcp_tool_use"])
def test_a_call_of_a_tool_is_the_same_in_an_answer_and_in_the_next_prompt(models, client, default_client, kind):
    use = {"type": kind, "id": "tool_1", "name": "search", "input": {"area": "성수"}}
    models.says(answers.message(use))
    answer = client.messages.create(**ASKED)
    client.messages.create(**{**ASKED, "messages": [*ASKED["messages"], {"role": "assistant", "content": answer.content}]})
    first, second = calls(default_client)
    asked = [{"id": "tool_1", "name": "search", "arguments": {"area": "성수"}}]
    assert json.loads(first["output"]) == {"tool_calls": asked}
    assert json.loads(second["user_prompt"])[-1] == {"role": "assistant", "tool_calls": asked}


def test_what_is_parsed_is_the_parsed_output(models, client, default_client):
    models.says(answers.message({"type": "text", "text": '{"name": "tea"}'}))
    assert client.messages.parse(**ASKED, output_format=Place).parsed_output == Place(name="tea")
    assert json.loads(only_call(default_client)["parsed_output"]) == {"name": "tea"}


def test_an_error_passes_unchanged_and_is_recorded(models, client, default_client):
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens"}}
    models.says(Answer(error, status=400, headers={"request-id": "req_9"}))
    with pytest.raises(anthropic.BadRequestError) as raised:
        client.messages.create(**ASKED)
    call = only_call(default_client)
    assert call["error_message"] == f"BadRequestError: {raised.value}"
    assert (call["metadata"]["status_code"], call["metadata"]["request_id"]) == (400, "req_9")
    assert ends(default_client) == [4]


def test_retries_within_the_client_are_one_call(models, client, default_client):
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": "later"}}
    busy = Answer(error, status=429, headers={"retry-after-ms": "1"})
    models.says(busy, busy, answers.message())
    client.with_options(max_retries=2).messages.create(**ASKED)
    assert len(models.requests) == 3
    assert "error_message" not in only_call(default_client)


def test_raw_responses_are_passed_on_and_recorded(models, client, default_client):
    assert client.messages.with_raw_response.create(**ASKED).parse().content[0].text == "A gallery."
    with client.messages.with_streaming_response.create(**ASKED) as response:
        assert response.parse().id == "msg_1"
    assert [call["output"] for call in calls(default_client)] == ["A gallery."] * 2


def test_counting_tokens_is_no_call_of_a_model(models, client, default_client):
    models.says({"input_tokens": 3})
    assert client.messages.count_tokens(model="claude-haiku-4-5", messages=ASKED["messages"]).input_tokens == 3
    assert calls(default_client) == []


def test_a_call_without_a_workflow_is_a_workflow_of_its_own(client, default_client):
    client.messages.create(**ASKED)
    (start,) = events(default_client, "workflow_start")
    assert (start["name"], start["user_input"]) == ("anthropic.messages", "gallery or tea?")
    assert ends(default_client) == [3]


def test_calls_of_the_tool_runner_are_recorded(models, client, default_client):
    @anthropic.beta_tool
    def search(area: str) -> str:
        """Looks for places.

        Args:
            area: where.
        """
        return f"nothing in {area}"

    use = {"type": "tool_use", "id": "tool_1", "name": "search", "input": {"area": "성수"}}
    models.says(answers.message(use, reason="tool_use"), answers.message())
    with tracewire.workflow("plan"):
        answer = client.beta.messages.tool_runner(**ASKED, tools=[search]).until_done()
    assert answer.content[0].text == "A gallery."
    first, second = calls(default_client)
    assert json.loads(first["output"])["tool_calls"][0]["name"] == "search"
    assert second["output"] == "A gallery."
    assert json.loads(second["user_prompt"])[-1]["tool_results"] == [{"id": "tool_1", "content": "nothing in 성수"}]


def test_clients_of_other_packages_are_wrapped_too(default_client):
    class Messages:
        def create(self, **_):
            return answers.message()

    class Client:
        messages = Messages()

    wrap(Client()).messages.create(**ASKED)
    call = only_call(default_client)
    assert (call["output"], call["model_provider"]) == ("A gallery.", "anthropic")


def test_concurrent_calls_within_nodes_belong_to_their_nodes(models, default_client):
    async def ask(client, name):
        async with tracewire.node(name) as node:
            question = {**ASKED, "messages": [{"role": "user", "content": name}]}
            await asyncio.gather(*(client.messages.create(**question) for _ in range(3)))
            return node.id.bytes

    async def main():
        async with wrap(anthropic.AsyncAnthropic(api_key="key", base_url=models.url)) as client, tracewire.workflow("plan"):
            return await asyncio.gather(ask(client, "a"), ask(client, "b"))

    first, second = asyncio.run(main())
    found = sorted((call["user_prompt"], call["node"]) for call in calls(default_client))
    assert found == [("a", first)] * 3 + [("b", second)] * 3


def test_a_call_in_a_thread_belongs_to_the_node_that_is_activated_there(client, default_client):
    with tracewire.workflow("plan"), tracewire.node("ask") as node:

        def work():
            with node.activate():
                client.messages.create(**ASKED)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert only_call(default_client)["node"] == node.id.bytes


def test_nothing_is_left_of_a_client_that_is_dropped(models, default_client):
    client = wrap(anthropic.Anthropic(api_key="key", base_url=models.url))
    client.messages.create(**ASKED)
    reference = weakref.ref(client)
    del client
    gc.collect()
    assert reference() is None
