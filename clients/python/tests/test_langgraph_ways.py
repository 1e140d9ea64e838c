"""The ways to run a graph: in tasks and threads, as a stream, in batches, and not to its end."""

import asyncio
import concurrent.futures
import threading

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import START, StateGraph

import tracewire
from support.graphs import Log, Model, appends, line
from support.traced import Traced

BEGIN = {"area": "seongsu", "log": []}


@pytest.fixture
def traced(collector, client_of):
    return Traced(collector, client_of(collector.address))


THREE = [("parse", "completed", 1), ("search", "completed", 2), ("rank", "completed", 3)]


@pytest.mark.parametrize("mode", ["values", "updates", "messages", ["updates", "custom"]], ids=str)
def test_a_stream_that_is_read_to_its_end_is_a_completed_workflow(traced, mode):
    graph = line("parse", "search", "rank").compile()
    list(graph.stream(BEGIN, traced.config, stream_mode=mode))
    assert traced.nodes() == THREE
    assert traced.workflow("status") == {"status": "completed"}


@pytest.mark.parametrize("mode", ["values", "messages"])
def test_so_is_one_that_a_task_reads(traced, mode):
    async def read():
        async for _ in line("parse", "search", "rank").compile().astream(BEGIN, traced.config, stream_mode=mode):
            assert tracewire.current_node() is None

    asyncio.run(read())
    assert traced.nodes() == THREE
    assert traced.workflow("status") == {"status": "completed"}


def test_the_tokens_of_a_model_in_a_streamed_graph_are_one_call(traced):
    model = Model(answers=["gallery then tea"])
    graph = StateGraph(Log).add_node("parse", lambda state: {"log": [model.invoke("hello").content]}).add_edge(START, "parse")
    pieces = [message.content for message, _ in graph.compile().stream(BEGIN, traced.config, stream_mode="messages")]
    assert "".join(pieces) == "gallery then tea "
    (call,) = traced.calls()
    assert (call["output"], call["node_name"]) == ("gallery then tea ", "parse")
    assert "time_to_first_token_ms" in call["metadata"]


def test_a_stream_that_nobody_reads_on_is_a_cancelled_workflow(traced):
    stream = line("parse", "search", "rank").compile().stream(BEGIN, traced.config, stream_mode="updates")
    next(stream)
    stream.close()
    assert traced.workflow("status") == {"status": "cancelled"}
    assert traced.nodes()[0] == ("parse", "completed", 1)


def test_a_task_that_is_cancelled_is_a_cancelled_workflow(traced):
    async def main():
        begun = asyncio.Event()

        async def wait(state):
            begun.set()
            await asyncio.Event().wait()

        graph = line("parse").add_node("wait", wait).add_edge("parse", "wait").compile()
        running = asyncio.create_task(graph.ainvoke(BEGIN, traced.config))
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(main())
    assert traced.workflow("status") == {"status": "cancelled"}
    found = traced.nodes("node_name, status, error_message")
    assert [row[:2] for row in found] == [("parse", "completed"), ("wait", "failed")]
    assert found[1][2].startswith("CancelledError")


def test_a_graph_that_takes_too_many_steps_has_failed(traced):
    graph = StateGraph(Log).add_node("again", appends("again")).add_edge(START, "again").add_edge("again", "again").compile()
    with pytest.raises(RecursionError):
        graph.invoke(BEGIN, {**traced.config, "recursion_limit": 3})
    assert traced.workflow("status") == {"status": "failed"}
    assert traced.nodes() == [("again", "completed", order) for order in (1, 2, 3)]


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_batch_is_as_many_workflows(traced, way):
    graph = line("parse", "search", "rank").compile()
    states = [{"area": str(number), "log": []} for number in range(8)]
    if way == "async":
        asyncio.run(graph.abatch(states, traced.config))
    else:
        graph.batch(states, traced.config)
    rows = traced.rows("SELECT status, user_input FROM workflows")
    assert len(rows) == 8
    assert len({row["user_input"] for row in rows}) == 8
    assert traced.nodes() == THREE * 8


