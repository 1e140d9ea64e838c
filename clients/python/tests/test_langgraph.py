"""Graphs: a run is a workflow, its nodes are nodes, with the state after each."""

import asyncio
import json
import operator
from typing import Annotated, Literal, TypedDict

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, Overwrite, RetryPolicy, Send

from support.graphs import Log, appends, line
from support.traced import Traced
from tracewire.langchain import TracewireHandler


@pytest.fixture
def traced(collector, client_of):
    return Traced(collector, client_of(collector.address))


def test_a_graph_is_a_workflow_and_its_nodes_are_nodes_in_the_order_of_their_steps(traced):
    result = line("parse", "search", "rank").compile(name="date_course").invoke({"area": "seongsu", "log": []}, traced.config)
    assert result == {"area": "seongsu", "log": ["parse", "search", "rank"]}
    assert traced.nodes() == [("parse", "completed", 1), ("search", "completed", 2), ("rank", "completed", 3)]
    workflow = traced.workflow()
    assert (workflow["name"], workflow["status"]) == ("date_course", "completed")
    assert json.loads(workflow["user_input"]) == {"area": "seongsu", "log": []}
    assert workflow["final_itinerary"] == result


def test_a_node_has_what_it_was_given_what_it_returned_and_the_whole_state_after_it(traced):
    line("parse", "search").compile().invoke({"area": "seongsu", "log": ["begin"]}, traced.config)
    assert traced.nodes("input_data, output_data, state_data") == [
        (
            {"area": "seongsu", "log": ["begin"]},
            {"log": ["parse"]},
            {"area": "seongsu", "log": ["begin", "parse"]},
        ),
        (
            {"area": "seongsu", "log": ["begin", "parse"]},
            {"log": ["search"]},
            {"area": "seongsu", "log": ["begin", "parse", "search"]},
        ),
    ]


def test_a_handler_that_an_application_has_extended_records_the_state_too(traced):
    class Extended(TracewireHandler):
        seen = 0

        def on_chain_start(self, *arguments, **more):
            self.seen += 1
            return super().on_chain_start(*arguments, **more)

        def on_chain_end(self, *arguments, **more):
            return super().on_chain_end(*arguments, **more)

    traced.handler = Extended(client=traced.client)
    line("parse", "search").compile().invoke({"area": "seongsu", "log": []}, {"callbacks": [traced.handler]})
    assert traced.nodes("execution_order, state_data") == [
        (1, {"area": "seongsu", "log": ["parse"]}),
        (2, {"area": "seongsu", "log": ["parse", "search"]}),
    ]
    assert traced.handler.seen > 2


def test_a_node_that_sees_a_part_of_the_state_has_the_whole_state_after_it(traced):
    class Part(TypedDict):
        area: str

    def move(state: Part):
        assert set(state) == {"area"}
        return {"area": "hannam", "log": ["moved"]}

    graph = StateGraph(Log).add_node("move", move).add_edge(START, "move").compile()
    graph.invoke({"area": "seongsu", "log": ["begin"]}, traced.config)
    assert traced.nodes("input_data, state_data") == [({"area": "seongsu"}, {"area": "hannam", "log": ["begin", "moved"]})]


def test_a_reducer_that_changes_what_it_is_given_is_called_on_copies(traced):
    def gather(found, more):
        found.extend(more)
        return found

    class State(TypedDict):
        found: Annotated[list, gather]
        kept: Annotated[list, operator.iadd]

    graph = StateGraph(State)
    graph.add_node("a", lambda state: {"found": ["a"], "kept": [1]})
    graph.add_node("b", lambda state: {"found": ["b"], "kept": [2]})
    graph.add_edge(START, "a").add_edge("a", "b")
    assert graph.compile().invoke({"found": [], "kept": []}, traced.config) == {"found": ["a", "b"], "kept": [1, 2]}
    assert traced.nodes("state_data") == [({"found": ["a"], "kept": [1]},), ({"found": ["a", "b"], "kept": [1, 2]},)]


