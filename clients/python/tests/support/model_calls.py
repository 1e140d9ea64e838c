"""What a client has taken in of calls of models, in a form that tests compare."""

import asyncio
import json

import pytest

from .recorded import events


async def cancel_once_begun(work):
    """Runs a coroutine in a task, and cancels it where it waits next after it has called what it was given."""
    begun = asyncio.Event()
    task = asyncio.create_task(work(begun.set))
    await begun.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def calls(client):
    """The generations, with their metadata as a dictionary."""
    return [{**call, "metadata": json.loads(call.get("metadata", "{}"))} for call in events(client, "generation")]


def only_call(client):
    (call,) = calls(client)
    return call


def ends(client):
    """How the workflows ended: 3 is completed, 4 failed, 5 cancelled."""
    return [end["status"] for end in events(client, "workflow_end")]
