"""Clients of other packages that have the same methods, of which nothing else is known."""

import asyncio
import dataclasses
import inspect
import types
from unittest.mock import MagicMock

import pytest

from support import model_answers as answers
from support.model_calls import calls, ends, only_call
from tracewire.openai import wrap

ASKED = {"model": "llama", "messages": [{"role": "user", "content": "tea?"}]}


@dataclasses.dataclass
class Message:
    content: str


@dataclasses.dataclass
class Choice:
    message: Message
    finish_reason: str = "stop"


@dataclasses.dataclass
class Completion:
    choices: list
    model: str = "llama-3"


class Client:
    """As small as a compatible client can be."""

    base_url = "https://api.groq.com/openai/v1"

    def __init__(self, create):
        self.chat = types.SimpleNamespace(completions=types.SimpleNamespace(create=create))
        self.closed = False

    def close(self):
        self.closed = True

    def with_options(self, **_):
        return Client(self.chat.completions.create)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def test_answers_may_be_dataclasses(default_client):
    plain = Client(lambda **_: Completion([Choice(Message("yes"))]))
    with wrap(plain) as client:
        assert isinstance(client, Client)
        assert client.chat.completions.create(**ASKED).choices[0].message.content == "yes"
        client.with_options().chat.completions.create(**ASKED)
    assert plain.closed
    recorded = calls(default_client)
    assert len(recorded) == 2
    for call in recorded:
        assert (call["output"], call["model_name"], call["model_provider"]) == ("yes", "llama-3", "groq")
        assert "prompt_tokens" not in call


def test_answers_may_be_dictionaries(default_client):
    wrap(Client(lambda **_: answers.chat())).chat.completions.create(**ASKED)
    assert only_call(default_client)["output"] == "A gallery."


@pytest.mark.parametrize(
    "answer", [{}, None, "text", [], {"choices": None}, {"choices": [None, {}], "usage": 7}, object()], ids=repr
)
def test_what_is_missing_is_no_error(default_client, answer):
    assert wrap(Client(lambda **_: answer)).chat.completions.create(messages="tea") is answer
    assert only_call(default_client)["model_name"] == "unnamed"
    assert default_client.report().failures == 0


def test_a_stand_in_of_a_test_may_be_wrapped(default_client):
    client = wrap(MagicMock())
    assert client.chat.completions.create(**ASKED) is client.chat.completions.create.__wrapped__.return_value
    assert only_call(default_client)["model_name"] == "llama"
    assert default_client.report().failures == 0


def test_an_object_that_raises_at_every_touch_is_passed_on(default_client):
    class Thorny:
        def __getattribute__(self, name):
            if name == "__class__":
                return Thorny
            raise RuntimeError(name)

    answer = Thorny()
    assert wrap(Client(lambda **_: answer)).chat.completions.create(**ASKED) is answer
    assert ends(default_client) == [3]


def test_streams_may_be_generators(default_client):
    def create(**_):
        yield from answers.chunks("A gal", "lery.")

    client = wrap(Client(create))
    assert len(list(client.chat.completions.create(**ASKED, stream=True))) == 5
    stream = client.chat.completions.create(**ASKED, stream=True)
    next(stream)
    next(stream)
    stream.close()
    with pytest.raises(StopIteration):
        next(stream)
    whole, part = calls(default_client)
    assert (whole["output"], part["output"]) == ("A gallery.", "A gal")
    assert part["metadata"]["is_incomplete"] is True


def test_asynchronous_clients_are_told_by_what_they_return(default_client):
    async def chunks():
        for chunk in answers.chunks("A gal", "lery."):
            yield chunk

    async def create(stream=False, **_):
        return chunks() if stream else answers.chat()

    def delayed(**keywords):
        return create(**keywords)

    async def main():
        for method in (create, delayed):
            client = wrap(Client(method))
            assert inspect.iscoroutinefunction(client.chat.completions.create) is (method is create)
            await client.chat.completions.create(**ASKED)
            assert len([chunk async for chunk in await client.chat.completions.create(**ASKED, stream=True)]) == 5
            stream = await client.chat.completions.create(**ASKED, stream=True)
            await stream.__anext__()
            await stream.aclose()

    asyncio.run(main())
    assert [call["output"] for call in calls(default_client)] == ["A gallery.", "A gallery.", ""] * 2
    assert ends(default_client) == [3, 3, 5] * 2


def test_a_stream_that_nobody_waits_for_any_longer_has_no_error(default_client):
    @types.coroutine
    def pause():
        yield

    async def create(**_):
        yield answers.chunk({"content": "A gal"})
        await pause()

    async def read():
        async for _ in wrap(Client(create)).chat.completions.create(**ASKED, stream=True):
            pass

    reading = read()
    reading.send(None)
    reading.close()
    call = only_call(default_client)
    assert call["output"] == "A gal"
    assert "error_message" not in call
    assert ends(default_client) == [5]


def test_what_a_model_thinks_is_no_part_of_its_output(default_client):
    wrap(Client(lambda **_: answers.chat("tea", reasoning_content="hm"))).chat.completions.create(**ASKED)
    call = only_call(default_client)
    assert (call["output"], call["metadata"]["reasoning"]) == ("tea", "hm")


def test_an_error_passes_unchanged(default_client):
    error = ConnectionError("away")

    def create(**_):
        raise error

    with pytest.raises(ConnectionError) as raised:
        wrap(Client(create)).chat.completions.create(**ASKED)
    assert raised.value is error
    assert only_call(default_client)["error_message"] == "ConnectionError: away"


def test_what_is_set_on_a_wrapped_client_is_set_on_the_client():
    plain = Client(lambda **_: None)
    client = wrap(plain)
    client.organization = "o"
    assert plain.organization == "o"
    del client.organization
    assert not hasattr(plain, "organization")
