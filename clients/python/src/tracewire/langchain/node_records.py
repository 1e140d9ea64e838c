"""How a graph's node begins and ends, put together without a detour.

A graph may have hundreds of nodes in a second, and each writes these two records. They are byte for byte what the node's handle
would write; anything out of the ordinary is left to it.
"""

from __future__ import annotations

import functools
import time
from typing import Any

from tracewire import wire
from tracewire.client import Client
from tracewire.events import STATUSES, shortened
from tracewire.identifiers import new_identifier
from tracewire.json_text import utf8
from tracewire.node_handle import NodeHandle
from tracewire.policy import LARGEST_ORDER, LONGEST_NAME
from tracewire.schema import TYPES
from tracewire.workflow_handle import WorkflowHandle

#: The lengths of records and values are much the same again and again.
_varint = functools.lru_cache(4096)(wire.varint)


def _tags(message: str) -> dict[str, bytes]:
    return {field.name: wire.tag(field.number, field.wire_type) for field in TYPES[message].fields}


_RECORD, _START, _END = _tags("Record"), _tags("NodeStart"), _tags("NodeEnd")
_IN_BATCH = _tags("Batch")["records"]
_NODE_OF_START, _WORKFLOW_OF_START = _START["node"] + b"\x10", _START["workflow"] + b"\x10"
_NODE_OF_END, _WORKFLOW_OF_END = _END["node"] + b"\x10", _END["workflow"] + b"\x10"
_NODE_START, _NODE_END, _DURATION = _RECORD["node_start"], _RECORD["node_end"], _END["duration_ms"]
(_AT,) = _RECORD["at_ms"]
#: Of a node whose description is written.
_NOTHING: dict[str, Any] = {}
_COMPLETED = _END["status"] + _varint(STATUSES["completed"])


def begin_node(
    workflow: WorkflowHandle, name: str, kind: str, order: int, inputs: Any, *, tags: Any, metadata: Any, id: bytes | None
) -> NodeHandle:
    """As `WorkflowHandle.start_node`."""
    client = workflow._client
    if client is None or not client.is_recording or not 0 <= order <= LARGEST_ORDER:
        return workflow.start_node(name, type=kind, execution_order=order, input=inputs, tags=tags, metadata=metadata, id=id)
    identifier = id or new_identifier()
    node = NodeHandle(workflow, identifier, _NOTHING, order, "running")
    node._started = time.monotonic()
    body = b"".join((
        _NODE_OF_START, identifier, _WORKFLOW_OF_START, workflow._bytes, _description(name, kind, order),
        b"" if tags is None else _json(client, _START, "tags", tags),
        b"" if metadata is None else _json(client, _START, "metadata", metadata),
        b"" if inputs is None else _json(client, _START, "input_data", inputs),
    ))  # fmt: skip
    _write(client, "node_start", _NODE_START, body, workflow._bytes)
    return node


def complete_node(node: NodeHandle, state: Any, outputs: Any) -> None:
    """As `NodeHandle.end`, of a node that has completed."""
    workflow, started = node.workflow, node._started
    client = workflow._client
    if client is None or node._late or started is None or not client.is_recording or not node._gate.move("completed"):
        node.end(state=state, output=outputs)
        return
    body = b"".join((
        _NODE_OF_END, node._bytes, _WORKFLOW_OF_END, workflow._bytes, _COMPLETED,
        b"" if state is None else _json(client, _END, "state_data", state),
        b"" if outputs is None else _json(client, _END, "output_data", outputs),
        _DURATION, _varint(int((time.monotonic() - started) * 1000)),
    ))  # fmt: skip
    _write(client, "node_end", _NODE_END, body, workflow._bytes)


def _json(client: Client, tags: dict[str, bytes], name: str, value: Any) -> bytes:
    """A field whose value is JSON; nothing, where the mask says so."""
    data = client._policy.data(name, value, True)
    return b"" if data is None else tags[name] + _varint(len(data)) + data


def _write(client: Client, event: str, tag: bytes, body: bytes, workflow: bytes) -> None:
    runtime = client._runtime or client._current()
    if runtime is None or client._closed:
        client._not_recorded()
        return
    at_ms = time.time_ns() // 1_000_000
    # Only the lower bits of the time are others each time.
    head = bytes((_AT, at_ms & 127 | 128, at_ms >> 7 & 127 | 128)) + _varint(at_ms >> 14) + tag + _varint(len(body))
    runtime.queue.append(_IN_BATCH + _varint(len(head) + len(body)) + head + body, event, workflow)


@functools.lru_cache(1024)
def _description(name: str, kind: str, order: int) -> bytes:
    """What is the same whenever the node runs at that place."""
    parts = (_START["node_name"], _sized_name(name), _START["node_type"], _sized_name(kind))
    return b"".join((*parts, _START["execution_order"], _varint(order)))


def _sized_name(name: str) -> bytes:
    data = shortened(utf8(name) or b"unnamed", LONGEST_NAME)
    return _varint(len(data)) + data
