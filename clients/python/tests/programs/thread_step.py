"""thread_step.py HOST:PORT SPOOL DATABASE THREAD [ANSWER]

A part of a conversation that an interrupt divides: without ANSWER it runs until it asks, with ANSWER it goes on from there. The
graph's state is kept in the SQLite file DATABASE.
"""

import pathlib
import sqlite3
import sys

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import tracewire
from support.graphs import Log, appends
from tracewire.langchain import TracewireHandler

address, spool, database, thread, *answer = sys.argv[1:]
tracewire.init(address, spool=spool)


def ask(state):
    return {"log": [interrupt("which area?")]}


graph = StateGraph(Log).add_node("plan", appends("plan")).add_node("ask", ask).add_node("book", appends("book"))
graph.add_node("rest", appends("rest"))
graph.add_edge(START, "plan").add_conditional_edges("plan", lambda state: "ask", ["ask", "rest"]).add_edge("ask", "book")
compiled = graph.compile(checkpointer=SqliteSaver(sqlite3.connect(database, check_same_thread=False)))
state = Command(resume=answer[0]) if answer else {"area": "seongsu", "log": []}
config = {"callbacks": [TracewireHandler()], "configurable": {"thread_id": thread}}
print(compiled.invoke(state, config)["log"])
print(tracewire.shutdown(timeout=30))
