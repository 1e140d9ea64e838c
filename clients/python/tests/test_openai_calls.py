"""Where calls of a wrapped client belong, and that nothing of the recording is felt."""

import asyncio
import contextvars
import inspect
import re
import subprocess
import sys
import threading

import openai
import pytest

import tracewire
from support import model_answers as answers
from support.model_calls import calls, cancel_once_begun, ends, only_call
from support.model_server import Answer, ModelServer, chat_events
from support.places import SOURCES
from support.recorded import events, silent_client
from tracewire.generation_handle import GenerationHandle
from tracewire.model_calls import choices, delivery, raw_responses, streams
from tracewire.model_calls.call import Call
from tracewire.model_calls.parent import Parent
from tracewire.model_calls.reading import field
from tracewire.openai import wrap
from tracewire.policy import Policy


def asked(text="tea?", **more):
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


@pytest.fixture
def models():
    with ModelServer() as server:
        server.says(answers.chat())
        yield server


@pytest.fixture
def plain(models):
    with openai.OpenAI(api_key="key", base_url=models.url, max_retries=0) as client:
        yield client


def test_concurrent_calls_within_nodes_belong_to_their_nodes(models, default_client):
    async def ask(client, name):
        async with tracewire.node(name):
            questions = [client.chat.completions.create(**asked(f"{name}{number}")) for number in range(5)]
            await asyncio.gather(*questions)

    async def main():
        async with wrap(openai.AsyncOpenAI(api_key="key", base_url=models.url)) as client, tracewire.workflow("plan"):
            await asyncio.gather(ask(client, "a"), ask(client, "b"))

    asyncio.run(main())
    names = {start["node"]: start["node_name"] for start in events(default_client, "node_start")}
    found = sorted((names[call["node"]], call["user_prompt"]) for call in calls(default_client))
    assert found == [(name, f"{name}{number}") for name in "ab" for number in range(5)]
    assert len(ends(default_client)) == 1


def test_an_asynchronous_call_belongs_where_it_was_made(models, default_client):
    async def main():
        async with wrap(openai.AsyncOpenAI(api_key="key", base_url=models.url)) as client:
            with tracewire.workflow("plan"), tracewire.node("ask") as node:
                call = client.post("/chat/completions", cast_to=object, body=asked())
            with tracewire.workflow("other"):
                await call
            return node

    node = asyncio.run(main())
    assert only_call(default_client)["node"] == node.id.bytes


def test_a_call_that_is_cancelled_is_recorded_as_that(models, default_client):
    never = threading.Event()
    models.says(Answer(events=[never]))

    async def ask(begun):
        async with wrap(openai.AsyncOpenAI(api_key="key", base_url=models.url)) as client:
            client._client.event_hooks["request"].append(lambda _: asyncio.sleep(0, begun()))
            await client.chat.completions.create(**asked())

    asyncio.run(cancel_once_begun(ask))
    never.set()
    assert only_call(default_client)["error_message"] == "CancelledError"
    assert ends(default_client) == [5]


def test_calls_in_threads_belong_to_what_is_activated_there(plain, default_client):
    client = wrap(plain)
    with tracewire.workflow("plan"), tracewire.node("ask") as node:

        def activated():
            with node.activate():
                client.chat.completions.create(**asked("activated"))

        inherited = contextvars.copy_context()
        works = [
            activated,
            lambda: inherited.run(client.chat.completions.create, **asked("inherited")),
            lambda: client.chat.completions.create(**asked("alone")),
        ]
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    nodes = {call["user_prompt"]: call.get("node") for call in calls(default_client)}
    assert nodes == {"activated": node.id.bytes, "inherited": node.id.bytes, "alone": None}


