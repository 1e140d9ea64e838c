"""Interrupts are no errors: the workflow and the node stay, and whoever resumes the thread goes on with them."""

import asyncio

import pytest
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from support.graphs import Log, appends, line
from support.programs import python
from support.traced import Traced
from support.ways import EITHER_WAY

BEGIN = {"area": "seongsu", "log": []}


@pytest.fixture
def traced(collector, client_of):
    return Traced(collector, client_of(collector.address))


def ask(state):
    return {"log": [interrupt("which area?")]}


def asking(**options):
    """A graph that plans, asks, and books."""
    graph = StateGraph(Log).add_node("plan", appends("plan")).add_node("ask", ask).add_node("book", appends("book"))
    graph.add_edge(START, "plan").add_edge("plan", "ask").add_edge("ask", "book")
    return graph.compile(checkpointer=InMemorySaver(), **options)


def thread(traced, name="t-1", **more):
    return {**traced.config, "configurable": {"thread_id": name}, **more}


def run(graph, state, config, way):
    return asyncio.run(graph.ainvoke(state, config)) if way == "async" else graph.invoke(state, config)


@EITHER_WAY
@pytest.mark.parametrize("handler", ["the same", "a fresh"])
def test_an_interrupted_workflow_runs_on_and_is_the_same_when_it_is_resumed(traced, way, handler):
    graph = asking()
    assert run(graph, BEGIN, thread(traced), way)["__interrupt__"][0].value == "which area?"
    assert traced.workflow("status, completed_at") == {"status": "running", "completed_at": None}
    assert traced.nodes() == [("plan", "completed", 1), ("ask", "running", 2)]
    if handler == "a fresh":
        traced.renew()
    assert run(graph, Command(resume="hannam"), thread(traced), way)["log"] == ["plan", "hannam", "book"]
    assert traced.workflow("status, final_itinerary") == {
        "status": "completed",
        "final_itinerary": {"area": "seongsu", "log": ["plan", "hannam", "book"]},
    }
    assert traced.nodes() == [("plan", "completed", 1), ("ask", "completed", 2), ("book", "completed", 3)]
    assert traced.nodes("state_data")[1] == ({"area": "seongsu", "log": ["plan", "hannam"]},)


def test_another_process_goes_on_with_the_workflow(collector, tmp_path):
    places = [collector.address, tmp_path / "spool", tmp_path / "threads.db", "t-1"]
    for answer, printed in (([], "['plan']"), (["hannam"], "['plan', 'hannam', 'book']")):
        program = python("thread_step.py", *places, *answer)
        out, err = program.communicate(timeout=60)
        assert program.returncode == 0, err
        assert out.startswith(printed)
        status = "completed" if answer else "running"
        assert collector.rows("SELECT status FROM workflows") == [{"status": status}]
    nodes = collector.rows("SELECT node_name, status FROM nodes ORDER BY execution_order, id")
    found = [(row["node_name"], row["status"]) for row in nodes]
    assert sorted(found) == [("ask", "completed"), ("book", "completed"), ("plan", "completed"), ("rest", "skipped")]
    assert collector.value("SELECT count(*) FROM rejected_records") == 0


def test_every_input_of_a_thread_is_a_workflow(traced):
    graph = asking()
    for answer in ("hannam", "mapo"):
        graph.invoke(BEGIN, thread(traced))
        traced.renew()
        graph.invoke(Command(resume=answer), thread(traced))
        traced.renew()
    assert traced.rows("SELECT status FROM workflows") == [{"status": "completed"}] * 2
    metadata = traced.rows("SELECT metadata FROM workflows")
    assert [row["metadata"] for row in metadata] == [{"thread_id": "t-1", "session": "t-1"}] * 2
    assert [name for name, _, _ in traced.nodes()] == ["plan", "ask", "book"] * 2


def test_a_node_that_asks_twice_is_one_node(traced):
    def ask_twice(state):
        return {"log": [interrupt("which area?"), interrupt("when?")]}

    graph = StateGraph(Log).add_node("ask", ask_twice).add_edge(START, "ask").compile(checkpointer=InMemorySaver())
    for state in (BEGIN, Command(resume="hannam"), Command(resume="friday")):
        result = graph.invoke(state, thread(traced))
        traced.renew()
    assert result["log"] == ["hannam", "friday"]
    assert traced.nodes() == [("ask", "completed", 1)]
    assert traced.workflow("status") == {"status": "completed"}


@pytest.mark.parametrize("handler", ["the same", "a fresh"])
@pytest.mark.parametrize("where", [{"interrupt_before": ["plan"]}, {"interrupt_after": ["plan"]}], ids=["before", "after"])
def test_a_breakpoint_is_an_interrupt(traced, where, handler):
    graph = line("plan", "book").compile(checkpointer=InMemorySaver(), **where)
    graph.invoke(BEGIN, thread(traced))
    assert traced.workflow("status") == {"status": "running"}
    if handler == "a fresh":
        traced.renew()
    graph.invoke(None, thread(traced))
    assert traced.workflow("status") == {"status": "completed"}
    assert traced.nodes() == [("plan", "completed", 1), ("book", "completed", 2)]


