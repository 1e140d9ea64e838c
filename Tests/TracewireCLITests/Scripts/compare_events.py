#!/usr/bin/env python3
"""Compare two files of events as FORMAT.md says: compare_events.py FIRST SECOND

The events have to be equal as a set. A key that is null is as good as absent; a number under a key that is not marked
JSON is compared by value; a value under a key that is marked JSON has to be the same text but for the line feeds.
"""

import collections
import json
import re
import sys

JSON_KEYS = {
    "time_settings", "date_theme", "user_intent", "input_data", "state_data", "output_data", "parsed_output",
    "final_itinerary", "tags", "metadata",
}
SPACE = re.compile(r"[ \t\r\n]*")
DECODER = json.JSONDecoder()


def members(line):
    """The members of a line's object: text of the value where the key is marked JSON, else the value."""
    position = SPACE.match(line, 0).end() + 1
    while line[SPACE.match(line, position).end()] != "}":
        position = SPACE.match(line, position).end()
        if line[position] == ",":
            position = SPACE.match(line, position + 1).end()
        key, position = DECODER.raw_decode(line, position)
        position = SPACE.match(line, position).end() + 1
        start = SPACE.match(line, position).end()
        value, position = DECODER.raw_decode(line, start)
        if value is not None:
            yield key, line[start:position] if key in JSON_KEYS else value


def events(path):
    with open(path, encoding="utf-8", newline="\n") as lines:
        return collections.Counter(tuple(sorted(members(line.rstrip("\n")))) for line in lines)


def main():
    first, second = events(sys.argv[1]), events(sys.argv[2])
    for name, only in (("first", first - second), ("second", second - first)):
        for event in list(only.elements())[:5]:
            print(f"only in the {name} file: {event!r}"[:2000])
    print(sum(first.values()), sum(second.values()))
    sys.exit(0 if first == second and first else 1)


if __name__ == "__main__":
    main()
