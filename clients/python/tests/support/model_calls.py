"""What a client has taken in of calls of models, in a form that tests compare."""

import json

from .recorded import events


def calls(client):
    """The generations, with their metadata as a dictionary."""
    return [{**call, "metadata": json.loads(call.get("metadata", "{}"))} for call in events(client, "generation")]


def only_call(client):
    (call,) = calls(client)
    return call


def ends(client):
    """How the workflows ended: 3 is completed, 4 failed, 5 cancelled."""
    return [end["status"] for end in events(client, "workflow_end")]
