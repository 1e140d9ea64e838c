"""Exceptions of LangGraph's that end a run without saying that something went wrong."""

from __future__ import annotations

from typing import Any

try:
    from langgraph.errors import GraphBubbleUp, ParentCommand
except ImportError:  # LangChain without LangGraph.

    class GraphBubbleUp(Exception):  # type: ignore[no-redef]
        """Nothing raises it."""

    class ParentCommand(GraphBubbleUp):  # type: ignore[no-redef]
        """Nothing raises it."""


def is_command(error: BaseException) -> bool:
    """Whether a graph's node tells the graph around it where to go."""
    return isinstance(error, ParentCommand)


def is_interrupt(error: BaseException) -> bool:
    """Whether the graph stops to go on later: something is asked, or the program is to end."""
    return isinstance(error, GraphBubbleUp) and not is_command(error)


def asked(error: BaseException) -> list[Any]:
    """The values of the interrupts."""
    interrupts = error.args[0] if error.args else ()
    return [getattr(one, "value", one) for one in interrupts] if isinstance(interrupts, (list, tuple)) else [interrupts]