def test_values_that_overwrite_and_messages_are_folded_in_as_the_graph_does_it(traced):
    class State(TypedDict):
        log: Annotated[list, operator.add]
        messages: Annotated[list, add_messages]
        late: str

    graph = StateGraph(State)
    graph.add_node("say", lambda state: {"messages": [AIMessage("tea", id="m2")], "log": ["say"]})
    graph.add_node("forget", lambda state: {"log": Overwrite([]), "messages": [RemoveMessage(id="m1")], "late": "yes"})
    graph.add_edge(START, "say").add_edge("say", "forget")
    result = graph.compile().invoke({"log": ["begin"], "messages": [HumanMessage("calm", id="m1")]}, traced.config)
    first, second = (state for (state,) in traced.nodes("state_data"))
    assert (first["log"], [message["id"] for message in first["messages"]]) == (["begin", "say"], ["m1", "m2"])
    assert "late" not in first
    assert (second["log"], [message["id"] for message in second["messages"]], second["late"]) == ([], ["m2"], "yes")
    assert [message.id for message in result["messages"]] == ["m2"]


def test_user_session_tags_and_metadata_come_from_the_configuration(traced):
    graph = StateGraph(Log)
    graph.add_node("search", appends("search"), metadata={"node_type": "tool", "index": "places"})
    graph.add_edge(START, "search")
    config = {
        **traced.config,
        "tags": ["v2", "beta"],
        "metadata": {"user": "mina", "email": "mina@mail.example", "session": "s-17", "release": "1.4"},
        "run_name": "evening",
    }
    graph.compile().invoke({"area": "seongsu", "log": []}, config)
    workflow = traced.workflow("name, tags, metadata, (SELECT username FROM users WHERE users.id = user_id) AS username")
    assert workflow == {
        "name": "evening",
        "tags": ["v2", "beta"],
        "metadata": {"release": "1.4", "session": "s-17"},
        "username": "mina",
    }
    ((kind, tags, metadata),) = traced.nodes("node_type, tags, metadata")
    assert (kind, tags, metadata["index"]) == ("tool", None, "places")
    assert "release" not in metadata


def test_a_node_that_fails_has_the_message_and_the_traceback_and_its_workflow_failed(traced):
    def search(state):
        return {"log": [state["nowhere"]]}

    graph = StateGraph(Log).add_node("search", search).add_node("rank", appends("rank"))
    graph.add_edge(START, "search").add_edge("search", "rank")
    with pytest.raises(KeyError, match="nowhere"):
        graph.compile().invoke({"area": "seongsu", "log": []}, traced.config)
    ((name, status, message, trace),) = traced.nodes("node_name, status, error_message, error_traceback")
    assert (name, status, message) == ("search", "failed", "KeyError: 'nowhere'")
    assert 'state["nowhere"]' in trace
    assert traced.workflow("status") == {"status": "failed"}


def test_every_attempt_of_a_node_that_is_tried_again_is_a_node(traced):
    attempts = []

    def search(state):
        attempts.append(1)
        if len(attempts) < 3:
            raise ConnectionError("away")
        return {"log": ["search"]}

    graph = StateGraph(Log)
    graph.add_node("search", search, retry_policy=RetryPolicy(max_attempts=3, initial_interval=0.001, jitter=False))
    graph.add_edge(START, "search")
    graph.compile().invoke({"area": "seongsu", "log": []}, traced.config)
    found = traced.nodes("node_name, status, execution_order, metadata")
    assert [row[:3] for row in found] == [("search", "failed", 1), ("search", "failed", 1), ("search", "completed", 1)]
    assert [(row[3] or {}).get("attempt", 1) for row in found] == [1, 2, 3]
    assert traced.workflow("status") == {"status": "completed"}


def fan_out():
    graph = line("plan")
    for name in ("food", "art"):
        graph.add_node(name, appends(name))
        graph.add_edge("plan", name)
    graph.add_node("join", appends("join"))
    graph.add_edge(["food", "art"], "join")
    return graph


