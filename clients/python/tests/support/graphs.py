"""Graphs and models for the tests of the handler for LangChain and LangGraph."""

import json
import operator
from typing import Annotated, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langgraph.graph import END, START, StateGraph

USAGE = {
    "input_tokens": 180,
    "output_tokens": 42,
    "total_tokens": 222,
    "input_token_details": {"cache_read": 128},
    "output_token_details": {"reasoning": 16},
}


class Log(TypedDict):
    """A state with a value that is replaced, and a list that grows."""

    area: str
    log: Annotated[list, operator.add]


class Model(BaseChatModel):
    """Gives the answers that it was made with, one after the other; an exception among them is raised."""

    answers: list
    model: str = "fake-4o"
    temperature: float = 0.2
    max_tokens: int = 256
    usage: dict = USAGE

    @property
    def _llm_type(self):
        return "fake"

    def _get_ls_params(self, stop=None, **_):
        return {
            "ls_provider": "fakes",
            "ls_model_name": self.model,
            "ls_model_type": "chat",
            "ls_temperature": self.temperature,
            "ls_max_tokens": self.max_tokens,
        }

    def _next(self):
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _generate(self, messages, stop=None, run_manager=None, **_):
        answer = self._next()
        if isinstance(answer, str):
            answer = AIMessage(answer)
        answer.usage_metadata = self.usage
        answer.response_metadata = {"finish_reason": "stop", "model_name": f"{self.model}-0806"}
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def _stream(self, messages, stop=None, run_manager=None, **_):
        answer = self._next()
        if isinstance(answer, AIMessage):
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=list(_chunks(answer))))
        else:
            for word in answer.split():
                yield ChatGenerationChunk(message=AIMessageChunk(content=word + " "))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=self.usage))


def _chunks(answer):
    for index, call in enumerate(answer.tool_calls):
        yield {"index": index, "id": call["id"], "name": call["name"], "args": json.dumps(call["args"])}


def appends(name):
    """A node that adds its name to the log."""

    def node(state):
        return {"log": [name]}

    return node


def line(*names, state=Log):
    """A graph of nodes one behind the other."""
    graph = StateGraph(state)
    for name in names:
        graph.add_node(name, appends(name))
    for before, after in zip((START, *names), (*names, END), strict=True):
        graph.add_edge(before, after)
    return graph
