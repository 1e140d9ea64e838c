#!/usr/bin/env python3
"""Check an export for OpenTelemetry against the events of the same runs: check_otlp.py TRACES EVENTS

Each line is read by Google's protobuf into the official messages, strictly, as protocol/OTLP.md says that it may be read;
then every span is compared with what the events say. Prints the number of lines, traces and spans, and the longest line
with more than one span.
"""

import json
import sys

from expected_spans import runs
from otlp_file import attributes, spans


def described(span):
    values = attributes(span.attributes)
    # The number by which people name the row is in no event.
    assert values.pop("tracewire.id", 0) > 0
    for key in ("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages"):
        if key in values:
            values[key] = json.loads(values[key])
    return {
        "name": span.name,
        "kind": span.kind,
        "parent": span.parent_span_id.hex(),
        "start": span.start_time_unix_nano,
        "end": span.end_time_unix_nano,
        "code": span.status.code,
        "message": span.status.message,
        "attributes": values,
        "events": [(event.name, event.time_unix_nano, attributes(event.attributes)) for event in span.events],
    }


def main():
    found, services, lines, longest = spans(sys.argv[1])
    expected = runs(sys.argv[2])
    for run in expected.values():
        assert services[run.trace] == {"service.name": run.start["name"]}
        for key, span in run.expected():
            actual = described(found.pop(key))
            for part in span:
                assert actual[part] == span[part], f"{key} {part}:\n{actual[part]!r:.2000}\nis not\n{span[part]!r:.2000}"
    assert not found, f"{len(found)} spans are of nothing"
    print(lines, len(expected), sum(1 + len(run.nodes) + len(run.generations) for run in expected.values()), longest)


if __name__ == "__main__":
    main()
