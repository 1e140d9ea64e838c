"""What an application says of a run in its configuration, and in the input, and what a workflow has columns for."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from tracewire.langchain.secret_names import without_secrets

_USER = ("user", "user_id", "username")
_SESSION = ("session", "session_id", "conversation_id", "thread_id")
#: Names in `metadata` that say what has a place of its own.
_SAID_ELSEWHERE = frozenset((*_USER, "session", "session_id", "email", "tracewire_workflow", "checkpoint_ns", "lc_versions"))
#: What LangGraph says of a node.
OF_GRAPHS = frozenset(f"langgraph_{name}" for name in ("step", "node", "triggers", "path", "checkpoint_ns"))
_FROM_LIBRARIES = ("ls_", "langgraph_", "lc_")
TAGS_FROM_LIBRARIES = ("graph:step:", "seq:step:", "map:key:", "langsmith:")
_COLUMNS = ("user_input", "input_type", "time_settings", "date_theme", "user_intent", "search_radius")


def workflow_arguments(
    name: str, inputs: Any, tags: Iterable[str] | None, metadata: Mapping[str, Any] | None, configurable: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of `Client.start_workflow` for a run."""
    metadata = metadata or {}
    said = {**configurable, **metadata}
    rest = own_metadata(metadata)
    return {
        "name": name,
        "user": _first(said, _USER),
        "email": _first(said, ("email",)),
        "session": _first(said, _SESSION),
        "tags": own_tags(tags) or None,
        "metadata": rest or None,
        **_columns(inputs),
    }


def chosen_workflow(metadata: Mapping[str, Any] | None) -> uuid.UUID | None:
    """The workflow's id, where the application chose it: `metadata={"tracewire_workflow": id}`."""
    chosen = (metadata or {}).get("tracewire_workflow")
    try:
        return chosen if chosen is None or isinstance(chosen, uuid.UUID) else uuid.UUID(str(chosen))
    except ValueError:
        return None


def final_itinerary(outputs: Any) -> Any:
    """What came out in the end: the state's `final_itinerary`, if it has one, else all of it."""
    return _part(outputs, "final_itinerary", outputs)


def user_intent(outputs: Any) -> Any:
    """What was understood of the user's wish, where the state has it."""
    return _part(outputs, "user_intent", None)


def own_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What an application says of a run, without what LangChain and LangGraph add to it, and without secrets."""
    own = {
        name: value for name, value in metadata.items() if name not in _SAID_ELSEWHERE and not name.startswith(_FROM_LIBRARIES)
    }
    return without_secrets(own) if own else own


def own_tags(tags: Iterable[str] | None) -> list[str]:
    """The tags that an application gave a run."""
    return [tag for tag in tags or () if not tag.startswith(TAGS_FROM_LIBRARIES)]


def _columns(inputs: Any) -> dict[str, Any]:
    """A workflow's columns, as far as the input has values of these names. Without `user_input` it is the input as a whole."""
    found = {name: inputs[name] for name in _COLUMNS if inputs.get(name) is not None} if isinstance(inputs, dict) else {}
    radius = found.get("search_radius")
    if radius is not None and (isinstance(radius, bool) or not isinstance(radius, int)):
        del found["search_radius"]
    if not isinstance(found.get("input_type", ""), str):
        del found["input_type"]
    found.setdefault("user_input", inputs)
    return found


def _part(outputs: Any, name: str, default: Any) -> Any:
    if isinstance(outputs, dict):
        found = outputs.get(name)
        return default if found is None else found
    return default


def _first(said: Mapping[str, Any], names: Iterable[str]) -> str | None:
    for name in names:
        value = said.get(name)
        if value is not None and value != "":
            return str(value)
    return None
