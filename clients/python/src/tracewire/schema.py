"""`tracewire.proto` as tables: the bodies of frames that a recording client sends and receives."""

from __future__ import annotations

from dataclasses import dataclass

from tracewire import wire

_WIRE_TYPES = {
    "uint32": wire.VARINT,
    "uint64": wire.VARINT,
    "enum": wire.VARINT,
    "int64": wire.VARINT,
    "bool": wire.VARINT,
    "fixed64": wire.FIXED64,
    "double": wire.FIXED64,
    "string": wire.BYTES,
    "bytes": wire.BYTES,
}


@dataclass(frozen=True)
class Field:
    """A field of a message. `kind` is a scalar's, or the name of a message."""

    number: int
    name: str
    kind: str
    #: Whether it can be there and hold its default: `optional`, or one of a `oneof`.
    present: bool = False
    repeated: bool = False

    @property
    def wire_type(self) -> int:
        return _WIRE_TYPES.get(self.kind, wire.BYTES)


class MessageType:
    """What a message consists of."""

    def __init__(self, *fields: Field, one_of: bool = False) -> None:
        self.fields = sorted(fields, key=lambda field: field.number)
        self.by_number = {field.number: field for field in fields}
        #: Whether, of the fields with presence, the last one counts (a `oneof`).
        self.one_of = one_of


def _plain(number: int, name: str, kind: str) -> Field:
    return Field(number, name, kind)


def _optional(number: int, name: str, kind: str = "string") -> Field:
    return Field(number, name, kind, present=True)


_NODE_DESCRIPTION = (
    _plain(1, "node", "bytes"),
    _plain(2, "workflow", "bytes"),
    _optional(3, "node_name"),
    _optional(4, "node_type"),
    _optional(5, "execution_order", "int64"),
    _optional(6, "tags"),
    _optional(7, "metadata"),
)

_ENDING = MessageType(_plain(1, "code", "uint32"), _plain(2, "message", "string"), _plain(3, "retry_after_ms", "uint32"))

#: By the names of `tracewire.proto`. The messages of queries are not among them: this client asks none.
TYPES: dict[str, MessageType] = {
    "Hello": MessageType(
        _plain(1, "minimum_version", "uint32"),
        _plain(2, "maximum_version", "uint32"),
        _plain(3, "offered_features", "fixed64"),
        _plain(4, "required_features", "fixed64"),
        _plain(5, "client_name", "string"),
        _plain(6, "token", "string"),
        _plain(7, "producer", "bytes"),
        _plain(8, "epoch", "uint64"),
        _plain(9, "next_sequence", "uint64"),
        _plain(10, "stream_window_log", "uint32"),
    ),
    "Welcome": MessageType(
        _plain(1, "version", "uint32"),
        _plain(2, "features", "fixed64"),
        Field(3, "limits", "Limits", present=True),
        _plain(4, "credit", "uint64"),
        _plain(5, "last_committed_sequence", "uint64"),
        _plain(6, "stream_window_log", "uint32"),
        _plain(7, "collector_name", "string"),
    ),
    "Limits": MessageType(
        _plain(1, "frame_wire_bytes", "uint32"),
        _plain(2, "frame_raw_bytes", "uint32"),
        _plain(3, "batch_bytes", "uint32"),
        _plain(4, "batch_records", "uint32"),
        _plain(5, "record_bytes", "uint32"),
        _plain(6, "value_bytes", "uint32"),
    ),
    "Refuse": _ENDING,
    "Goaway": _ENDING,
    "Batch": MessageType(Field(1, "records", "Record", repeated=True)),
    "Record": MessageType(
        _plain(1, "at_ms", "int64"),
        Field(2, "user", "User", present=True),
        Field(3, "workflow_start", "WorkflowStart", present=True),
        Field(4, "node_pending", "NodePending", present=True),
        Field(5, "node_start", "NodeStart", present=True),
        Field(6, "node_skip", "NodeSkip", present=True),
        Field(7, "node_end", "NodeEnd", present=True),
        Field(8, "generation", "Generation", present=True),
        Field(9, "workflow_end", "WorkflowEnd", present=True),
        Field(10, "workflow_shed", "WorkflowShed", present=True),
        one_of=True,
    ),
    "User": MessageType(_plain(1, "user", "bytes"), _optional(2, "username"), _optional(3, "email")),
    "WorkflowStart": MessageType(
        _plain(1, "workflow", "bytes"),
        _optional(2, "username"),
        _optional(3, "name"),
        _optional(4, "user_input"),
        _optional(5, "input_type"),
        _optional(6, "time_settings"),
        _optional(7, "date_theme"),
        _optional(8, "user_intent"),
        _optional(9, "search_radius", "int64"),
        _optional(10, "tags"),
        _optional(11, "metadata"),
    ),
    "NodePending": MessageType(*_NODE_DESCRIPTION),
    "NodeStart": MessageType(*_NODE_DESCRIPTION, _optional(8, "input_data")),
    "NodeSkip": MessageType(_plain(1, "node", "bytes"), _plain(2, "workflow", "bytes")),
    "NodeEnd": MessageType(
        _plain(1, "node", "bytes"),
        _plain(2, "workflow", "bytes"),
        _plain(3, "status", "enum"),
        _optional(4, "state_data"),
        _optional(5, "output_data"),
        _optional(6, "error_message"),
        _optional(7, "error_traceback"),
        _optional(8, "duration_ms", "int64"),
    ),
    "Generation": MessageType(
        _plain(1, "generation", "bytes"),
        _plain(2, "workflow", "bytes"),
        _plain(3, "node", "bytes"),
        _optional(4, "model_name"),
        _optional(5, "model_provider"),
        _optional(6, "system_prompt"),
        _optional(7, "user_prompt"),
        _optional(8, "output"),
        _optional(9, "parsed_output"),
        _optional(10, "temperature", "double"),
        _optional(11, "max_tokens", "int64"),
        _optional(12, "prompt_tokens", "int64"),
        _optional(13, "completion_tokens", "int64"),
        _optional(14, "total_tokens", "int64"),
        _optional(15, "latency_ms", "int64"),
        _optional(16, "error_message"),
        _optional(17, "metadata"),
    ),
    "WorkflowEnd": MessageType(
        _plain(1, "workflow", "bytes"),
        _plain(2, "status", "enum"),
        _optional(3, "user_intent"),
        _optional(4, "final_itinerary"),
    ),
    "WorkflowShed": MessageType(
        _plain(1, "workflow", "bytes"),
        _plain(2, "source", "bytes"),
        _optional(3, "records", "int64"),
        _optional(4, "payloads", "int64"),
    ),
    "Ack": MessageType(Field(1, "verdicts", "Verdict", repeated=True), _plain(2, "credit", "uint64")),
    "Verdict": MessageType(
        _plain(1, "sequence", "uint64"),
        _plain(2, "index", "uint32"),
        _plain(3, "code", "uint32"),
        _plain(4, "message", "string"),
        _plain(5, "retryable", "bool"),
        _plain(6, "retry_after_ms", "uint32"),
    ),
    "Credit": MessageType(_plain(1, "credit", "uint64")),
}
