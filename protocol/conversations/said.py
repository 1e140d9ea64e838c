"""Whether the programs of today say to a collector, and to people, what they said then.

A client may offer and understand more than it did, and put its records into other batches. What it makes by chance, and its
times, are others. All else is the same.
"""

import json

from proxy import Side

#: What a client makes by chance, or is called.
CHANCE = ("producer", "client_name", "token")
IDENTITIES = ("workflow", "node", "generation")
TIMES = ("at_ms", "duration_ms")


class ClientSide(Side):
    """What a client sends: nothing but what `tracewire.proto` has."""

    def decoded(self, name, body):
        message = super().decoded(name, body)
        whole = message.ByteSize()
        message.DiscardUnknownFields()
        if message.ByteSize() != whole:
            raise ValueError(f"{name} has a field that tracewire.proto does not know")
        return message


def differs(name, then, now, welcome):
    """What a frame other than BATCH says that was not said then, or nothing."""
    if name == "HELLO":
        return hello_differs(then, now, welcome)
    # A client grants what credit it likes.
    said, wanted = ({key: body[key] for key in body if key != "credit"} for body in (now, then))
    return f"{name} says {said}, and not {wanted}" if said != wanted or ("credit" in now) != ("credit" in then) else None


def hello_differs(then, now, welcome):
    version, features = int(welcome["version"]), int(welcome.get("features", 0))
    if not int(now["minimum_version"]) <= version <= int(now["maximum_version"]):
        return f"HELLO does not have the version {version} any more: {now}"
    if missing := int(then["offered_features"]) & ~int(now.get("offered_features", 0)):
        return f"HELLO does not offer the features {missing:x} any more"
    if missing := int(now.get("required_features", 0)) & ~features:
        return f"HELLO requires the features {missing:x}, which the collector did not have"
    if then.keys() != now.keys() - {"required_features"}:
        return f"HELLO has {sorted(now)}, and not {sorted(then)}"
    looser = (*CHANCE, "minimum_version", "maximum_version", "offered_features")
    other = [key for key in then if key not in looser and now[key] != then[key]]
    return f"HELLO says {now}, and not {then}" if other else None


class Records:
    """The records that each producer has sent, whatever their batches."""

    def __init__(self):
        self.producers = {}
        self.connections = {}
        self.wrong = []

    def add(self, connection, described):
        name, body = described["header"]["type_name"], described.get("body")
        if name == "HELLO" and "producer" in body:
            self.connections[connection] = self.producers.setdefault(body["producer"], {})
        elif name == "BATCH" and body is not None:
            batches, sequence = self.connections[connection], int(described["header"]["sequence"])
            records = body.get("records", [])
            if batches.setdefault(sequence, records) != records:
                self.wrong.append(f"batch {sequence} was sent again with other records")

    def all(self, hides_chance):
        """Of the producers in the order of their connections."""
        found = []
        for batches in self.producers.values():
            records = [record for sequence in sorted(batches) for record in batches[sequence]]
            found.append(without_chance(records) if hides_chance else records)
        return found

    def differ(self, then, hides_chance):
        """What is not as it was then, or nothing."""
        if self.wrong:
            return self.wrong[0]
        wanted, said = then.all(hides_chance), self.all(hides_chance)
        for place, (before, now) in enumerate(zip(wanted, said, strict=False)):
            for index, (record, other) in enumerate(zip(before, now, strict=False)):
                if record != other:
                    return f"record {index} of producer {place} is {other}, and not {record}"
            if len(before) != len(now):
                return f"producer {place} has sent {len(now)} records, and not {len(before)}"
        return None if len(wanted) == len(said) else f"{len(said)} producers have sent something, and not {len(wanted)}"


def without_chance(records):
    """Identities by the order in which they come, and times as what they are."""
    names, last = {}, 0

    def comparable(key, value):
        if isinstance(value, dict):
            return {inner: comparable(inner, part) for inner, part in value.items()}
        if key in IDENTITIES:
            return names.setdefault(value, f"identity {len(names)}")
        return "a time" if key in TIMES else value

    for record in records:
        if int(record["at_ms"]) < last:
            raise ValueError("the times of the records go back")
        last = int(record["at_ms"])
    return [comparable("", record) for record in records]


def printed_differs(then, now):
    """What a command prints that it did not print then, or nothing."""
    if len(then) != len(now):
        return f"{len(now)} commands have ended, and not {len(then)}"
    for before, after in zip(then, now, strict=True):
        if before["exit"] != after["exit"]:
            return f"{before['command']} ended with {after['exit']}, and not with {before['exit']}"
        if not is_alike(as_json(before["output"]), as_json(after["output"])):
            return f"{before['command']} prints {after['output']!r}, and not {before['output']!r}"
    return None


def as_json(text):
    """As JSON, as lines of JSON, or as it is."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines()]
    except ValueError:
        return text


def is_alike(then, now):
    """JSON objects may have more than they had."""
    if isinstance(then, dict) and isinstance(now, dict):
        return all(key in now and is_alike(value, now[key]) for key, value in then.items())
    if isinstance(then, list) and isinstance(now, list):
        return len(then) == len(now) and all(map(is_alike, then, now))
    return then == now
