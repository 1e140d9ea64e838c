"""Calls of models that LangChain makes: generations, with what was said, what it took, and where they belong."""

import asyncio
import functools
import json

import pytest
from langchain_core.language_models import FakeListLLM
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.output_parsers import PydanticOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from pydantic import BaseModel

from support.graphs import Log, Model
from support.traced import Traced
from support.ways import EITHER_WAY
from tracewire.langchain import TracewireHandler


@pytest.fixture
def traced(collector, client_of):
    return Traced(collector, client_of(collector.address))


def asking(ask):
    """A graph of one node, which asks a model."""
    return StateGraph(Log).add_node("parse", ask).add_edge(START, "parse").compile()


BEGIN = {"area": "seongsu", "log": []}


@EITHER_WAY
def test_a_call_in_a_node_has_its_model_messages_parameters_and_tokens(traced, way):
    model = Model(answers=["gallery, then tea"])
    said = [SystemMessage("You plan dates."), HumanMessage("a calm evening")]

    def parse(state):
        return {"log": [model.invoke(said, top_p=0.9).content]}

    async def parse_later(state):
        return {"log": [(await model.ainvoke(said, top_p=0.9)).content]}

    if way == "async":
        asyncio.run(asking(parse_later).ainvoke(BEGIN, traced.config))
    else:
        asking(parse).invoke(BEGIN, traced.config)
    (call,) = traced.calls()
    assert (call["model_provider"], call["model_name"], call["node_name"]) == ("fakes", "fake-4o-0806", "parse")
    assert (call["system_prompt"], call["user_prompt"]) == ("You plan dates.", "a calm evening")
    assert (call["output"], call["error_message"]) == ("gallery, then tea", None)
    assert (call["temperature"], call["max_tokens"]) == (0.2, 256)
    assert (call["prompt_tokens"], call["completion_tokens"], call["total_tokens"]) == (180, 42, 222)
    assert call["latency_ms"] >= 0
    assert call["metadata"] == {
        "cached_tokens": 128,
        "reasoning_tokens": 16,
        "finish_reason": "stop",
        "requested_model": "fake-4o",
        "parameters": {"top_p": 0.9},
    }


