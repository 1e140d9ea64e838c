"""What a client has taken in, without a collector."""

import uuid

import tracewire
from tracewire import messages
from tracewire.addresses import Address
from tracewire.segment import HEADER_BYTES

#: Where nobody listens.
NOWHERE = Address("127.0.0.1", 1)


def silent_client(**settings):
    """A client that records into memory and reaches nobody."""
    configuration = tracewire.Configuration(addresses=(NOWHERE,), spool="memory", exit_drain=0.0, **settings)
    return tracewire.Client(configuration)


def records(client):
    """The records in the client's queue, decoded: their event's name, and its fields with the time."""
    found = []
    for segment in list(client._runtime.queue.segments):
        for entry in segment.records(HEADER_BYTES, segment.end):
            (record,) = messages.decode("Batch", entry)["records"]
            at_ms = record.pop("at_ms", 0)
            ((event, fields),) = record.items()
            found.append((event, {**fields, "at_ms": at_ms}))
    return found


def events(client, name):
    """The fields of the records of one kind."""
    return [fields for event, fields in records(client) if event == name]


def text(identifier):
    return str(uuid.UUID(bytes=identifier))
