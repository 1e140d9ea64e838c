"""Records what a client of OpenAI's package, or a compatible one, asks of models.

    from openai import OpenAI
    from tracewire.openai import wrap

    client = wrap(OpenAI())
    client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "tea or coffee?"}])

The client is used as before. Nothing of its package is imported here.
"""

from __future__ import annotations

from typing import TypeVar

from tracewire.client import Client
from tracewire.model_calls.choices import CHAT, COMPLETIONS
from tracewire.model_calls.clients import wrapped
from tracewire.model_calls.embeddings import EMBEDDINGS
from tracewire.model_calls.parent import Parent
from tracewire.model_calls.responses import RESPONSES
from tracewire.node_handle import NodeHandle
from tracewire.workflow_handle import WorkflowHandle

_Client = TypeVar("_Client")

__all__ = ["wrap"]

_INTERFACES = (CHAT, COMPLETIONS, RESPONSES, EMBEDDINGS)


def wrap(
    client: _Client, *, workflow: WorkflowHandle | None = None, node: NodeHandle | None = None, recorder: Client | None = None
) -> _Client:
    """A client like the given one, each of whose calls is recorded as a generation: chat completions, responses, completions
    and embeddings, with streams and without, by whatever method they are made.

    The given client stays as it is, and shares its connections with the new one. A stream is recorded when it ends, is closed
    or is dropped, with what was read of it. Answers, streams and exceptions are those of the client. Whatever goes wrong in
    recording does not disturb the call. What is no client is returned as it is, which the log says.

    Args:
        client: `OpenAI`, `AsyncOpenAI`, `AzureOpenAI`, a client of a package made like it, or any object that has
            `chat.completions.create` or another of these methods. With one that is wrapped already the new arguments hold.
        workflow: to which the calls belong; by default that of the thread or task. Where there is none, each call is a
            workflow of its own, named after the interface: `openai.chat.completions`.
        node: to which they belong; by default that of the thread or task.
        recorder: records calls that are workflows of their own; by default the client of `tracewire.init`.
    """
    return wrapped(client, "openai", _INTERFACES, Parent(workflow, node, recorder))