def test_a_conversation_is_recorded_as_its_messages(traced):
    call = {"id": "c1", "name": "search", "args": {"area": "seongsu"}}
    said = [
        HumanMessage("tea?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("tea house", tool_call_id="c1"),
        HumanMessage("more"),
    ]
    Model(answers=[AIMessage("", tool_calls=[{**call, "id": "c2"}])]).invoke(said, traced.config)
    (found,) = traced.calls()
    asked = {"id": "c1", "name": "search", "arguments": {"area": "seongsu"}}
    assert json.loads(found["user_prompt"]) == [
        {"role": "user", "content": "tea?"},
        {"role": "assistant", "content": "", "tool_calls": [asked]},
        {"role": "tool", "content": "tea house", "tool_call_id": "c1"},
        {"role": "user", "content": "more"},
    ]
    assert json.loads(found["output"]) == {"tool_calls": [{**asked, "id": "c2"}]}


def test_a_call_in_a_coroutine_that_hands_its_configuration_on_is_in_its_node_with_every_python(traced):
    model = Model(answers=["gallery, then tea"])

    async def parse(state, config: RunnableConfig):
        return {"log": [(await model.ainvoke("a calm evening", config)).content]}

    asyncio.run(asking(parse).ainvoke(BEGIN, traced.config))
    (call,) = traced.calls()
    assert (call["output"], call["node_name"]) == ("gallery, then tea", "parse")


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_stream_has_the_time_to_its_first_token(traced, way):
    model = Model(answers=["gallery then tea"])
    if way == "async":

        async def read():
            return [chunk.content async for chunk in model.astream("a calm evening", traced.config)]

        chunks = asyncio.run(read())
    else:
        chunks = [chunk.content for chunk in model.stream("a calm evening", traced.config)]
    assert "".join(chunks) == "gallery then tea "
    (call,) = traced.calls()
    assert 0 <= call["metadata"]["time_to_first_token_ms"] <= call["latency_ms"]
    assert (call["output"], call["total_tokens"]) == ("gallery then tea ", 222)


def test_a_call_that_fails_has_its_error_and_so_have_its_node_and_workflow(traced):
    model = Model(answers=[ConnectionError("overloaded")])
    with pytest.raises(ConnectionError):
        asking(lambda state: model.invoke("hello")).invoke(BEGIN, traced.config)
    (call,) = traced.calls()
    assert (call["error_message"], call["output"]) == ("ConnectionError: overloaded", None)
    assert traced.nodes("status, error_message") == [("failed", "ConnectionError: overloaded")]
    assert traced.workflow("status") == {"status": "failed"}


class Wish(BaseModel):
    area: str
    stops: int


def test_what_a_parser_makes_of_an_answer_is_the_parsed_output(traced):
    model = Model(answers=['{"area": "seongsu", "stops": 3}'])
    chain = ChatPromptTemplate.from_messages([("human", "{wish}")]) | model | PydanticOutputParser(pydantic_object=Wish)

    def parse(state):
        return {"log": [chain.invoke({"wish": "a calm evening"}).stops]}

    assert asking(parse).invoke(BEGIN, traced.config)["log"] == [3]
    (call,) = traced.calls()
    assert (call["parsed_output"], call["node_name"]) == ({"area": "seongsu", "stops": 3}, "parse")


@pytest.mark.parametrize("include_raw", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_structured_output_is_the_parsed_output(traced, include_raw, streamed):
    answer = AIMessage("", tool_calls=[{"id": "c1", "name": "Wish", "args": {"area": "seongsu", "stops": 3}}])

    class Structured(Model):
        def bind_tools(self, tools, **_):
            return self

    def last(before, chunk):
        return {**before, **chunk} if include_raw else chunk

    chain = Structured(answers=[answer]).with_structured_output(Wish, include_raw=include_raw)

    def parse(state):
        found = functools.reduce(last, chain.stream("a calm evening")) if streamed else chain.invoke("a calm evening")
        return {"log": [(found["parsed"] if include_raw else found).stops]}

    assert asking(parse).invoke(BEGIN, traced.config)["log"] == [3]
    (call,) = traced.calls()
    assert (call["parsed_output"], call["node_name"]) == ({"area": "seongsu", "stops": 3}, "parse")


def test_a_bare_call_is_a_workflow_of_its_own(traced):
    Model(answers=["tea"]).invoke("a calm evening", {**traced.config, "run_name": "ask"})
    (call,) = traced.calls()
    assert call["node_id"] is None
    workflow = traced.workflow()
    assert (workflow["name"], workflow["status"], workflow["user_input"]) == ("ask", "completed", "a calm evening")
    assert workflow["final_itinerary"] == "tea"
    assert traced.nodes() == []


def test_a_batch_of_calls_is_as_many_workflows(traced):
    Model(answers=["a", "b", "c"]).batch(["1", "2", "3"], traced.config)
    assert sorted(row["user_input"] for row in traced.rows("SELECT user_input FROM workflows")) == ["1", "2", "3"]
    assert len({call["workflow_id"] for call in traced.calls()}) == 3


def test_a_model_without_a_chat_is_recorded_too(traced):
    FakeListLLM(responses=["tea"]).invoke("a calm evening", traced.config)
    (call,) = traced.calls()
    assert (call["model_name"], call["user_prompt"], call["output"]) == ("FakeListLLM", "a calm evening", "tea")


def test_a_call_that_is_named_keeps_its_name_beside_those_of_its_tools(traced):
    tools = [{"type": "function", "function": {"name": "search"}}, {"name": "book"}]
    Model(answers=["tea"]).invoke("hello", {**traced.config, "run_name": "ask"}, tools=tools)
    (call,) = traced.calls()
    assert (call["metadata"]["name"], call["metadata"]["tools"]) == ("ask", ["search", "book"])


def test_secrets_among_the_parameters_are_not_recorded(traced):
    Model(answers=["tea"]).invoke("hello", traced.config, api_key="sk-1", access_token="t-1", seed=7)
    (call,) = traced.calls()
    assert call["metadata"]["parameters"] == {"seed": 7}


def test_a_handler_that_a_model_was_made_with_records_its_calls(traced):
    model = Model(answers=["tea"], callbacks=[TracewireHandler(client=traced.client)])
    asking(lambda state: {"log": [model.invoke("hello").content]}).invoke(BEGIN)
    (call,) = traced.calls()
    assert call["output"] == "tea"
