"""The messages of protocol/tracewire.proto as Google's protobuf has them, and what one says as plain JSON."""

import importlib
import math
import pathlib
import sys
import tempfile

from google.protobuf.descriptor import FieldDescriptor
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def compile_schema():
    """The Python module of protocol/tracewire.proto, compiled anew, so that it cannot be out of date."""
    with tempfile.TemporaryDirectory() as directory:
        protocol = ROOT / "protocol"
        arguments = [
            "protoc",
            f"--proto_path={protocol}",
            f"--python_out={directory}",
            str(protocol / "tracewire.proto"),
        ]
        if protoc.main(arguments) != 0:
            raise SystemExit("protocol/tracewire.proto does not compile")
        sys.path.insert(0, directory)
        try:
            return importlib.import_module("tracewire_pb2")
        finally:
            sys.path.remove(directory)


def neutral(message):
    """What `message` says, by the mapping that protocol/vectors/README.md states."""
    fields = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.is_repeated:
            if len(value) > 0:
                fields[field.name] = [neutral_value(field, item) for item in value]
        elif field.has_presence:
            if message.HasField(field.name) and not is_empty_part(field, value):
                fields[field.name] = neutral_value(field, value)
        elif value != field.default_value:
            fields[field.name] = neutral_value(field, value)
    return fields


def is_empty_part(field, value):
    """Whether `value` is a submessage that says nothing: not even, as one of a oneof does, which kind it is of."""
    return field.type == FieldDescriptor.TYPE_MESSAGE and field.containing_oneof is None and not neutral(value)


def neutral_value(field, value):
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return neutral(value)
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return neutral_double(value)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return value.hex()
    if field.type == FieldDescriptor.TYPE_ENUM:
        return str(value & 0xFFFFFFFF)
    return value if isinstance(value, (bool, str)) else str(value)


def neutral_double(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
