"""Records what a client of Anthropic's package, or a compatible one, asks of models.

    from anthropic import Anthropic
    from tracewire.anthropic import wrap

    client = wrap(Anthropic())
    client.messages.create(model="claude-haiku-4-5", max_tokens=100, messages=[{"role": "user", "content": "tea or coffee?"}])

The client is used as before. Nothing of its package is imported here.
"""

from __future__ import annotations

from typing import TypeVar

from tracewire.client import Client
from tracewire.model_calls.clients import wrapped
from tracewire.model_calls.messages import MESSAGES
from tracewire.model_calls.parent import Parent
from tracewire.node_handle import NodeHandle
from tracewire.workflow_handle import WorkflowHandle

_Client = TypeVar("_Client")

__all__ = ["wrap"]


def wrap(
    client: _Client, *, workflow: WorkflowHandle | None = None, node: NodeHandle | None = None, recorder: Client | None = None
) -> _Client:
    """A client like the given one, each of whose calls of `messages` and `beta.messages` is recorded as a generation, with
    streams and without, those of its tool runner too.

    The given client stays as it is, and shares its connections with the new one. A stream is recorded when it ends, is closed
    or is dropped, with what was read of it. Answers, streams and exceptions are those of the client. Whatever goes wrong in
    recording does not disturb the call. What is no client is returned as it is, which the log says.

    `prompt_tokens` is the whole prompt: what was read from a cache and written to one is in it, and in the metadata
    (`cached_tokens`, `cache_creation_tokens`).

    Args:
        client: `Anthropic`, `AsyncAnthropic`, those for Bedrock and Vertex, or any object that has `messages.create`. With one
            that is wrapped already the new arguments hold.
        workflow: to which the calls belong; by default that of the thread or task. Where there is none, each call is a
            workflow of its own, named `anthropic.messages`.
        node: to which they belong; by default that of the thread or task.
        recorder: records calls that are workflows of their own; by default the client of `tracewire.init`.
    """
    return wrapped(client, "anthropic", (MESSAGES,), Parent(workflow, node, recorder))
