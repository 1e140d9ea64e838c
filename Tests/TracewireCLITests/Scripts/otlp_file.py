"""A file of OTLP's JSON lines, read by Google's protobuf into the official messages, for check_otlp.py."""

import base64
import json
import re

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData


def with_base64_ids(value):
    """`value` with its ids as protobuf's JSON mapping has them; OTLP has hexadecimal digits."""
    if isinstance(value, list):
        return [with_base64_ids(element) for element in value]
    if not isinstance(value, dict):
        return value
    converted = {key: with_base64_ids(member) for key, member in value.items()}
    for key, digits in (("traceId", 32), ("spanId", 16), ("parentSpanId", 16)):
        if key in converted:
            assert re.fullmatch(f"[0-9a-f]{{{digits}}}", converted[key]), f"{key} {converted[key]!r}"
            converted[key] = base64.b64encode(bytes.fromhex(converted[key])).decode()
    return converted


def check_notation(value):
    """Whether integers of 64 bits are texts, and enumerations numbers: readers are more tolerant than writers may be."""
    if isinstance(value, list):
        for element in value:
            check_notation(element)
    elif isinstance(value, dict):
        for key, member in value.items():
            if key in ("intValue", "startTimeUnixNano", "endTimeUnixNano", "timeUnixNano"):
                assert isinstance(member, str) and re.fullmatch("-?[0-9]+", member), f"{key} {member!r}"
            if key in ("kind", "code"):
                assert type(member) is int, f"{key} {member!r}"
            check_notation(member)


def attribute(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [attribute(element) for element in value.array_value.values]
    return getattr(value, kind)


def attributes(pairs):
    found = {pair.key: attribute(pair.value) for pair in pairs}
    assert len(found) == len(pairs), "a key comes twice"
    return found


def spans(path):
    found, longest, lines = {}, 0, 0
    services = {}
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            lines += 1
            assert line.endswith("}\n")
            data = json.loads(line)
            check_notation(data)
            text = json.dumps(with_base64_ids(data))
            request = json_format.Parse(text, ExportTraceServiceRequest())
            assert json_format.Parse(text, TracesData()).SerializeToString() == request.SerializeToString()
            (resource,) = request.resource_spans
            (scope,) = resource.scope_spans
            assert scope.scope.name == "tracewire" and re.fullmatch(r"\d+\.\d+\.\d+", scope.scope.version)
            assert len({span.trace_id for span in scope.spans}) == 1, "a line is of one run"
            if len(scope.spans) > 1:
                longest = max(longest, len(line.encode()))
            for span in scope.spans:
                key = span.trace_id.hex(), span.span_id.hex()
                assert key not in found, f"{key} comes twice"
                found[key] = span
                services.setdefault(key[0], set()).add(json.dumps(attributes(resource.resource.attributes)))
    assert all(len(of_run) == 1 for of_run in services.values())
    return found, {trace: json.loads(*of_run) for trace, of_run in services.items()}, lines, longest
