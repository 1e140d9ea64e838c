"""Plans a date in Seoul with LangGraph and a model that makes its answers up, and records how.

    tracewire serve --listen 127.0.0.1:4747 &
    python date_planner.py "a calm evening with good tea"
    tracewire show 1 --connect 127.0.0.1:4747

It needs no account anywhere: `pip install langgraph` and this package are enough.
"""

from __future__ import annotations

import json
import operator
import sys
from typing import Annotated, Any, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.graph import END, START, StateGraph

import tracewire
from tracewire.langchain import TracewireHandler

PLACES = {
    "gallery": ["Daelim Museum", "Seoul Forest Gallery"],
    "food": ["Noodle House", "Onjium"],
    "tea": ["Oriole Tea Room"],
}


class Plan(TypedDict, total=False):
    """What the planner knows."""

    user_input: str
    user_intent: dict[str, Any]
    #: What each of the searches found.
    stops: Annotated[list[str], operator.add]
    final_itinerary: list[str]


class MadeUpModel(BaseChatModel):
    """Answers as a model would, by what it is told to be."""

    @property
    def _llm_type(self) -> str:
        return "made-up"

    def _get_ls_params(self, stop: Any = None, **_: Any) -> Any:
        return {"ls_provider": "made-up", "ls_model_name": "planner-1", "ls_model_type": "chat", "ls_temperature": 0.2}

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        task, said = (str(message.content) for message in messages)
        if task.startswith("Say what"):
            text = json.dumps({"mood": "calm" if "calm" in said else "lively", "kinds": ["gallery", "tea"]})
        else:
            text = json.dumps(sorted(json.loads(said)))
        usage = {
            "input_tokens": len(task + said) // 4,
            "output_tokens": len(text) // 4,
            "total_tokens": len(task + said + text) // 4,
        }
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text, usage_metadata=usage))])


model = MadeUpModel()


def ask(task: str, said: str) -> Any:
    """What the model answers, as JSON."""
    return json.loads(str(model.invoke([SystemMessage(task), HumanMessage(said)]).content))


@tool
def find_places(kind: str) -> list[str]:
    """Places of a kind."""
    return PLACES[kind]


def understand(state: Plan) -> Plan:
    return {"user_intent": ask("Say what is wished for, as JSON.", state["user_input"])}


def where_to_look(state: Plan) -> list[str]:
    return [f"find_{kind}" for kind in state["user_intent"]["kinds"]]


def finding(kind: str) -> Any:
    def find(state: Plan) -> Plan:
        return {"stops": find_places.invoke({"kind": kind})[:1]}

    return find


def arrange(state: Plan) -> Plan:
    return {"final_itinerary": ask("Put these stops in order, as JSON.", json.dumps(state["stops"]))}


def planner() -> Any:
    """The graph: one kind of place is searched for beside the other."""
    graph = StateGraph(Plan)
    graph.add_node("understand", understand, metadata={"node_type": "llm"})
    graph.add_node("arrange", arrange, metadata={"node_type": "llm"})
    graph.add_edge(START, "understand")
    for kind in PLACES:
        graph.add_node(f"find_{kind}", finding(kind), metadata={"node_type": "search"})
        graph.add_edge(f"find_{kind}", "arrange")
    graph.add_conditional_edges("understand", where_to_look, [f"find_{kind}" for kind in PLACES])
    graph.add_edge("arrange", END)
    return graph.compile(name="date_course")


def main(wish: str) -> None:
    config = {
        "callbacks": [TracewireHandler()],
        "tags": ["example"],
        "metadata": {"user": "mina", "session": "evening"},
    }
    plan = planner().invoke({"user_input": wish, "stops": []}, config)
    print(" → ".join(plan["final_itinerary"]))
    print(tracewire.shutdown(timeout=5))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "a calm evening with good tea")
