"""Functions, coroutines and generators whose calls are recorded."""

import asyncio
import gc
import inspect
import json

import pytest

import tracewire
from support.recorded import events
from tracewire.items import MOST_ITEMS

COMPLETED, FAILED, CANCELLED = 3, 4, 5


@tracewire.node
def add(a, b=2):
    """Adds."""
    return a + b


@tracewire.node("named", type="tool", tags=["x"])
def only(value):
    return {"value": value}


@tracewire.node(capture=False)
def secret(password):
    return password


def ends(client, name="node_end"):
    return [end["status"] for end in events(client, name)]


def test_a_function_stays_what_it_is(default_client):
    assert add.__name__ == "add"
    assert add.__doc__ == "Adds."
    assert str(inspect.signature(add)) == "(a, b=2)"
    assert add(1) == 3


def test_arguments_are_the_input_and_the_result_the_output(default_client):
    with tracewire.workflow("w"):
        add(1, b=5)
        only("x")
        secret("hunter2")
    first, second, third = events(default_client, "node_start")
    assert (first["node_name"], json.loads(first["input_data"])) == ("add", {"a": 1, "b": 5})
    assert (second["node_name"], second["node_type"], second["tags"]) == ("named", "tool", '["x"]')
    assert json.loads(second["input_data"]) == "x"
    assert "input_data" not in third
    outputs = [end.get("output_data") for end in events(default_client, "node_end")]
    assert outputs == ["6", '{"value":"x"}', None]


def test_what_a_function_says_itself_is_kept(default_client):
    @tracewire.node
    def rank(items):
        tracewire.current_node().set_output("said")
        return items

    with tracewire.workflow("w"):
        rank([1])
    assert events(default_client, "node_end")[0]["output_data"] == '"said"'


def test_self_is_no_input(default_client):
    class Planner:
        @tracewire.workflow
        def plan(self, wish):
            return wish.upper()

        @classmethod
        @tracewire.node
        def of(cls, wish):
            return wish

    with tracewire.workflow("w"):
        assert Planner.of("b") == "b"
    assert Planner().plan("tea") == "TEA"
    assert events(default_client, "workflow_start")[1]["user_input"] == "tea"
    assert events(default_client, "workflow_end")[1]["final_itinerary"] == '"TEA"'
    assert events(default_client, "node_start")[0]["input_data"] == '"b"'


def test_a_call_that_does_not_fit_raises_what_it_would(default_client):
    with tracewire.workflow("w"), pytest.raises(TypeError):
        add()
    assert ends(default_client) == [FAILED]


def test_each_call_is_recorded_by_itself(default_client):
    @tracewire.workflow("recursive")
    def count(n):
        return 0 if n == 0 else 1 + count(n - 1)

    assert count(3) == 3
    assert ends(default_client, "workflow_end") == [COMPLETED] * 4


def test_a_coroutine_is_recorded_until_it_returns(default_client):
    @tracewire.workflow
    async def plan(wish):
        await search(wish)
        return "done"

    @tracewire.node(type="tool")
    async def search(wish):
        await asyncio.sleep(0)
        assert tracewire.current_node() is not None
        raise LookupError("nothing")

    assert inspect.iscoroutinefunction(plan)
    with pytest.raises(LookupError):
        asyncio.run(plan("tea"))
    assert ends(default_client) == ends(default_client, "workflow_end") == [FAILED]


def test_a_generator_is_recorded_until_it_is_read(default_client):
    @tracewire.generation("m", provider="p")
    def stream(prompt):
        assert tracewire.current_node() is node
        yield "a"
        answer = yield "b"
        yield answer
        return 7

    with tracewire.workflow("w"), tracewire.node("n") as node:
        generator = stream("say")
        assert [next(generator), next(generator), generator.send("c")] == ["a", "b", "c"]
        with pytest.raises(StopIteration) as stopped:
            next(generator)
    assert stopped.value.value == 7
    (one,) = events(default_client, "generation")
    assert (one["user_prompt"], one["output"], one["model_provider"]) == ("say", "abc", "p")
    assert one["node"] == node.id.bytes


def test_a_generator_makes_nothing_current_in_whoever_reads_it(default_client):
    @tracewire.node
    def items():
        yield tracewire.current_node()

    with tracewire.workflow("w") as workflow:
        for node in items():
            assert node is not None
            assert tracewire.current_node() is None
            assert tracewire.current_workflow() is workflow


def test_a_generator_that_nobody_reads_on_has_not_failed(default_client):
    @tracewire.node
    def items():
        yield from range(10)

    with tracewire.workflow("w"):
        for item in items():
            if item == 2:
                break
    assert ends(default_client) == [COMPLETED]
    assert events(default_client, "node_end")[0]["output_data"] == "[0,1,2]"


def test_a_workflow_that_streams_is_cancelled_where_nobody_reads_on(default_client):
    @tracewire.workflow
    def stream():
        yield 1
        yield 2

    generator = stream()
    next(generator)
    generator.close()
    assert ends(default_client, "workflow_end") == [CANCELLED]


def test_what_is_thrown_into_a_generator_comes_there(default_client):
    @tracewire.node
    def items():
        try:
            yield 1
        except ValueError:
            yield "caught"

    with tracewire.workflow("w"):
        generator = items()
        next(generator)
        assert generator.throw(ValueError()) == "caught"
        with pytest.raises(KeyError):
            generator.throw(KeyError())
    assert ends(default_client) == [FAILED]


def test_an_asynchronous_generator_is_recorded_until_it_is_read(default_client):
    @tracewire.workflow
    async def stream(prompt):
        async for word in words():
            yield word

    @tracewire.node
    async def words():
        for word in ("tea", "cake"):
            await asyncio.sleep(0)
            assert tracewire.current_node() is not None
            yield word

    async def main():
        found = []
        async for word in stream("x"):
            assert tracewire.current_workflow() is None
            found.append(word)
        return found

    assert asyncio.run(main()) == ["tea", "cake"]
    assert ends(default_client) == ends(default_client, "workflow_end") == [COMPLETED]
    assert events(default_client, "workflow_end")[0]["final_itinerary"] == '"teacake"'


def test_an_asynchronous_generator_that_is_closed_is_cancelled(default_client):
    @tracewire.workflow
    async def stream():
        yield 1
        yield 2

    async def main():
        generator = stream()
        await generator.__anext__()
        await generator.aclose()

    asyncio.run(main())
    assert ends(default_client, "workflow_end") == [CANCELLED]


def test_of_many_items_some_are_recorded(default_client):
    @tracewire.node
    def many():
        yield from range(MOST_ITEMS * 3)

    with tracewire.workflow("w"):
        assert sum(1 for _ in many()) == MOST_ITEMS * 3
    output = json.loads(events(default_client, "node_end")[0]["output_data"])
    assert len(output) == MOST_ITEMS + 1
    assert "3000 items" in output[-1]


def test_a_generator_that_is_collected_while_something_is_recorded_does_not_hang(default_client):
    """A destructor may run in the middle of a call, and record itself."""

    @tracewire.node
    def items():
        yield 1

    class Collected:
        def __init__(self):
            self.generator = items()
            next(self.generator)
            self.itself = self

    with tracewire.workflow("w"):
        for _ in range(2000):
            Collected()
            tracewire.current_workflow().start_node("n").end()
    gc.collect()
    assert len(ends(default_client)) == 4000