@EITHER_WAY
def test_an_interrupt_within_a_subgraph_leaves_the_node_of_both_running(traced, way):
    inner = StateGraph(Log).add_node("look", appends("look")).add_node("ask", ask).add_edge(START, "look").add_edge("look", "ask")
    graph = StateGraph(Log).add_node("search", inner.compile()).add_edge(START, "search").compile(checkpointer=InMemorySaver())
    run(graph, BEGIN, thread(traced), way)
    assert traced.nodes() == [("search", "running", 1), ("look", "completed", 1), ("ask", "running", 1)]
    traced.renew()
    run(graph, Command(resume="hannam"), thread(traced), way)
    assert traced.nodes() == [("search", "completed", 1), ("look", "completed", 1), ("ask", "completed", 1)]
    assert traced.workflow("status") == {"status": "completed"}


def test_parallel_nodes_that_ask_are_resumed_one_by_one(traced):
    graph = line("plan")
    for name in ("food", "art"):
        graph.add_node(name, ask)
        graph.add_edge("plan", name)
    graph = graph.compile(checkpointer=InMemorySaver())
    found = graph.invoke(BEGIN, thread(traced))
    while "__interrupt__" in found:
        traced.renew()
        found = graph.invoke(Command(resume={found["__interrupt__"][0].id: "yes"}), thread(traced))
    assert sorted(traced.nodes()) == [("art", "completed", 2), ("food", "completed", 2), ("plan", "completed", 1)]
    assert traced.workflow("status") == {"status": "completed"}


def test_a_tool_that_asks_has_returned_what_it_asked_and_is_called_again(traced):
    @tool
    def confirm(area: str) -> str:
        """Asks whether an area will do."""
        return interrupt(f"{area}?")

    def node(state):
        return {"log": [confirm.invoke({"area": "seongsu"})]}

    graph = StateGraph(Log).add_node("node", node).add_edge(START, "node").compile(checkpointer=InMemorySaver())
    graph.invoke(BEGIN, thread(traced))
    traced.renew()
    graph.invoke(Command(resume="yes"), thread(traced))
    assert traced.nodes("node_name, status, output_data") == [
        ("node", "completed", {"log": ["yes"]}),
        ("confirm", "completed", {"interrupted": ["seongsu?"]}),
        ("confirm", "completed", "yes"),
    ]


def test_a_thread_that_failed_is_taken_up_again_as_a_workflow_of_its_own(traced):
    failures = [ConnectionError("away")]

    def search(state):
        if failures:
            raise failures.pop()
        return {"log": ["search"]}

    graph = line("plan").add_node("search", search).add_edge("plan", "search").compile(checkpointer=InMemorySaver())
    with pytest.raises(ConnectionError):
        graph.invoke(BEGIN, thread(traced))
    graph.invoke(None, thread(traced))
    rows = traced.rows("SELECT id, status, uuid_text(uuid) AS uuid, metadata FROM workflows ORDER BY id")
    assert [row["status"] for row in rows] == ["failed", "completed"]
    assert rows[1]["metadata"]["repeats"] == rows[0]["uuid"]
    assert [row[:2] for row in traced.nodes()] == [("plan", "completed"), ("search", "failed"), ("search", "completed")]


def test_going_back_to_an_earlier_place_is_a_workflow_of_its_own(traced):
    graph = line("plan", "book").compile(checkpointer=InMemorySaver())
    graph.invoke(BEGIN, thread(traced))
    earlier = next(state for state in graph.get_state_history(thread(traced)) if state.next == ("book",))
    graph.invoke(None, {**traced.config, **earlier.config})
    rows = traced.rows("SELECT status, metadata FROM workflows ORDER BY id")
    assert [row["status"] for row in rows] == ["completed", "completed"]
    assert "repeats" in rows[1]["metadata"]
    assert [row[0] for row in traced.nodes()] == ["plan", "book", "book"]


def test_the_application_may_choose_the_workflow(traced):
    chosen = "0198c2f0-1111-7aaa-8aaa-0123456789ab"
    graph = asking()
    config = thread(traced, metadata={"tracewire_workflow": chosen})
    graph.invoke(BEGIN, config)
    traced.renew()
    graph.invoke(Command(resume="hannam"), {**config, **traced.config})
    assert traced.workflow("status, uuid_text(uuid) AS uuid") == {"status": "completed", "uuid": chosen}


@EITHER_WAY
def test_within_a_scope_a_node_that_asks_has_ended_with_what_it_asked_and_runs_again(traced, way):
    graph = asking(name="planner")
    with traced.client.workflow("asks"):
        run(graph, BEGIN, thread(traced), way)
    with traced.client.workflow("answers"):
        run(graph, Command(resume="hannam"), thread(traced), way)
    assert traced.rows("SELECT name, status FROM workflows ORDER BY id") == [
        {"name": "asks", "status": "completed"},
        {"name": "answers", "status": "completed"},
    ]
    found = traced.rows("SELECT node_name, status, output_data FROM nodes WHERE node_name = 'ask' ORDER BY id")
    assert [tuple(row.values()) for row in found] == [
        ("ask", "completed", {"interrupted": ["which area?"]}),
        ("ask", "completed", {"log": ["hannam"]}),
    ]
    assert {status for _, status, _ in traced.nodes()} == {"completed"}