def test_a_client_may_be_bound_to_a_node_or_a_workflow(plain, default_client):
    workflow = tracewire.start_workflow("plan")
    node = workflow.start_node("ask")
    bound = wrap(plain, node=node)
    with tracewire.workflow("other"), tracewire.node("elsewhere"):
        bound.with_options(timeout=5).chat.completions.create(**asked())
        wrap(bound, workflow=workflow).chat.completions.create(**asked())
    first, second = calls(default_client)
    assert (first["workflow"], first["node"]) == (workflow.id.bytes, node.id.bytes)
    assert second["workflow"] == workflow.id.bytes
    assert "node" not in second


def test_other_clients_that_a_wrapped_one_makes_are_wrapped(plain, default_client):
    client = wrap(plain)
    client.with_options(timeout=5).copy(max_retries=1).chat.completions.create(**asked())
    assert len(calls(default_client)) == 1


def test_a_wrapped_client_whose_recording_is_disabled_changes_nothing(models, plain):
    recorder = silent_client(enabled=False)
    client = wrap(plain, recorder=recorder)
    assert client.chat.completions.create(**asked()) == plain.chat.completions.create(**asked())
    models.says(Answer(events=chat_events(*answers.chunks("tea"))))
    stream = client.chat.completions.create(**asked(stream=True))
    assert inspect.isgenerator(stream._iterator)
    assert "close" not in vars(stream.response)
    assert recorder.report().unknown == recorder.report().failures == 0


def test_nothing_is_recorded_of_a_workflow_that_is_not_in_the_sample(plain):
    recorder = silent_client(sample_rate=0.0)
    client = wrap(plain, recorder=recorder)
    client.chat.completions.create(**asked())
    with recorder.workflow("plan"):
        client.chat.completions.create(**asked())
    assert recorder.report().unknown == 0
    recorder.shutdown(timeout=0)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (tracewire.Client, "_record"),
        (tracewire.Client, "start_workflow"),
        (GenerationHandle, "end"),
        (Policy, "value"),
        (Call, "__init__"),
        (Parent, "now"),
        (choices, "settings"),
        (choices.ChoicesReading, "add"),
        (choices.ChoicesReading, "whole"),
        (delivery, "is_raw"),
        (delivery, "read_along"),
        (streams, "tell_of_close"),
        (raw_responses, "tell_of_close"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_recorder_that_fails_is_not_felt(models, plain, default_client, monkeypatch, owner, name):
    failed = []

    def fail(*_, **__):
        failed.append(name)
        raise RuntimeError("the recorder is broken")

    monkeypatch.setattr(owner, name, fail)
    client = wrap(plain)
    assert client.chat.completions.create(**asked()).choices[0].message.content == "A gallery."
    models.says(Answer(events=chat_events(*answers.chunks("tea"))))
    assert len(list(client.chat.completions.create(**asked(stream=True)))) == 4
    assert len(list(client.chat.completions.with_raw_response.create(**asked(stream=True)).parse())) == 4
    models.says(Answer({"error": {"message": "no"}}, status=400))
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(**asked())
    assert failed


def test_a_client_that_cannot_be_wrapped_is_returned_as_it_is(default_client):
    for thing in (object(), None, 7, "client"):
        assert wrap(thing) is thing


def test_the_package_is_imported_only_by_who_uses_it():
    program = """
import sys
sys.modules["openai"] = sys.modules["anthropic"] = None
import tracewire, tracewire.openai, tracewire.anthropic
assert not any(name.startswith("httpx") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(SOURCES)}, check=True)


def test_what_is_not_given_says_nothing():
    assert field({"a": openai.NOT_GIVEN}, "a") is field({"a": openai.omit}, "a") is field({"a": None}, "b") is None


def test_the_example_of_the_readme_records_what_it_says(models, default_client, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("OPENAI_BASE_URL", models.url)
    readme = (SOURCES.parent / "README.md").read_text()
    (example,) = [block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "wrap(OpenAI())" in block]
    exec(example, {"tracewire": tracewire, "wish": "a calm evening"})
    (node,) = events(default_client, "node_start")
    call = only_call(default_client)
    assert (call["node"], call["user_prompt"], call["output"]) == (node["node"], "a calm evening", "A gallery.")
