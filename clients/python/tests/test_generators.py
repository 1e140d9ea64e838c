"""What is kept of what decorated generators yield: as it was then, no more than one value may have, nothing where nobody asks."""

import asyncio
import json

import pytest

import tracewire
from support.recorded import events
from tracewire import items as kept
from tracewire.items import MOST_ITEMS


class Large:
    """Counts how many of it there are."""

    alive = 0

    def __init__(self):
        Large.alive += 1

    def __del__(self):
        Large.alive -= 1


def output(client):
    (end,) = events(client, "node_end")
    return end.get("output_data")


def read(generator):
    with tracewire.workflow("w"):
        for _ in generator():
            pass


def test_what_is_yielded_is_recorded_as_it_was_then(default_client):
    @tracewire.node
    def counting():
        state = {}
        for number in range(3):
            state["n"] = number
            yield state

    read(counting)
    assert json.loads(output(default_client)) == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_what_is_yielded_asynchronously_is_recorded_as_it_was_then(default_client):
    @tracewire.node
    async def counting():
        state = []
        for number in range(3):
            state.append(number)
            yield state

    async def main():
        with tracewire.workflow("w"):
            return [len(state) async for state in counting()]

    assert asyncio.run(main()) == [1, 2, 3]
    assert json.loads(output(default_client)) == [[0], [0, 1], [0, 1, 2]]


def test_texts_among_other_things_are_items_of_their_own(default_client):
    @tracewire.node
    def mixed():
        yield from ("a", "b", 3, None, "c")

    read(mixed)
    assert json.loads(output(default_client)) == ["a", "b", 3, None, "c"]


def test_a_generator_that_yields_nothing_has_an_empty_list(default_client):
    @tracewire.node
    def nothing():
        yield from ()

    read(nothing)
    assert output(default_client) == "[]"


@pytest.mark.parametrize(
    ("settings", "capture", "in_workflow"),
    [({"enabled": False}, True, True), ({"sample_rate": 0.0}, True, True), ({}, False, True), ({}, True, False)],
    ids=["off", "not sampled", "without capture", "outside of any workflow"],
)
def test_nothing_is_kept_where_nothing_of_it_is_recorded(default_client_of, monkeypatch, settings, capture, in_workflow):
    client, made = default_client_of(**settings), []
    monkeypatch.setattr(kept, "json_bytes", made.append)

    @tracewire.node(capture=capture)
    def items():
        for _ in range(5):
            yield Large()

    if in_workflow:
        read(items)
    else:
        list(items())
    assert (made, Large.alive) == ([], 0)
    if client._runtime is not None:
        assert all("output_data" not in end for end in events(client, "node_end"))


def test_what_is_yielded_is_not_kept_alive(default_client):
    @tracewire.node
    def items():
        for _ in range(50):
            yield Large()
            assert Large.alive <= 2

    read(items)


def test_texts_are_kept_up_to_the_limit_and_the_rest_counted(default_client_of):
    client = default_client_of(value_limit=1024)

    @tracewire.node
    def words():
        for _ in range(1000):
            yield "성수 "

    read(words)
    text = json.loads(output(client))
    assert text.startswith("성수 성수 ")
    assert text.endswith("[tracewire: cut, 7000 bytes, more than 1024]")
    assert len(output(client).encode()) <= 1024


def test_items_are_kept_up_to_the_limit_and_the_rest_counted(default_client_of):
    client = default_client_of(value_limit=1024)

    @tracewire.node
    def rows():
        for number in range(500):
            yield {"row": number}

    read(rows)
    found = json.loads(output(client))
    assert found[:2] == [{"row": 0}, {"row": 1}]
    assert found[-1] == f"[tracewire: 500 items, of which {len(found) - 1} are recorded]"
    assert 700 < len(output(client)) <= 1024


def test_one_item_that_is_too_large_leaves_the_others(default_client_of):
    client = default_client_of(value_limit=1024)

    @tracewire.node
    def rows():
        yield 1
        yield "x" * 5000
        yield 2

    read(rows)
    assert json.loads(output(client)) == [1, "[tracewire: left out, 5002 bytes, more than 1024]", 2]


def test_of_a_stream_of_text_all_is_recorded_whatever_the_number_of_its_pieces(default_client):
    @tracewire.generation("m")
    def stream():
        for _ in range(MOST_ITEMS * 3):
            yield "ab"

    with tracewire.workflow("w"):
        list(stream())
    assert events(default_client, "generation")[0]["output"] == "ab" * MOST_ITEMS * 3


def test_a_piece_that_cannot_be_kept_does_not_disturb_the_generator(default_client, monkeypatch):
    def fails(value):
        raise MemoryError

    monkeypatch.setattr(kept, "json_bytes", fails)

    @tracewire.node
    def items():
        yield from (1, 2)

    with tracewire.workflow("w"):
        assert list(items()) == [1, 2]
    assert events(default_client, "node_end")[0]["status"] == 3
