"""Chains, tools and retrievers without a graph, and what the handler does where things go wrong."""

import asyncio
import logging
import uuid

import pytest
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from support.graphs import Log, Model, line
from support.recorded import events, records
from support.traced import Traced
from support.ways import EITHER_WAY
from tracewire.langchain import TracewireHandler, node_records

BEGIN = {"area": "seongsu", "log": []}


@pytest.fixture
def traced(collector, client_of):
    return Traced(collector, client_of(collector.address))


class Places(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun):
        if query == "nowhere":
            raise LookupError("no such place")
        return [Document(f"tea in {query}", metadata={"rating": 4.5})]


@tool
def book(area: str) -> str:
    """Books a table."""
    if area == "nowhere":
        raise LookupError("no such place")
    return f"booked in {area}"


@EITHER_WAY
def test_tools_and_retrievers_are_nodes_within_the_node_that_calls_them(traced, way):
    def search(state):
        found = Places().invoke(state["area"])
        return {"log": [found[0].page_content, book.invoke({"area": state["area"]})]}

    async def search_later(state):
        found = await Places().ainvoke(state["area"])
        return {"log": [found[0].page_content, await book.ainvoke({"area": state["area"]})]}

    if way == "async":
        asyncio.run(
            StateGraph(Log).add_node("search", search_later).add_edge(START, "search").compile().ainvoke(BEGIN, traced.config)
        )
    else:
        StateGraph(Log).add_node("search", search).add_edge(START, "search").compile().invoke(BEGIN, traced.config)
    found = traced.nodes("node_name, node_type, status, execution_order, input_data, output_data, metadata, uuid_text(uuid)")
    assert [row[:4] for row in found] == [
        ("search", "step", "completed", 1),
        ("Places", "retriever", "completed", 1),
        ("book", "tool", "completed", 1),
    ]
    assert found[1][4] == "seongsu"
    assert found[1][5][0]["page_content"] == "tea in seongsu"
    assert found[2][4:6] == ({"area": "seongsu"}, "booked in seongsu")
    assert found[1][6]["parent"] == found[2][6]["parent"] == found[0][7]


def test_what_a_tool_node_calls_has_the_id_of_the_call(traced):
    call = {"id": "c1", "name": "book", "args": {"area": "seongsu"}}
    graph = StateGraph(MessagesState).add_node("tools", ToolNode([book])).add_edge(START, "tools").compile()
    graph.invoke({"messages": [AIMessage("", tool_calls=[call])]}, traced.config)
    found = traced.nodes("node_name, status, metadata, state_data")
    assert [row[:2] for row in found] == [("tools", "completed"), ("book", "completed")]
    assert found[1][2]["tool_call_id"] == "c1"
    assert [message["content"] for message in found[0][3]["messages"]] == ["", "booked in seongsu"]


def test_a_tool_or_a_retriever_that_fails_has_failed(traced):
    for part, given in ((book, {"area": "nowhere"}), (Places(), "nowhere")):
        with pytest.raises(LookupError):
            part.invoke(given, traced.config)
    assert traced.nodes("node_name, status, error_message") == [
        ("book", "failed", "LookupError: no such place"),
        ("Places", "failed", "LookupError: no such place"),
    ]
    assert [row["status"] for row in traced.rows("SELECT status FROM workflows")] == ["failed", "failed"]


def chain(*answers):
    prompt = ChatPromptTemplate.from_messages([("system", "You plan dates."), ("human", "{wish}")])
    return prompt | Model(answers=list(answers)) | StrOutputParser()


@pytest.mark.parametrize("way", ["sync", "async", "stream"])
def test_a_chain_is_a_workflow_and_its_steps_are_nodes(traced, way):
    if way == "async":
        assert asyncio.run(chain("tea").ainvoke({"wish": "calm"}, traced.config)) == "tea"
    elif way == "stream":
        assert "".join(chain("tea").stream({"wish": "calm"}, traced.config)).strip() == "tea"
    else:
        assert chain("tea").invoke({"wish": "calm"}, traced.config) == "tea"
    workflow = traced.workflow("name, status, final_itinerary")
    assert (workflow["name"], workflow["status"], workflow["final_itinerary"].strip()) == ("RunnableSequence", "completed", "tea")
    found = traced.nodes("node_name, node_type, status")
    assert sorted(found) == [("ChatPromptTemplate", "prompt", "completed"), ("StrOutputParser", "parser", "completed")]
    (call,) = traced.calls()
    assert (call["node_id"], call["system_prompt"], call["user_prompt"]) == (None, "You plan dates.", "calm")
    assert call["parsed_output"].strip() == "tea"


def test_a_chain_that_fails_is_a_failed_workflow(traced):
    def fail(_):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        (RunnableLambda(fail) | RunnableLambda(str)).with_config(run_name="chain").invoke("x", traced.config)
    assert traced.workflow("name, status") == {"name": "chain", "status": "failed"}
    assert traced.nodes("node_name, status, error_message") == [("fail", "failed", "ValueError: no")]


