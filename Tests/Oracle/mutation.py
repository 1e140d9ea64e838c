"""Encodings that mean what Google's parser says they mean, though no serialiser would write them like that."""

import random

from google.protobuf.descriptor import FieldDescriptor

LARGEST_FIELD = (1 << 29) - 1


def varint(value):
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def read_varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def delimited(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def split(data):
    """The fields of an encoded message: number, content of a length-delimited field or None, and all of its bytes."""
    position, fields = 0, []
    while position < len(data):
        start = position
        key, position = read_varint(data, position)
        content = None
        if key & 7 == 0:
            _, position = read_varint(data, position)
        elif key & 7 == 1:
            position += 8
        elif key & 7 == 5:
            position += 4
        else:
            length, position = read_varint(data, position)
            content = data[position : position + length]
            position += length
        fields.append((key >> 3, content, data[start:position]))
    return fields


def unknown_field(source, descriptor):
    known = {field.number for field in descriptor.fields}
    number = source.choice([source.randrange(1, 64), source.randrange(1, LARGEST_FIELD), LARGEST_FIELD])
    while number in known:
        number = source.randrange(1, LARGEST_FIELD)
    wire_type = source.choice([0, 1, 2, 5])
    if wire_type == 0:
        return varint(number << 3) + varint(source.choice([0, 1, source.getrandbits(64), (1 << 64) - 1]))
    if wire_type == 2:
        return delimited(number, source.randbytes(source.choice([0, 3, 200])))
    return varint(number << 3 | wire_type) + source.randbytes(8 if wire_type == 1 else 4)


def mutate(source: random.Random, descriptor, data):
    """`data` with its fields in another order, unknown fields among them, and submessages sent in pieces."""
    messages = {field.number: field for field in descriptor.fields if field.type == FieldDescriptor.TYPE_MESSAGE}
    pieces = []
    for number, content, encoded in split(data):
        field = messages.get(number)
        if field is None:
            pieces.append(encoded)
            continue
        content = mutate(source, field.message_type, content)
        if field.is_repeated or source.random() < 0.7:
            pieces.append(delimited(number, content))
        else:
            pieces.extend(delimited(number, part) for part in divide(source, content))
    for _ in range(source.choice([0, 0, 1, 3])):
        pieces.append(unknown_field(source, descriptor))
    if source.random() < 0.1:
        pieces.extend(source.sample(pieces, min(len(pieces), 2)))
    source.shuffle(pieces)
    return b"".join(pieces)


def divide(source, content):
    """`content` as two or three messages that merge into it, in the order of its fields."""
    fields = [encoded for _, _, encoded in split(content)]
    first, second = sorted(source.randrange(len(fields) + 1) for _ in range(2))
    return [b"".join(fields[:first]), b"".join(fields[first:second]), b"".join(fields[second:])]
