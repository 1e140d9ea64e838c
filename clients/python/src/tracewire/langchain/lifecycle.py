"""What a handler inherits from: LangGraph tells only handlers of its own kind that a graph stops and goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.callbacks import BaseCallbackHandler

if TYPE_CHECKING:
    GraphHandler = BaseCallbackHandler
else:
    try:
        from langgraph.callbacks import GraphCallbackHandler as GraphHandler
    except ImportError:  # LangChain without LangGraph, or with one that does not tell.
        GraphHandler = BaseCallbackHandler