def test_a_graph_in_a_chain_is_a_node_and_so_are_its_nodes(traced):
    graph = line("parse", "search").compile(name="planner")
    (RunnableLambda(lambda wish: {"area": wish, "log": []}, name="begin") | graph).invoke("seongsu", traced.config)
    assert traced.nodes("node_name, node_type, execution_order") == [
        ("begin", "chain", 1),
        ("planner", "graph", 2),
        ("parse", "step", 2),
        ("search", "step", 2),
    ]


def test_columns_of_the_workflow_are_taken_from_an_input_and_a_result_that_have_them(traced):
    plan = RunnableLambda(lambda state: {**state, "user_intent": {"mood": "calm"}, "final_itinerary": ["tea"]})
    wish = {"user_input": "a calm evening", "input_type": "text", "search_radius": 800, "date_theme": {"mood": "calm"}}
    plan.invoke(wish, traced.config)
    found = traced.workflow("user_input, input_type, search_radius, date_theme, user_intent, final_itinerary")
    assert found == {**wish, "user_intent": {"mood": "calm"}, "final_itinerary": ["tea"]}


def test_what_the_configuration_does_not_say_the_handler_may(quiet_client):
    handler = TracewireHandler(client=quiet_client, user="mina", session="s-1", tags=["v2"], metadata={"release": "1.4"})
    line("parse").compile().invoke(BEGIN, {"callbacks": [handler]})
    (start,) = events(quiet_client, "workflow_start")
    assert (start["username"], start["tags"]) == ("mina", '["v2"]')
    assert start["metadata"] == '{"release":"1.4","session":"s-1"}'
    line("parse").compile().invoke(BEGIN, {"callbacks": [handler], "metadata": {"user": "jun"}})
    assert events(quiet_client, "workflow_start")[1]["username"] == "jun"


def test_without_a_client_of_its_own_it_records_with_the_one_of_the_module(default_client):
    line("parse").compile().invoke(BEGIN, {"callbacks": [TracewireHandler()]})
    assert len(events(default_client, "workflow_end")) == 1


def test_of_runs_that_do_not_end_a_bounded_number_is_known(quiet_client):
    handler = TracewireHandler(client=quiet_client, most_runs=10)
    for _ in range(100):
        handler.on_chain_start(None, {}, run_id=uuid.uuid4(), name="lost")
    assert len(handler._recorder.runs) == 10
    assert quiet_client.report().refused == 90
    line("parse").compile().invoke(BEGIN, {"callbacks": [handler]})
    assert len(events(quiet_client, "workflow_start")) == 101
    assert len(events(quiet_client, "workflow_end")) == 1


@pytest.mark.parametrize("name", ["parse", "", "é" * 800, "\ud800"], ids=["usual", "empty", "long", "broken"])
def test_a_node_that_is_written_without_a_detour_is_written_as_its_handle_would(quiet_client, name):
    workflow = quiet_client.start_workflow("w")
    said = {"tags": ["v2"], "metadata": {"index": "places"}}
    handles = [
        workflow.start_node(name, type="tool", execution_order=200, input={"a": 1}, **said),
        node_records.begin_node(workflow, name, "tool", 200, {"a": 1}, id=None, **said),
    ]
    handles[0].end(state={"area": "x" * 300}, output=[1, None])
    node_records.complete_node(handles[1], {"area": "x" * 300}, [1, None])
    assert [node.status for node in handles] == ["completed", "completed"]
    assert not handles[1].end()

    def without_identity(fields):
        return {key: value for key, value in fields.items() if key not in ("node", "at_ms", "duration_ms")}

    for event in ("node_start", "node_end"):
        first, second = events(quiet_client, event)
        assert without_identity(first) == without_identity(second)
        assert first.keys() == second.keys()
        assert second["node"] == handles[1].id.bytes


def test_ends_of_runs_that_nobody_knows_are_passed_over(quiet_client):
    handler = TracewireHandler(client=quiet_client)
    for end in (handler.on_chain_end, handler.on_tool_end, handler.on_retriever_end, handler.on_llm_end):
        end("x", run_id=uuid.uuid4())
    for fail in (handler.on_chain_error, handler.on_tool_error, handler.on_retriever_error, handler.on_llm_error):
        fail(ValueError("x"), run_id=uuid.uuid4())
    handler.on_llm_new_token("x", run_id=uuid.uuid4())
    report = quiet_client.report()
    assert report.failures == report.refused == report.unknown == 0


def test_what_goes_wrong_in_the_handler_does_not_reach_the_application(quiet_client, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("broken")

    monkeypatch.setattr("tracewire.langchain.recorder.Recorder.begin_chain", fail)
    monkeypatch.setattr("tracewire.langchain.recorder.Recorder.end", fail)
    handler = TracewireHandler(client=quiet_client)
    with caplog.at_level(logging.WARNING):
        assert line("parse").compile().invoke(BEGIN, {"callbacks": [handler]})["log"] == ["parse"]
    assert quiet_client.report().failures >= 2
    assert {record.name for record in caplog.records} == {"tracewire"}


def test_nothing_is_recorded_of_workflows_that_are_not_in_the_sample(default_client_of):
    client = default_client_of(sample_rate=0.0)
    line("parse").compile().invoke(BEGIN, {"callbacks": [TracewireHandler()]})
    assert records(client) == []
    assert client.report().failures == 0
