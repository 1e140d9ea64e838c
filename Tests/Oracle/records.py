"""Google's protobuf as a second opinion on Tracewire's own codec, for OracleTests.swift.

records.py describe < messages    lines of a message's name and its bytes in hexadecimal; for each one line of JSON:
                                  what it says, and whether Google's serialiser writes the very same bytes
records.py generate               lines of JSON: a random message's name, its bytes, and what they say
"""

import json
import random
import struct
import sys

from google.protobuf.descriptor import FieldDescriptor

from mutation import mutate
from schema import compile_schema, neutral

SEED = 20_240_229
RECORDS_PER_BATCH = 50
BATCHES = 40
OTHERS = 100
BODIES = ["Hello", "Welcome", "Refuse", "Goaway", "Ack", "Credit", "Query", "Watch", "Columns", "Rows", "Summary"]
TEXTS = [
    "",
    "a",
    "서울에서 데이트",
    "\0 and \0",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "\u202eright to left\u202c",
    "e\u0301 é",
    "\ufeff",
    "\U0010ffff",
    "x" * 300,
]
INTEGERS = {
    FieldDescriptor.TYPE_INT64: (-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.TYPE_SINT64: (-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.TYPE_UINT64: (0, (1 << 64) - 1),
    FieldDescriptor.TYPE_FIXED64: (0, (1 << 64) - 1),
    FieldDescriptor.TYPE_UINT32: (0, (1 << 32) - 1),
    FieldDescriptor.TYPE_ENUM: (-(1 << 31), (1 << 31) - 1),
}
# A limit that is left out is the protocol's own, which Google's parser cannot know.
ALWAYS_WHOLE = {"Limits"}
IDENTIFIERS = {"user", "workflow", "node", "generation", "producer", "source"}


def describe(schema):
    for line in sys.stdin:
        name, _, encoded = line.strip().partition(" ")
        data = bytes.fromhex(encoded)
        message = getattr(schema, name).FromString(data)
        same = message.SerializeToString(deterministic=True) == data
        print(json.dumps({"fields": neutral(message), "same": same}))


def integer(source, kind):
    lowest, highest = INTEGERS[kind]
    return source.choice(
        [
            lowest,
            highest,
            min(127, highest),
            min(128, highest),
            0,
            source.randint(lowest, highest),
            source.randint(0, 9),
        ]
    )


def double(source):
    special = [0.0, -0.0, 0.1, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan")]
    finite = struct.unpack("<d", source.randbytes(8))[0]
    return source.choice(special + [finite])


def scalar(source, field):
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return double(source)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return source.random() < 0.5
    if field.type == FieldDescriptor.TYPE_STRING:
        return source.choice(TEXTS)
    if field.type == FieldDescriptor.TYPE_BYTES:
        is_identifier = field.name in IDENTIFIERS
        return source.randbytes(source.choice([0, 16, 16])) if is_identifier else source.randbytes(source.randrange(40))
    return integer(source, field.type)


def fill(source, message):
    """Sets random fields of `message`; of each oneof exactly one, so that the message says something."""
    for oneof in message.DESCRIPTOR.oneofs:
        if len(oneof.fields) > 1:
            fill_field(source, message, source.choice(oneof.fields))
    for field in message.DESCRIPTOR.fields:
        is_choice = field.containing_oneof is not None and len(field.containing_oneof.fields) > 1
        if not is_choice and source.random() < 0.7:
            fill_field(source, message, field)
    if message.DESCRIPTOR.name in ALWAYS_WHOLE:
        for field in message.DESCRIPTOR.fields:
            setattr(message, field.name, source.randrange(1, 1 << 32))


def fill_field(source, message, field):
    if field.is_repeated:
        for index in range(source.randrange(5)):
            item = getattr(message, field.name).add()
            fill(source, item)
            if item.DESCRIPTOR.name == "Argument":
                item.name = f"argument {index}"
    elif field.type == FieldDescriptor.TYPE_MESSAGE:
        submessage = getattr(message, field.name)
        submessage.SetInParent()
        fill(source, submessage)
    else:
        setattr(message, field.name, scalar(source, field))


def random_batch(source, schema):
    batch = schema.Batch()
    for _ in range(RECORDS_PER_BATCH):
        fill(source, batch.records.add())
    return batch


def random_body(source, schema, name):
    body = getattr(schema, name)()
    fill(source, body)
    if name == "Welcome":
        fill(source, body.limits)
    return body


def generate(schema):
    source = random.Random(SEED)
    messages = [random_batch(source, schema) for _ in range(BATCHES)]
    messages += [random_body(source, schema, name) for name in BODIES for _ in range(OTHERS)]
    for message in messages:
        data = mutate(source, message.DESCRIPTOR, message.SerializeToString())
        fields = neutral(type(message).FromString(data))
        sort_arguments(fields)
        print(json.dumps({"message": message.DESCRIPTOR.name, "bytes": data.hex(), "fields": fields}))


def sort_arguments(fields):
    """Arguments are a dictionary to Tracewire: their order means nothing, and of one name the last counts."""
    arguments = fields.get("report", {}).get("arguments")
    if arguments:
        last = {argument.get("name", ""): argument for argument in arguments}
        fields["report"]["arguments"] = [last[name] for name in sorted(last)]


if __name__ == "__main__":
    commands = {"describe": describe, "generate": generate}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        raise SystemExit(__doc__)
    commands[sys.argv[1]](compile_schema())
