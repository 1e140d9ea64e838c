"""What is recorded: the kinds of events, which of their fields are values, and how a record is written.

A record is made once, as it stands in the spool and in a batch: an entry of `Batch.records`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tracewire import wire
from tracewire.schema import TYPES, Field
from tracewire.wire import SMALL

#: A field of an event, as it is written: texts and JSON as UTF-8.
FieldValue = bytes | int | float | None

#: The values of which a mask is told; those that are JSON are true.
VALUES: dict[str, bool] = {
    "user_input": False,
    "time_settings": True,
    "date_theme": True,
    "user_intent": True,
    "final_itinerary": True,
    "tags": True,
    "metadata": True,
    "input_data": True,
    "state_data": True,
    "output_data": True,
    "error_message": False,
    "error_traceback": False,
    "system_prompt": False,
    "user_prompt": False,
    "output": False,
    "parsed_output": True,
}

#: Names, which have a limit of their own and are never empty.
NAMES = frozenset(("username", "email", "name", "input_type", "node_name", "node_type", "model_name", "model_provider"))

STATUSES = {"pending": 1, "running": 2, "completed": 3, "failed": 4, "cancelled": 5, "skipped": 6}

GENERATION = "generation"
WORKFLOW_SHED = "workflow_shed"

_SHORT_ERROR = 256
_BATCH_RECORDS = wire.tag(1, wire.BYTES)
_AT_MS = wire.tag(1, wire.VARINT)
_EVENTS = {field.name: field for field in TYPES["Record"].fields if field.present}
_EVENT_TAGS = {name: wire.tag(field.number, wire.BYTES) for name, field in _EVENTS.items()}
_EVENT_NAMES = {field.number: name for name, field in _EVENTS.items()}


def _layout(fields: list[Field]) -> list[tuple[str, bytes, str, bool]]:
    return [(field.name, wire.tag(field.number, field.wire_type), field.kind, field.present) for field in fields]


_LAYOUTS = {name: _layout(TYPES[field.kind].fields) for name, field in _EVENTS.items()}


def encode_record(event: str, at_ms: int, fields: Mapping[str, FieldValue]) -> bytes:
    """A record, with the tag and length that it has in a batch."""
    varint = wire.varint
    parts: list[bytes] = []
    for name, prefix, kind, present in _LAYOUTS[event]:
        value = fields.get(name)
        if value is None or not (value or present):
            continue
        if isinstance(value, bytes):
            length = len(value)
            parts += (prefix, SMALL[length] if length < 128 else varint(length), value)
        elif kind == "double":
            parts += (prefix, wire.double_bytes(value))
        else:
            parts += (prefix, varint(int(value)))
    body = b"".join(parts)
    head = (_AT_MS + varint(at_ms) if at_ms else b"") + _EVENT_TAGS[event] + varint(len(body))
    return b"".join((_BATCH_RECORDS, varint(len(head) + len(body)), head, body))


def without_payload(record: bytes) -> bytes:
    """The record without what it carries: that it happened, when, and how it ended. The same bytes if it carries nothing."""
    at_ms, event, body = _read(record)
    if event is None:
        return record
    fields = {field.number: field for field in TYPES[_EVENTS[event].kind].fields}
    kept: dict[str, FieldValue] = {}
    for number, _, raw, _ in wire.read_fields(body):
        field = fields.get(number)
        if field is None:
            continue
        if field.name not in VALUES:
            kept[field.name] = wire.double_number(raw) if field.kind == "double" and isinstance(raw, bytes) else raw
        elif field.name == "error_message" and isinstance(raw, bytes):
            kept[field.name] = shortened(raw, _SHORT_ERROR)
    bare = encode_record(event, at_ms, kept)
    return bare if len(bare) < len(record) else record


def event_of(record: bytes) -> tuple[str | None, bytes | None]:
    """What kind of event a record holds, and the workflow it belongs to."""
    _, event, body = _read(record)
    if event is None or event == "user":
        return event, None
    for number, _, raw, _ in wire.read_fields(body):
        field = TYPES[_EVENTS[event].kind].by_number.get(number)
        if field is not None and field.name == "workflow" and isinstance(raw, bytes):
            return event, raw
    return event, None


def shortened(text: bytes, limit: int) -> bytes:
    """As much of the beginning of a text as `limit` bytes hold, with a mark that it goes on."""
    return text if len(text) <= limit else whole_characters(text, limit - 3) + "…".encode()


def whole_characters(text: bytes, limit: int) -> bytes:
    """As many whole characters of UTF-8 as have at most `limit` bytes."""
    while 0 < limit < len(text) and text[limit] & 0xC0 == 0x80:
        limit -= 1
    return text[:limit]


def _read(record: bytes) -> tuple[int, str | None, bytes]:
    """The time, event and event's body of a record as `encode_record` writes it."""
    _, offset = wire.read_varint(record, 1)
    at_ms, event, body = 0, None, b""
    for number, wire_type, raw, _ in wire.read_fields(record[offset:]):
        if number == 1 and isinstance(raw, int):
            at_ms = raw
        elif number in _EVENT_NAMES and wire_type == wire.BYTES and isinstance(raw, bytes):
            event, body = _EVENT_NAMES[number], raw
    return at_ms, event, body
