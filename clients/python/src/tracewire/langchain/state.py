"""The state of a graph after one of its nodes."""

from __future__ import annotations

import copy
import functools
import operator
from collections.abc import Iterable
from typing import Any

BinaryOperatorAggregate: Any = None
LastValue: Any = None
try:
    from langgraph import channels as _channels

    BinaryOperatorAggregate, LastValue = _channels.BinaryOperatorAggregate, _channels.LastValue
except (ImportError, AttributeError):  # LangChain without LangGraph, where nothing comes here.
    pass

#: Their reducers give a new value, and leave the old one as it is.
_HARMLESS_MODULES = frozenset(("_operator", "builtins", "langgraph.graph.message"))
#: These replace a value or add to their own list, and call nobody.
_PLAIN_CHANNELS = frozenset(
    ("LastValueAfterFinish", "AnyValue", "EphemeralValue", "UntrackedValue", "Topic", "NamedBarrierValue")
)


def state_after(loop: Any, writes: Iterable[tuple[str, Any]]) -> Any:
    """The state that a node was given a part of, with what the node wrote in it: what a conditional edge after it would see.

    Of nodes that run at the same time none has what the others write: LangGraph puts that together only when all have ended.
    None where the graph has no state.
    """
    written: dict[str, list[Any]] = {}
    for name, value in tuple(writes):
        if name in written:
            written[name].append(value)
        else:
            written[name] = [value]
    keys, channels = loop.stream_keys, loop.channels
    if isinstance(keys, str):
        return _root_value(channels[keys], written.get(keys)) if keys == "__root__" else None
    state = {}
    for name in keys:
        channel, values = channels[name], written.get(name)
        try:
            state[name] = _updated(channel, values) if values else channel.get()
        except Exception:  # There is nothing in it yet; or the reducer refuses, which the graph itself then tells.
            continue
    return state


def _root_value(channel: Any, values: list[Any] | None) -> Any:
    try:
        return _updated(channel, values) if values else channel.get()
    except Exception:
        return None


def _updated(channel: Any, values: list[Any]) -> Any:
    kind = type(channel)
    # What nearly all channels are needs no copy of the channel.
    if kind is LastValue and len(values) == 1 and not _is_marked(values[0]):
        return values[0]
    is_harmless = _leaves_old_values_alone(channel)
    if is_harmless and kind is BinaryOperatorAggregate and not any(map(_is_marked, values)) and channel.is_available():
        return functools.reduce(channel.operator, values, channel.get())
    fresh = channel.copy()
    if not is_harmless:
        # The reducer may change what it is given, and that is the application's.
        fresh, values = copy.deepcopy((fresh, values))
    fresh.update(values)
    return fresh.get()


def _is_marked(value: Any) -> bool:
    """Whether it may say how it is to be taken, such as an `Overwrite`."""
    kind = type(value)
    if kind is str or kind is list:
        return False
    return kind.__name__ == "Overwrite" or (kind is dict and ("__overwrite__" in value or "type" in value))


def _leaves_old_values_alone(channel: Any) -> bool:
    reducer = getattr(channel, "operator", None)
    if reducer is operator.add:
        return True
    kind = type(channel)
    if kind is LastValue or (kind.__module__.startswith("langgraph.channels.") and kind.__name__ in _PLAIN_CHANNELS):
        return True
    name = getattr(reducer, "__name__", "")
    return getattr(reducer, "__module__", None) in _HARMLESS_MODULES and name not in _IN_PLACE


_IN_PLACE = frozenset(
    (
        "iadd",
        "iand",
        "iconcat",
        "ifloordiv",
        "ilshift",
        "imatmul",
        "imod",
        "imul",
        "ior",
        "ipow",
        "irshift",
        "isub",
        "itruediv",
        "ixor",
    )
)
