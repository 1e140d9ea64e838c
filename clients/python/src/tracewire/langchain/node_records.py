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
from tracewire.policy import Policy
from tracewire.schema import TYPES
from tracewire.times import now_ms
from tracewire.workflow_handle import WorkflowHandle

#: SPEC.md, section 7.
_LONGEST_NAME = 1024
_LARGEST_ORDER = (1 << 31) - 1


#: The lengths of records and values are much the same again and again.
_varint = functools.lru_cache(4096)(wire.varint)


def _tags(message: str) -> dict[str, bytes]:
    return {field.name: wire.tag(field.number, field.wire_type) for field in TYPES[message].fields}


_RECORD, _START, _END = _tags("Record"), _tags("NodeStart"), _tags("NodeEnd")
_IN_BATCH = _tags("Batch")["records"]
_NODE_OF_START, _WORKFLOW_OF_START = _START["node"] + b"\x10", _START["workflow"] + b"\x10"
_NODE_OF_END, _WORKFLOW_OF_END = _END["node"] + b"\x10", _END["workflow"] + b"\x10"
_COMPLETED = _END["status"] + _varint(STATUSES["completed"])


def begin_node(
    workflow: WorkflowHandle, name: str, kind: str, order: int, inputs: Any, *, tags: Any, metadata: Any, id: bytes | None
) -> NodeHandle:
    """As `WorkflowHandle.start_node`."""
    client = workflow._client
    if client is None or not client.is_recording or not 0 <= order <= _LARGEST_ORDER:
        return workflow.start_node(name, type=kind, execution_order=order, input=inputs, tags=tags, metadata=metadata, id=id)
    identifier = id or new_identifier()
    node = NodeHandle(workflow, identifier, {}, order, "running")
    node._started = time.monotonic()
    policy = client._policy
    parts = [
        _NODE_OF_START, identifier, _WORKFLOW_OF_START, workflow._bytes,
        _START["node_name"], _sized_name(name), _START["node_type"], _sized_name(kind),
        _START["execution_order"], _varint(order),
    ]  # fmt: skip
    if tags is not None:
        _add(parts, _START, "tags", tags, policy)
    if metadata is not None:
        _add(parts, _START, "metadata", metadata, policy)
    _add(parts, _START, "input_data", inputs, policy)
    _write(client, "node_start", b"".join(parts), workflow._bytes)
    return node


def complete_node(node: NodeHandle, state: Any, outputs: Any) -> None:
    """As `NodeHandle.end`, of a node that has completed."""
    client = node.workflow._client
    if client is None or node._late or node._started is None or not client.is_recording or not node._gate.move("completed"):
        node.end(state=state, output=outputs)
        return
    policy = client._policy
    parts = [_NODE_OF_END, node._bytes, _WORKFLOW_OF_END, node.workflow._bytes, _COMPLETED]
    _add(parts, _END, "state_data", state, policy)
    _add(parts, _END, "output_data", outputs, policy)
    parts += (_END["duration_ms"], _varint(max(int((time.monotonic() - node._started) * 1000), 0)))
    _write(client, "node_end", b"".join(parts), node.workflow._bytes)


def _add(parts: list[bytes], tags: dict[str, bytes], name: str, value: Any, policy: Policy) -> None:
    data = policy.value(name, value, True)
    if data is not None:
        parts += (tags[name], _varint(len(data)), data)


def _write(client: Client, event: str, body: bytes, workflow: bytes) -> None:
    runtime = client._runtime or client._current()
    if runtime is None or client._closed:
        return
    head = _head(now_ms(), event) + _varint(len(body))
    runtime.queue.append(b"".join((_IN_BATCH, _varint(len(head) + len(body)), head, body)), event, workflow)


@functools.lru_cache(16)
def _head(at_ms: int, event: str) -> bytes:
    return _RECORD["at_ms"] + wire.varint(at_ms) + _RECORD[event]


@functools.lru_cache(1024)
def _sized_name(name: str) -> bytes:
    data = shortened(utf8(name) or b"unnamed", _LONGEST_NAME)
    return _varint(len(data)) + data
