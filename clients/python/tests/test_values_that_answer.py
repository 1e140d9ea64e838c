"""Objects that answer to whatever they are asked, or have no end, are their `repr`, at once; none of their code is called."""

import collections
import http.server
import json
import threading
import xmlrpc.client
from collections.abc import Mapping, Sequence
from unittest.mock import MagicMock, Mock

import pydantic
import pytest

import tracewire
from support.recorded import events
from tracewire.json_text import json_bytes
from tracewire.json_values import LARGEST_COLLECTION, bounded_copy


class Plan(pydantic.BaseModel):
    area: str


class Answering:
    """Has every attribute, as a proxy of something far away."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        self.asked.append(name)
        return lambda *_: Answering()

    def __repr__(self):
        return "<answering>"


class Nesting:
    """A model in which there is always another one."""

    made = 0

    def __init__(self, width):
        self.width = width

    def model_dump(self):
        Nesting.made += 1
        return Nesting(self.width) if self.width == 0 else {str(number): Nesting(self.width) for number in range(self.width)}


class Endless(Sequence):
    """Says how long it is, and must not be read."""

    def __len__(self):
        return 1 << 40

    def __getitem__(self, index):
        raise AssertionError

    def __iter__(self):
        raise AssertionError

    def __repr__(self):
        return "<endless>"


class EndlessNames(Mapping):
    """So with a mapping."""

    __len__, __getitem__, __iter__, __repr__ = Endless.__len__, Endless.__getitem__, Endless.__iter__, Endless.__repr__


def loaded(value):
    return json.loads(json_bytes(value))


@pytest.mark.parametrize("kind", [Mock, MagicMock])
@pytest.mark.parametrize("spec", [None, Plan, dict, list], ids=str)
def test_a_mock_is_asked_nothing(kind, spec):
    mock = kind(name="client", spec=spec)
    assert "client" in str(loaded({"client": mock, "list": [mock], "nan": float("nan")})["client"]) or spec in (dict, list)
    assert not any(call[0] in ("model_dump", "tolist") for call in mock.method_calls)


def test_an_object_that_has_every_attribute_is_its_repr():
    value = Answering()
    assert loaded({"value": value, "nan": float("nan")}) == {"value": "<answering>", "nan": "NaN"}
    assert value.asked == []


def test_a_proxy_of_another_process_is_not_called():
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.send_error(500)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        proxy = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{server.server_port}")
        assert "ServerProxy" in loaded([proxy])[0]
        server.shutdown()
        thread.join()
    assert asked == []


def test_a_decorated_function_may_be_given_a_mock(default_client):
    @tracewire.workflow
    def answer(client, wish):
        return client.ask(wish)

    client = MagicMock(name="client")
    answer(client, "tea?")
    assert [call[0] for call in client.method_calls] == ["ask"]
    (start,) = events(default_client, "workflow_start")
    assert "MagicMock name='client'" in json.loads(start["user_input"])["client"]


@pytest.mark.parametrize(("width", "most"), [(0, 20), (1, 2000), (3, 300_000)])
def test_a_model_that_never_ends_is_asked_a_bounded_number_of_times(width, most, monkeypatch):
    monkeypatch.setattr(Nesting, "made", 0)
    assert json_bytes({"model": Nesting(width)})
    assert Nesting.made <= most


def test_models_within_models_are_all_there():
    class Outer(pydantic.BaseModel):
        plan: Plan

    assert loaded([Outer(plan=Plan(area="성수"))]) == [{"plan": {"area": "성수"}}]


@pytest.mark.parametrize("how", [json_bytes, lambda value: json.dumps(bounded_copy(value))], ids=["quick", "careful"])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (range(30_000_000), "range(0, 30000000)"),
        (range(10**30), f"range(0, {10**30})"),
        (Endless(), "<endless>"),
        (EndlessNames(), "<endless>"),
    ],
    ids=["range", "a longer range", "sequence", "mapping"],
)
def test_what_is_too_long_is_its_repr(how, value, expected):
    assert json.loads(how(value)) == expected


@pytest.mark.parametrize("kind", [collections.deque, set, frozenset, collections.UserList])
def test_long_collections_in_memory_are_their_repr_too(kind):
    assert loaded(kind(range(LARGEST_COLLECTION + 1))).endswith("…")
    assert loaded(kind(range(3))) == [0, 1, 2]
