"""What a run of LangGraph's tells of itself.

Callbacks name a run and its parent. They say neither what the graph's state is, nor which edges it has, nor where it resumes.
LangGraph hands all of that to the function that reports the run: the graph to `Pregel.stream`, the task's configuration to the
sequence that runs a node. There it is read, from the local variables of the function that called. Nothing is changed or replaced,
and no store is asked. What a version of LangGraph does not have there is left out of the recording; the handler does without.
"""

from __future__ import annotations

import pathlib
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import langchain_core.callbacks

import tracewire

#: Where the code lies that runs between the function that reports a run and this one.
_ON_THE_WAY = (str(pathlib.Path(tracewire.__file__).parent), str(pathlib.Path(langchain_core.callbacks.__file__).parent))
_TURNS = uuid.UUID("6f2e27a4-3d0c-5b7e-9a55-0f6f3a0d5c11")


class Task:
    """A graph's node that runs."""

    __slots__ = ("id", "loop", "writes")

    def __init__(self, id: str, loop: Any, writes: Iterable[tuple[str, Any]]) -> None:
        #: The same again when an interrupted thread is resumed.
        self.id = id
        self.loop = loop
        #: What the node has written: names of channels, and what goes into them.
        self.writes = writes

    @property
    def was_interrupted(self) -> bool:
        """Whether it ran before, and an interrupt ended that."""
        return any(write[0] == self.id and write[1] == "__interrupt__" for write in self.loop.checkpoint_pending_writes)


@dataclass(frozen=True)
class GraphCall:
    """A graph that was called."""

    graph: Any
    configurable: dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """A thread's way from one input to the result, over all of its interrupts."""

    #: The same in every process that takes part in it.
    id: uuid.UUID
    #: The step at which the run takes part in it.
    step: int
    #: Whether the run takes up what waits for it, and does not go a way once more that was gone to its end, or failed.
    is_continued: bool


def graph_at_hand() -> GraphCall | None:
    """The graph whose run is just being reported."""
    frame = _reporter(_codes.graphs)
    if frame is None:
        return None
    found = frame.f_locals
    return GraphCall(found["self"], found["config"].get("configurable") or {})


def task_at_hand() -> Task | None:
    """The graph's node whose run is just being reported."""
    frame = _usual_reporter() or _reporter(_codes.nodes)
    if frame is None:
        return None
    try:
        configurable = frame.f_locals["config"]["configurable"]
        loop = configurable["__pregel_call"].keywords["schedule_task"].__self__
        return Task(configurable["__pregel_task_id"], loop, configurable["__pregel_read"].args[3].writes)
    except (KeyError, AttributeError, IndexError, TypeError):
        return None


def tells_of_nodes() -> bool:
    """Whether this version of LangGraph has the functions that report a node's run where they are looked for."""
    return _codes.nodes != _NOTHING


def loop_at_hand() -> Any:
    """The loop of the graph that just reports an interrupt, or that it resumes."""
    frame: FrameType | None = sys._getframe(1)
    for _ in range(16):
        if frame is None:
            break
        found = frame.f_locals.get("loop")
        if hasattr(found, "checkpoint_pending_writes"):
            return found
        frame = frame.f_back
    return None


def nodes_of_turn(loop: Any) -> set[str]:
    """The nodes that have run since the thread's last input, as the checkpoint says that a graph resumes from."""
    seen = loop.checkpoint["versions_seen"]
    start = _version_of_input(loop.checkpoint)
    # What a `Send` makes run leaves its name only.
    return {name for name, versions in seen.items() if not versions or any(version > start for version in versions.values())}


def turn_of(loop: Any) -> Turn | None:
    """The turn that a graph's run is part of; none, where the graph keeps nothing.

    A thread's input gets a version in its checkpoint, which says the same in whatever process goes on from there.
    """
    try:
        thread = loop.config["configurable"].get("thread_id")
        if loop.checkpointer is None or thread is None:
            return None
        version = _version_of_input(loop.checkpoint)
        return Turn(uuid.uuid5(_TURNS, f"{thread}\n{version}"), loop.step, _waits(loop))
    except (KeyError, AttributeError, TypeError):
        return None


def _version_of_input(checkpoint: Any) -> Any:
    version = checkpoint["versions_seen"].get("__start__", {}).get("__start__")
    return version or checkpoint["channel_versions"]["__start__"]


def _waits(loop: Any) -> bool:
    """Whether a thread stands still since an interrupt, and not since a failure, and is not sent back to an earlier place."""
    written = {write[1] for write in loop.checkpoint_pending_writes}
    if loop.is_replaying or "__error__" in written:
        return False
    return "__interrupt__" in written or bool(loop.interrupt_before or loop.interrupt_after)


def _reporter(functions: tuple[CodeType, CodeType]) -> FrameType | None:
    """The frame of the function that reports a run, if it is one of these two."""
    first, second = functions
    distance = 2
    frame: FrameType | None = sys._getframe(distance)
    while frame is not None:
        code = frame.f_code
        if code is first or code is second:
            if functions is _codes.nodes:
                _codes.distance = distance
            return frame
        distance += 1
        # An application may have a handler of its own that calls this one.
        if not code.co_filename.startswith(_ON_THE_WAY) and code.co_name not in _CALLBACKS:
            return None
        frame = frame.f_back
    return None


def _usual_reporter() -> FrameType | None:
    """The frame of the function that reports a node's run, if it is as far away as the last one was.

    No other functions have room in between. Their frames are not made, nor looked at, as `_reporter` does.
    """
    try:
        frame = sys._getframe(_codes.distance)
    except ValueError:  # Nobody called from so far away.
        return None
    return frame if frame.f_code in _codes.nodes else None


#: Those in which it is looked who reports.
_CALLBACKS = frozenset({"on_chain_start", "on_chain_end", "on_chain_error"})

#: Of functions that are not there.
_NOTHING = ((lambda: None).__code__,) * 2


class _Codes:
    """The functions of LangGraph's that report runs; none where it is not installed."""

    def __init__(self) -> None:
        self.graphs = self.nodes = _NOTHING
        #: How far away the function was that reported the last node.
        self.distance = 0
        try:
            from langgraph._internal._runnable import RunnableSeq
            from langgraph.pregel import Pregel

            self.graphs = (Pregel.stream.__code__, Pregel.astream.__code__)
            self.nodes = (RunnableSeq._start.__code__, RunnableSeq._astart.__code__)
        except (ImportError, AttributeError):
            pass


_codes = _Codes()
