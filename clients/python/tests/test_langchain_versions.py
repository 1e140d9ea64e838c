"""What is recorded with a LangGraph that tells less of its runs, without it, and without LangChain."""

import logging
import subprocess
import sys

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from support.graphs import Log, appends, line
from support.places import SOURCES
from support.recorded import events
from support.traced import Traced
from tracewire.langchain import TracewireHandler, pregel

BEGIN = {"area": "seongsu", "log": []}


@pytest.fixture
def traced(collector, client_of):
    return Traced(collector, client_of(collector.address))


@pytest.fixture
def less(monkeypatch, request):
    """As with a LangGraph whose functions that report runs have other names."""
    for name in request.param:
        monkeypatch.setattr(pregel._codes, name, pregel._NOTHING)


LESS = pytest.mark.parametrize("less", [["graphs"], ["nodes"], ["graphs", "nodes"]], indirect=True, ids="+".join)


def asking():
    graph = StateGraph(Log).add_node("plan", appends("plan")).add_node("ask", lambda state: {"log": [interrupt("where?")]})
    return graph.add_edge(START, "plan").add_edge("plan", "ask").compile(checkpointer=InMemorySaver())


@LESS
def test_where_langgraph_tells_less_the_rest_is_recorded(quiet_client, less):
    line("parse", "search").compile().invoke(BEGIN, {"callbacks": [TracewireHandler(client=quiet_client)]})
    assert [start["execution_order"] for start in events(quiet_client, "node_start")] == [1, 2]
    assert [end["status"] for end in events(quiet_client, "workflow_end")] == [3]
    assert quiet_client.report().failures == 0


@LESS
def test_where_langgraph_tells_less_the_log_says_so_once(quiet_client, less, caplog):
    with caplog.at_level(logging.WARNING, "tracewire"):
        for _ in range(2):
            line("parse", "search").compile().invoke(BEGIN, {"callbacks": [TracewireHandler(client=quiet_client)]})
    (said,) = caplog.messages
    assert "langgraph 1.2.19" in said
    assert quiet_client.report().refused == 0


def test_with_this_langgraph_the_log_says_nothing(quiet_client, caplog):
    line("parse", "search").compile().invoke(BEGIN, {"callbacks": [TracewireHandler(client=quiet_client)]})
    assert caplog.messages == []


@LESS
@pytest.mark.parametrize("handler", ["the same", "a fresh"])
def test_where_langgraph_tells_less_a_node_that_asks_has_not_completed(traced, less, handler):
    graph, config = asking(), {"configurable": {"thread_id": "t-1"}}
    graph.invoke(BEGIN, {**traced.config, **config})
    assert traced.workflow("status") == {"status": "running"}
    assert traced.nodes() == [("plan", "completed", 1), ("ask", "running", 2)]
    if handler == "a fresh":
        traced.renew()
    graph.invoke(Command(resume="hannam"), {**traced.config, **config})
    # What was given up stays as it was, and the way back to it is not always found.
    assert sorted(row["status"] for row in traced.rows("SELECT status FROM workflows"))[0] == "completed"
    assert [row[:2] for row in traced.nodes()] == [("plan", "completed"), ("ask", "running"), ("ask", "completed")]


def test_importing_tracewire_does_not_need_langchain():
    program = """
import sys
sys.modules["langchain_core"] = None
import tracewire
try:
    import tracewire.langchain
except ImportError as error:
    print(error)
assert not any(name.startswith("langgraph") for name in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True)
    assert "pip install 'langgraph>=" in done.stdout, done.stderr


def test_the_handler_works_without_langgraph():
    program = """
import sys
sys.modules["langgraph"] = None
from langchain_core.runnables import RunnableLambda
import tracewire
from tracewire.langchain import TracewireHandler, node_records
tracewire.init("127.0.0.1:1", spool="memory", exit_drain=0.0)
print(RunnableLambda(lambda x: x + 1).invoke(1, {"callbacks": [TracewireHandler()]}))
report = tracewire.shutdown(timeout=0.0)
print(report.unknown, report.failures)
"""
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True)
    assert done.stdout == "2\n2 0\n", done.stderr