@pytest.mark.parametrize("way", ["sync", "async"])
def test_parallel_nodes_share_a_step_and_have_the_state_as_each_leaves_it(traced, way):
    graph = fan_out().compile()
    state = {"area": "seongsu", "log": []}
    result = asyncio.run(graph.ainvoke(state, traced.config)) if way == "async" else graph.invoke(state, traced.config)
    assert sorted(result["log"]) == ["art", "food", "join", "plan"]
    found = {name: (order, state["log"]) for name, order, state in traced.nodes("node_name, execution_order, state_data")}
    assert found["plan"] == (1, ["plan"])
    assert found["food"] == (2, ["plan", "food"])
    assert found["art"] == (2, ["plan", "art"])
    assert found["join"] == (3, result["log"])
    assert traced.workflow("status") == {"status": "completed"}


def test_every_packet_that_is_sent_to_a_node_is_a_node(traced):
    graph = line("plan")
    graph.add_node("visit", lambda packet: {"log": [packet["stop"]]})
    graph.add_conditional_edges("plan", lambda state: [Send("visit", {"stop": number}) for number in range(3)], ["visit"])
    graph.compile().invoke({"area": "seongsu", "log": []}, traced.config)
    found = traced.nodes("node_name, execution_order, input_data, state_data")
    assert found[0][0] == "plan"
    visits = sorted(found[1:], key=lambda row: row[2]["stop"])
    assert [row[:3] for row in visits] == [("visit", 2, {"stop": number}) for number in range(3)]
    assert [row[3] for row in visits] == [{"area": "seongsu", "log": ["plan", number]} for number in range(3)]


def test_a_node_that_no_conditional_edge_led_to_was_skipped(traced):
    def route(state) -> Literal["food", "art"]:
        return "food"

    graph = line("plan")
    graph.add_node("food", appends("food")).add_node("art", appends("art"))
    graph.add_conditional_edges("plan", route)
    graph.compile().invoke({"area": "seongsu", "log": []}, traced.config)
    assert sorted(traced.nodes()) == [("art", "skipped", 2), ("food", "completed", 2), ("plan", "completed", 1)]


def test_a_node_that_runs_after_all_was_not_skipped(traced):
    def again(state) -> Literal["check", "done"]:
        return "check" if len(state["log"]) < 3 else "done"

    graph = StateGraph(Log).add_node("check", appends("check")).add_node("done", appends("done"))
    graph.add_edge(START, "check").add_conditional_edges("check", again)
    graph.compile().invoke({"area": "seongsu", "log": []}, traced.config)
    assert traced.nodes() == [(name, "completed", order) for order, name in enumerate(["check"] * 3 + ["done"], 1)]


def test_where_a_command_or_the_start_may_lead_is_known_too(traced):
    def plan(state) -> Command[Literal["food", "art"]]:
        return Command(goto="art", update={"log": ["plan"]})

    graph = StateGraph(Log).add_node("plan", plan).add_node("rest", appends("rest"))
    graph.add_node("food", appends("food")).add_node("art", appends("art"))
    graph.add_conditional_edges(START, lambda state: "plan", ["plan", "rest"])
    graph.compile().invoke({"area": "seongsu", "log": []}, traced.config)
    found = [("art", "completed", 2), ("food", "skipped", 2), ("plan", "completed", 1), ("rest", "skipped", 1)]
    assert sorted(traced.nodes()) == found
    assert ({"area": "seongsu", "log": ["plan"]},) in traced.nodes("state_data")


@pytest.mark.parametrize("way", ["sync", "async"])
def test_the_nodes_of_a_subgraph_stand_with_the_node_that_runs_it(traced, way):
    inner = line("fetch", "filter").compile(name="inner")
    graph = StateGraph(Log).add_node("before", appends("before")).add_node("search", inner).add_node("after", appends("after"))
    graph.add_edge(START, "before").add_edge("before", "search").add_edge("search", "after")
    graph = graph.compile()
    state = {"area": "seongsu", "log": []}
    if way == "async":
        asyncio.run(graph.ainvoke(state, traced.config))
    else:
        graph.invoke(state, traced.config)
    found = traced.nodes("node_name, execution_order, uuid_text(uuid), metadata")
    assert [row[:2] for row in found] == [("before", 1), ("search", 2), ("fetch", 2), ("filter", 2), ("after", 3)]
    search = found[1][2]
    assert [(row[3] or {}).get("parent") for row in found] == [None, None, search, search, None]
    assert traced.workflow("status") == {"status": "completed"}
