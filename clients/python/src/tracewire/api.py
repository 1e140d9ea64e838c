"""The functions of the module: scopes and decorators, and those of the default client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from tracewire.default import client
from tracewire.identifiers import Identifier
from tracewire.node_handle import NodeHandle
from tracewire.report import DeliveryReport
from tracewire.scopes import GenerationScope, NodeScope, WorkflowScope
from tracewire.times import Moment
from tracewire.workflow_handle import WorkflowHandle

_Function = TypeVar("_Function", bound=Callable[..., Any])


@overload
def workflow(name: _Function, /) -> _Function: ...
@overload
def workflow(
    name: str | None = None,
    *,
    user: str | None = None,
    email: str | None = None,
    session: str | None = None,
    user_input: Any = None,
    input_type: str | None = None,
    time_settings: Any = None,
    date_theme: Any = None,
    user_intent: Any = None,
    search_radius: int | None = None,
    tags: Any = None,
    metadata: Any = None,
    id: Identifier | None = None,
    capture: bool = True,
) -> WorkflowScope: ...
def workflow(name: Any = None, *, capture: bool = True, **arguments: Any) -> Any:
    """A workflow: of a block (`with tracewire.workflow("date_course") as workflow:`), or of each call of a function
    (`@tracewire.workflow`, `@tracewire.workflow("date_course", tags=["v2"])`).

    It ends as the block does: `completed`; `cancelled` if its task was cancelled, the program interrupted, or nobody reads the
    generator on; `failed` for any other exception. Arguments are those of `Client.start_workflow`.

    Args:
        capture: of a function, whether its arguments are recorded as `user_input` and what it returns as `final_itinerary`,
            as far as nothing else is said.
    """
    if callable(name):
        return WorkflowScope({})(name)
    return WorkflowScope({"name": name, **arguments}, capture)


@overload
def node(name: _Function, /) -> _Function: ...
@overload
def node(
    name: str | None = None,
    *,
    type: str | None = None,
    input: Any = None,
    execution_order: int | None = None,
    tags: Any = None,
    metadata: Any = None,
    id: Identifier | None = None,
    workflow: WorkflowHandle | None = None,
    capture: bool = True,
) -> NodeScope: ...
def node(name: Any = None, *, capture: bool = True, **arguments: Any) -> Any:
    """A node: of a block (`with tracewire.node("search", type="tool") as node:`), or of each call of a function
    (`@tracewire.node`, `@tracewire.node(type="tool")`).

    It ends as the block does: `completed`, or `failed` with the exception's type, message and traceback. Arguments are those of
    `WorkflowHandle.start_node`. Outside of any workflow nothing is recorded,
    and it is counted as refused.

    Args:
        workflow: whose node it is; by default that of the thread or task.
        capture: of a function, whether its arguments are recorded as the input and what it returns as the output, as far as
            nothing else is said.
    """
    if callable(name):
        return NodeScope({})(name)
    return NodeScope({"name": name, **arguments}, capture)


@overload
def generation(model: _Function, /) -> _Function: ...
@overload
def generation(
    model: str | None = None,
    *,
    provider: str | None = None,
    system_prompt: Any = None,
    user_prompt: Any = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
    metadata: Any = None,
    id: Identifier | None = None,
    workflow: WorkflowHandle | None = None,
    node: NodeHandle | None = None,
    capture: bool = True,
) -> GenerationScope: ...
def generation(model: Any = None, *, capture: bool = True, **arguments: Any) -> Any:
    """A call of a model: of a block (`with tracewire.generation("gpt-4o") as call:`), or of each call of a function
    (`@tracewire.generation("gpt-4o", provider="openai")`).

    It is recorded when the block ends, with the time it took, and the exception if one ended it. Arguments are those of
    `WorkflowHandle.start_generation`. Outside of any workflow nothing is recorded,
    and it is counted as refused.

    Args:
        workflow, node: where it belongs; by default the node and workflow of the thread or task.
        capture: of a function, whether its arguments are recorded as `user_prompt` and what it returns as `output`, as far as
            nothing else is said.
    """
    if callable(model):
        return GenerationScope({})(model)
    return GenerationScope({"model": model, **arguments}, capture)


def start_workflow(
    name: str,
    *,
    user: str | None = None,
    email: str | None = None,
    session: str | None = None,
    user_input: Any = None,
    input_type: str | None = None,
    time_settings: Any = None,
    date_theme: Any = None,
    user_intent: Any = None,
    search_radius: int | None = None,
    tags: Any = None,
    metadata: Any = None,
    id: Identifier | None = None,
    at: Moment | None = None,
) -> WorkflowHandle:
    """`Client.start_workflow` of the default client."""
    return client().start_workflow(
        name, user=user, email=email, session=session, user_input=user_input, input_type=input_type,
        time_settings=time_settings, date_theme=date_theme, user_intent=user_intent, search_radius=search_radius,
        tags=tags, metadata=metadata, id=id, at=at,
    )  # fmt: skip


def continue_workflow(id: Identifier, *, after: int = 0) -> WorkflowHandle:
    """`Client.continue_workflow` of the default client."""
    return client().continue_workflow(id, after=after)


def flush(timeout: float = 5.0) -> DeliveryReport:
    """`Client.flush` of the default client. In a coroutine: `await asyncio.to_thread(tracewire.flush)`."""
    return client().flush(timeout)


def shutdown(timeout: float = 5.0) -> DeliveryReport:
    """`Client.shutdown` of the default client. In a coroutine: `await asyncio.to_thread(tracewire.shutdown)`."""
    return client().shutdown(timeout)


def report() -> DeliveryReport:
    """`Client.report` of the default client."""
    return client().report()
