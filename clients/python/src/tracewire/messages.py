"""The codec of the bodies of frames: messages are dictionaries, their fields those of `schema`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracewire import wire
from tracewire.schema import TYPES, Field, MessageType

#: A message: its fields by name. Fields that are absent are not in it; plain ones at their default are not, either.
Message = dict[str, Any]


def encode(name: str, message: Mapping[str, Any], types: Mapping[str, MessageType] = TYPES) -> bytes:
    """A message's bytes. Texts may be given as UTF-8."""
    found: list[bytes] = []
    for field in types[name].fields:
        value = message.get(field.name)
        if value is None or (not field.present and not field.repeated and not value):
            continue
        prefix = wire.tag(field.number, field.wire_type)
        for one in value if field.repeated else (value,):
            found.append(prefix)
            found.append(_encode_value(field.kind, one, types))
    return b"".join(found)


def _encode_value(kind: str, value: Any, types: Mapping[str, MessageType]) -> bytes:
    if kind in ("string", "bytes"):
        data = value.encode() if isinstance(value, str) else value
        return wire.varint(len(data)) + data
    if kind in ("uint32", "uint64", "int64", "enum", "bool"):
        return wire.varint(int(value))
    if kind == "double":
        return wire.double_bytes(value)
    if kind == "fixed64":
        return int(value).to_bytes(8, "little")
    body = encode(kind, value, types)
    return wire.varint(len(body)) + body


def decode(name: str, data: bytes, types: Mapping[str, MessageType] = TYPES) -> Message:
    """A message of its bytes. What it does not know is skipped.

    Raises:
        MalformedMessage: if the bytes are no message of that type.
    """
    kind, message = types[name], Message()
    for number, wire_type, raw, _ in wire.read_fields(data):
        field = kind.by_number.get(number)
        if field is None or wire_type != field.wire_type:
            continue
        if kind.one_of and field.present:
            _forget_others(kind, message, field)
        _store(message, field, raw, types)
    return message


def _forget_others(kind: MessageType, message: Message, chosen: Field) -> None:
    for other in kind.fields:
        if other.present and other is not chosen:
            message.pop(other.name, None)


def _store(message: Message, field: Field, raw: wire.Raw, types: Mapping[str, MessageType]) -> None:
    if field.kind in types:
        assert isinstance(raw, bytes)
        value = decode(field.kind, raw, types)
        if field.repeated:
            message.setdefault(field.name, []).append(value)
        else:
            message[field.name] = {**message.get(field.name, {}), **value}
        return
    scalar = _decode_scalar(field.kind, raw)
    if field.present or scalar:
        message[field.name] = scalar
    else:
        message.pop(field.name, None)


def _decode_scalar(kind: str, raw: wire.Raw) -> Any:
    if isinstance(raw, int):
        if kind == "int64" and raw >= 1 << 63:
            return raw - (1 << 64)
        if kind in ("uint32", "enum"):
            return raw & 0xFFFF_FFFF
        return bool(raw) if kind == "bool" else raw
    if kind == "string":
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise wire.MalformedMessage("a string is not UTF-8") from None
    if kind == "double":
        return wire.double_number(raw)
    if kind == "fixed64":
        return int.from_bytes(raw, "little")
    return raw
