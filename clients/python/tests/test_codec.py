"""The codec against Google's protobuf."""

import random
import struct

import pytest
from google.protobuf.descriptor import FieldDescriptor
from schema import compile_schema

from support import places  # noqa: F401  (makes the oracle importable)
from tracewire import events, messages, wire
from tracewire.schema import TYPES

pb = compile_schema()
KINDS = {
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_UINT64: "uint64",
    FieldDescriptor.TYPE_FIXED64: "fixed64",
    FieldDescriptor.TYPE_DOUBLE: "double",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_ENUM: "enum",
}


@pytest.mark.parametrize("name", TYPES)
def test_the_tables_are_those_of_the_schema(name):
    theirs = {
        (
            field.number,
            field.name,
            field.message_type.name if field.type == FieldDescriptor.TYPE_MESSAGE else KINDS[field.type],
            field.has_presence,
            field.is_repeated,
        )
        for field in getattr(pb, name).DESCRIPTOR.fields
    }
    ours = {(field.number, field.name, field.kind, field.present, field.repeated) for field in TYPES[name].fields}
    assert ours == theirs


def value_of(kind, chance):
    if kind in ("uint32", "uint64", "fixed64", "int64", "enum"):
        bits = {"uint32": 32, "enum": 3}.get(kind, 63)
        number = chance.getrandbits(chance.randint(1, bits))
        return -number if kind == "int64" and chance.random() < 0.3 else number
    if kind == "double":
        return struct.unpack("<d", struct.pack("<q", chance.getrandbits(62)))[0]
    if kind == "bool":
        return True
    if kind == "string":
        return "".join(chance.choice("aé성𝄞\0\n") for _ in range(chance.choice((0, 1, 20, 300))))
    if kind == "bytes":
        return chance.randbytes(chance.choice((1, 16, 200)))
    return message_of(kind, chance)


def message_of(name, chance):
    message = {}
    fields = [field for field in TYPES[name].fields if chance.random() < 0.7]
    if TYPES[name].one_of:
        kept = [field for field in fields if field.present][:1]
        fields = [field for field in fields if not field.present] + kept
    for field in fields:
        value = [value_of(field.kind, chance) for _ in range(3)] if field.repeated else value_of(field.kind, chance)
        if field.present or value:
            message[field.name] = value
    return message


def theirs(name, message):
    found = getattr(pb, name)()
    for key, value in message.items():
        field = found.DESCRIPTOR.fields_by_name[key]
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            setattr(found, key, value)
        elif field.is_repeated:
            getattr(found, key).extend(theirs(field.message_type.name, one) for one in value)
        else:
            getattr(found, key).CopyFrom(theirs(field.message_type.name, value))
    return found


@pytest.mark.parametrize("name", TYPES)
def test_messages_are_written_and_read_as_google_does(name):
    chance = random.Random(name)
    for _ in range(100):
        message = message_of(name, chance)
        data = messages.encode(name, message)
        assert data == theirs(name, message).SerializeToString(deterministic=True)
        assert messages.decode(name, data) == message


def test_any_bytes_are_a_message_or_malformed():
    chance = random.Random(6)
    whole = messages.encode("Batch", {"records": [message_of("Record", chance) for _ in range(5)]})
    for _ in range(3000):
        data = bytearray(whole[: chance.randrange(len(whole))])
        for _ in range(chance.randrange(4)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            messages.decode("Batch", bytes(data))
        except wire.MalformedMessage:
            continue


EVENTS = [field for field in TYPES["Record"].fields if field.present]


@pytest.mark.parametrize("event", [field.name for field in EVENTS])
def test_records_stand_in_a_batch_as_they_are_written(event):
    chance = random.Random(event)
    kind = next(field.kind for field in EVENTS if field.name == event)
    for _ in range(100):
        fields = message_of(kind, chance)
        given = {key: value.encode() if isinstance(value, str) else value for key, value in fields.items()}
        entry = events.encode_record(event, 1_760_000_000_000, given)
        batch = pb.Batch.FromString(entry + entry)
        assert len(batch.records) == 2
        assert batch.records[0].at_ms == 1_760_000_000_000
        assert getattr(batch.records[0], event) == theirs(kind, fields)


def test_a_record_without_its_payload_keeps_what_happened():
    end = {
        "node": b"n" * 16,
        "workflow": b"w" * 16,
        "status": 4,
        "state_data": b'"' + b"x" * 5000 + b'"',
        "error_message": ("성" * 200).encode(),
        "error_traceback": b"deep",
        "duration_ms": 7,
    }
    bare = events.without_payload(events.encode_record("node_end", 5, end))
    (record,) = messages.decode("Batch", bare)["records"]
    message = record["node_end"].pop("error_message")
    assert record == {
        "at_ms": 5,
        "node_end": {"node": b"n" * 16, "workflow": b"w" * 16, "status": 4, "duration_ms": 7},
    }
    assert message.endswith("성…")
    assert len(message.encode()) <= 256
    assert events.event_of(bare) == ("node_end", b"w" * 16)


def test_a_generation_without_its_payload_keeps_its_numbers():
    fields = {
        "generation": b"g" * 16,
        "workflow": b"w" * 16,
        "model_name": b"m",
        "temperature": 0.5,
        "total_tokens": 9,
        "output": b"long" * 99,
    }
    bare = events.without_payload(events.encode_record("generation", 5, fields))
    (record,) = messages.decode("Batch", bare)["records"]
    assert record["generation"] == {
        "generation": b"g" * 16,
        "workflow": b"w" * 16,
        "model_name": "m",
        "temperature": 0.5,
        "total_tokens": 9,
    }


def test_a_record_that_carries_nothing_stays_as_it_is():
    record = events.encode_record("node_skip", 5, {"node": b"n" * 16, "workflow": b"w" * 16})
    assert events.without_payload(record) is record
