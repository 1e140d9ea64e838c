#!/usr/bin/env python3
"""A run whose state changes at random from node to node, and a check of what `tracewire diff` says of it.

states.py make SEED NODES         writes the run's events
states.py check EVENTS CHANGES    applies the changes of each node to the state before it, and compares
"""

import copy
import json
import random
import sys
import unicodedata

import jsonpatch

WORKFLOW = "0199c8aa-0000-7000-8000-0000000000aa"
# Texts that look the same, composed and decomposed, and signs of JSON Pointer under an accent.
PAIRS = [form for text in ("é", "카페") for form in (unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))]
KEYS = ["area", "a/b", "~tilde", "", "성수", "with space", "places", "id", "name", "0", "~\u0301", "/\u0308", *PAIRS]
# Half of a surrogate pair, which JSON can write and no text can hold, and the text that looks like it.
HALVES = ["\ud83d", "\\ud83d", "a \udc00 b", "a \\udc00 b"]


class States:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def scalar(self):
        if self.random.random() < 0.05:
            return self.random.choice(HALVES)
        words = self.random.choices(["성수", "noodles", "tea", "\n", "🌙", '"', "\\", *PAIRS], k=self.random.randrange(8))
        return self.random.choice([None, True, False, self.random.randrange(5), 1.5, -0.25, 1e30, " ".join(words)])

    def value(self, depth):
        kind = self.random.random()
        if depth <= 0 or kind < 0.4:
            return self.scalar()
        if kind < 0.6:
            return [self.value(depth - 1) for _ in range(self.random.randrange(6))]
        if kind < 0.8:
            places = self.random.sample([*range(8), *PAIRS], self.random.randrange(6))
            return [{"id": place, "note": self.value(depth - 1)} for place in places]
        keys = self.random.sample(KEYS, self.random.randrange(5))
        if self.random.random() < 0.02:
            keys += self.random.sample(HALVES, 2)
        return {key: self.value(depth - 1) for key in keys}

    def changed(self, value, depth=4):
        """The value with something in it changed, or nothing, or all of it."""
        if self.random.random() < 0.1:
            return self.value(depth)
        if isinstance(value, dict) and value:
            value = {key: self.changed(member, depth - 1) for key, member in value.items() if self.random.random() > 0.1}
            if self.random.random() < 0.3:
                value[self.random.choice(KEYS)] = self.value(max(0, depth - 1))
        elif isinstance(value, list) and value:
            value = [self.changed(member, depth - 1) for member in value if self.random.random() > 0.1]
            if self.random.random() < 0.3:
                value.insert(self.random.randrange(len(value) + 1), self.value(max(0, depth - 1)))
            if self.random.random() < 0.1:
                self.random.shuffle(value)
        elif self.random.random() < 0.3:
            return self.scalar()
        return value


def make(seed, nodes):
    states = States(seed)
    yield {"event": "workflow.start", "workflow": WORKFLOW, "name": "states", "at_ms": 1}
    state = states.value(5)
    for number in range(nodes):
        node = f"0199c8aa-0001-7000-8000-{number:012x}"
        place = {"workflow": WORKFLOW, "node": node}
        described = {"node_name": f"node{number % 5}", "node_type": "tool", "execution_order": number}
        yield {"event": "node.start", **place, **described, "at_ms": 2 + number}
        # A state that is a mere scalar is seen, but not for long.
        state = states.changed(state) if isinstance(state, (dict, list)) and state else states.value(5)
        # Some nodes record none, which is also what null means.
        said = {"state_data": state} if states.random.random() > 0.1 else {}
        yield {"event": "node.end", **place, "status": "completed", **said, "at_ms": 3 + number}


def written(event):
    """The event as a line, with escapes where it holds what UTF-8 cannot."""
    line = json.dumps(event, ensure_ascii=False)
    return json.dumps(event) if any("\ud800" <= character <= "\udfff" for character in line) else line


def check(events, changes):
    patches = {}
    for line in open(changes, encoding="utf-8"):
        change = json.loads(line)
        operation = {key: change[key] for key in ("op", "path")}
        if change["op"] != "remove":
            operation["value"] = change["value"]
        patches.setdefault(change["execution_order"], []).append(operation)
    state, compared, number = {}, 0, -1
    for line in open(events, encoding="utf-8"):
        event = json.loads(line)
        if event["event"] != "node.end":
            continue
        number += 1
        patch = patches.pop(number, [])
        if event.get("state_data") is None:
            assert not patch, f"node {number} has no state"
            continue
        state = jsonpatch.JsonPatch(patch).apply(copy.deepcopy(state))
        # By text: to Python 1 and True are the same.
        wanted, found = (json.dumps(one, sort_keys=True) for one in (event["state_data"], state))
        assert wanted == found, f"node {number}: {found} in place of {wanted}, by {patch}"
        state, compared = event["state_data"], compared + 1
    assert not patches
    print(compared)


if sys.argv[1] == "make":
    for event in make(int(sys.argv[2]), int(sys.argv[3])):
        print(written(event))
else:
    check(sys.argv[2], sys.argv[3])