def test_one_handler_serves_many_threads_at_once(traced):
    graph = line("parse", "search", "rank").compile()
    barrier = threading.Barrier(8)

    def work(number):
        barrier.wait(timeout=30)
        return graph.invoke({"area": str(number), "log": []}, traced.config)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    states = traced.nodes(
        "node_name, status, execution_order, (SELECT user_input FROM workflows WHERE id = workflow_id), state_data"
    )
    assert [row[:3] for row in states] == THREE * 8
    for row in states:
        assert f'"{row[4]["area"]}"' in row[3]


def test_runs_in_tasks_side_by_side_stay_apart(traced):
    async def slow(state):
        await asyncio.sleep(0)
        return {"log": ["slow"]}

    graph = (
        StateGraph(Log)
        .add_node("slow", slow)
        .add_node("after", appends("after"))
        .add_edge(START, "slow")
        .add_edge("slow", "after")
    )
    graph = graph.compile()

    async def main():
        await asyncio.gather(*(graph.ainvoke({"area": str(number), "log": []}, traced.config) for number in range(20)))

    asyncio.run(main())
    assert traced.nodes() == [("slow", "completed", 1), ("after", "completed", 2)] * 20


@pytest.mark.parametrize("way", ["sync", "async"])
def test_the_code_of_a_node_finds_it_as_the_current_one(traced, way):
    def parse(state):
        with tracewire.generation("gpt-4o", user_prompt="hello") as call:
            call.set_output(tracewire.current_node().id.hex[:4])

    async def parse_later(state):
        await asyncio.sleep(0)
        parse(state)

    async def main():
        for _ in range(3):
            await graph.ainvoke(BEGIN, traced.config)
            assert tracewire.current_node() is tracewire.current_workflow() is None

    graph = StateGraph(Log).add_node("parse", parse_later if way == "async" else parse).add_edge(START, "parse").compile()
    if way == "async":
        asyncio.run(main())
    else:
        for _ in range(3):
            graph.invoke(BEGIN, traced.config)
            assert tracewire.current_node() is tracewire.current_workflow() is None
    assert [call["node_name"] for call in traced.calls()] == ["parse"] * 3


def test_within_the_scope_of_a_workflow_a_graph_is_a_node_of_it(traced):
    with traced.client.workflow("evening"), tracewire.node("outer") as outer:
        line("parse", "search").compile(name="planner").invoke(BEGIN, traced.config)
        assert tracewire.current_node() is outer
    assert traced.workflow("name, status") == {"name": "evening", "status": "completed"}
    found = traced.nodes("node_name, node_type, status, execution_order")
    assert found == [
        ("outer", "step", "completed", 1),
        ("planner", "graph", "completed", 2),
        ("parse", "step", "completed", 2),
        ("search", "step", "completed", 2),
    ]


@pytest.mark.parametrize("kept", [False, True])
def test_the_tasks_of_a_function_are_nodes(traced, kept):
    @task
    def search(area):
        return [area]

    @entrypoint(checkpointer=InMemorySaver() if kept else None)
    def plan(area):
        return search(area).result() + search("hannam").result()

    assert plan.invoke("seongsu", {**traced.config, "configurable": {"thread_id": "t-1"}}) == ["seongsu", "hannam"]
    assert [row[:2] for row in traced.nodes()] == [("plan", "completed"), ("search", "completed"), ("search", "completed")]
    assert traced.workflow("status, user_input") == {"status": "completed", "user_input": "seongsu"}


def test_the_events_of_a_graph_may_be_streamed(traced):
    async def read():
        return [event["event"] async for event in line("parse").compile().astream_events(BEGIN, traced.config, version="v2")]

    assert "on_chain_end" in asyncio.run(read())
    assert traced.nodes() == [("parse", "completed", 1)]
