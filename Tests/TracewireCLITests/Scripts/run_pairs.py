#!/usr/bin/env python3
"""Pairs of runs that differ at random, and a check of what `tracewire diff` says of each pair.

run_pairs.py make SEED PAIRS          writes the runs' events
run_pairs.py names EVENTS             writes the two runs of each pair, by their UUIDs
run_pairs.py check EVENTS DIRECTORY   compares DIRECTORY/rows-N and DIRECTORY/text-N, of the Nth pair, with what is
                                      computed here; writes how many pairs there are, and in how many of these only one
                                      node can be the first that differs
"""

import json
import random
import re
import sys

NAMES = ["parse", "search", "rank", "caf\u00e9", "cafe\u0301"]
TEXTS = [None, "tea", "noodles", "caf\u00e9", "cafe\u0301"]
VALUES = [None, 1, "tea", ["caf\u00e9"], ["cafe\u0301"], {"caf\u00e9": 1}, {"cafe\u0301": 1}, "\ud83d", "\\ud83d"]

CALL_FIELDS = {
    "model_name": ["small", "large"],
    "model_provider": [None, "one", "two"],
    "system_prompt": TEXTS,
    "user_prompt": TEXTS,
    "temperature": [None, 0.5, 0.75],
    "max_tokens": [None, 100, 200],
    "output": TEXTS,
    "parsed_output": VALUES,
    "error_message": [None, None, "timeout"],
}
NODE_FIELDS = {"output_data": VALUES, "state_data": VALUES, "status": ["completed", "failed"]}
FAILED_FIELDS = {"error_message": ["timeout", "refused"], "error_traceback": [None, "one.py:1", "two.py:2"]}


# Making them


class Runs:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def some(self, choices):
        return {field: self.random.choice(values) for field, values in choices.items()}

    def node(self):
        node = {"node_name": self.random.choice(NAMES), "input_data": self.random.choice(VALUES), **self.some(NODE_FIELDS)}
        calls = [self.some(CALL_FIELDS) for _ in range(self.random.randrange(3))]
        return self.consistent({**node, "calls": calls})

    def consistent(self, node):
        """Only what has failed has an error."""
        errors = {key: node.get(key) or self.random.choice(values) for key, values in FAILED_FIELDS.items()}
        return {**node, **(errors if node["status"] == "failed" else dict.fromkeys(FAILED_FIELDS))}

    def changed(self, node):
        """The node with one thing changed, which may turn out as it was."""
        node = {**node, "calls": [dict(call) for call in node["calls"]]}
        kind = self.random.random()
        if node["calls"] and kind < 0.5:
            field = self.random.choice(list(CALL_FIELDS))
            self.random.choice(node["calls"])[field] = self.random.choice(CALL_FIELDS[field])
        elif kind < 0.6:
            node["calls"] = node["calls"][:-1] or [self.some(CALL_FIELDS)]
        elif kind < 0.7 and node["status"] == "failed":
            node["error_traceback"] = self.random.choice(FAILED_FIELDS["error_traceback"])
        else:
            field = self.random.choice(["input_data", *NODE_FIELDS])
            node[field] = self.random.choice(NODE_FIELDS.get(field, VALUES))
        return self.consistent(node)

    def pair(self):
        first = [self.node() for _ in range(self.random.randrange(1, 9))]
        second = []
        often = self.random.choice([0.05, 0.3])
        for node in first:
            while self.random.random() < often / 2:
                second.append(self.node())
            if self.random.random() > often / 2:
                second.append(self.changed(node) if self.random.random() < often else node)
        return first, second


def make(seed, pairs):
    runs = Runs(seed)
    number = 0
    for _ in range(pairs):
        for nodes in runs.pair():
            number += 1
            yield from events(number, nodes)


def events(number, nodes):
    workflow = f"0199c8aa-0000-7000-8000-{number:012x}"
    clock = iter(range(1, 1_000_000))
    yield {"event": "workflow.start", "workflow": workflow, "name": "pairs", "at_ms": next(clock)}
    for order, node in enumerate(nodes, 1):
        place = {"workflow": workflow, "node": f"0199c8aa-0001-7000-8000-{number * 1000 + order:012x}"}
        start = {"node_name": node["node_name"], "node_type": "tool", "execution_order": order}
        yield {"event": "node.start", **place, **start, "input_data": node["input_data"], "at_ms": next(clock)}
        for index, call in enumerate(node["calls"]):
            generation = f"0199c8aa-0002-7000-8000-{(number * 1000 + order) * 10 + index:012x}"
            yield {"event": "generation", "generation": generation, **place, **call, "at_ms": next(clock)}
        end = {key: node[key] for key in [*NODE_FIELDS, *FAILED_FIELDS]}
        yield {"event": "node.end", **place, **end, "at_ms": next(clock)}


def written(event):
    """The event as a line, with escapes where it holds what UTF-8 cannot."""
    line = json.dumps(event, ensure_ascii=False)
    return json.dumps(event) if any("\ud800" <= character <= "\udfff" for character in line) else line


# Checking what is said of them


def read(events):
    """The runs' nodes, each with its calls, from what was recorded."""
    runs, nodes = {}, {}
    for line in open(events, encoding="utf-8"):
        event = json.loads(line)
        if event["event"] == "workflow.start":
            runs[event["workflow"]] = []
        elif event["event"] == "node.start":
            nodes[event["node"]] = {**event, "calls": []}
            runs[event["workflow"]].append(nodes[event["node"]])
        elif event["event"] == "generation":
            nodes[event["node"]]["calls"].append(event)
        else:
            nodes[event["node"]].update(event)
    names = list(runs)
    return [((a, runs[a]), (b, runs[b])) for a, b in zip(names[::2], names[1::2])]


def same(one, other):
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def differing(first, second):
    """The fields in which two nodes differ, in the order in which they are to be named."""
    fields = [field for field in ["input_data"] if not same(first[field], second[field])]
    for index in range(max(len(first["calls"]), len(second["calls"]))):
        one, other = (dict(enumerate(node["calls"])).get(index, {}) for node in (first, second))
        fields += [f"call {index + 1} {field}" for field in CALL_FIELDS if not same(one.get(field), other.get(field))]
    return fields + [f for f in [*NODE_FIELDS, *FAILED_FIELDS] if not same(first.get(f), second.get(f))]


def keys(nodes):
    """Each node's name, and how many of that name there are up to it."""
    names = [node["node_name"] for node in nodes]
    return [(name, names[: place + 1].count(name)) for place, name in enumerate(names)]


def longest(first, second, allowed):
    """How many nodes two runs have in common at most, in order, where `allowed` of their places is true."""
    lengths = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            paired = lengths[i][j] + 1 if one == other and allowed(i, j) else 0
            lengths[i + 1][j + 1] = max(lengths[i][j + 1], lengths[i + 1][j], paired)
    return lengths[-1][-1]


def firsts(first, second, differ):
    """Which nodes can be the first that differs: `(run, place)`, where run 0 says that the first has it.

    What only the second run has stands among the nodes of the first by what the two have in common in order, and of
    that there can be several longest choices.
    """
    one = next((place for place, key in enumerate(first) if key not in second or key in differ), None)
    other = next((place for place, key in enumerate(second) if key not in first), None)
    if one is None or other is None:
        return [(run, place) for run, place in ((0, one), (1, other)) if place is not None]
    # The other is before the one if, and only if, something that both have stands behind the other and not behind the one.
    def parts(i, j):
        return i <= one and j > other

    most = longest(first, second, lambda i, j: True)
    found = []
    if longest(first, second, lambda i, j: not parts(i, j)) == most:
        found.append((0, one))
    for i, key in enumerate(first):
        for j, key2 in enumerate(second):
            if key == key2 and parts(i, j):
                before = longest(first[:i], second[:j], lambda i, j: True)
                behind = longest(first[i + 1 :], second[j + 1 :], lambda i, j: True)
                if before + 1 + behind == most and (1, other) not in found:
                    found.append((1, other))
    return found


def said(path):
    """What the rows say: which fields of which nodes differ, and which nodes only one run has."""
    differ, single = {}, []
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        assert row["node_name"] is not None, row
        if row["field"] == "node":
            single.append((0 if row["op"] == "remove" else 1, row["execution_order"], row["node_name"]))
        else:
            fields = differ.setdefault((row["execution_order"], row["node_name"]), [])
            if row["field"] not in fields:
                fields.append(row["field"])
    return differ, sorted(single)


LINE = re.compile(r"[✓✗] (\d+) (\S+) \(tool\)(?: [✓✗])?  (.*)")
FIELD = re.compile(r"    [-+~] ((?:call \d+ )?[a-z_]+)")


def check_text(path, first, second, differ, single, candidates):
    titles, lines = [], []
    for line in open(path, encoding="utf-8"):
        (titles if line.startswith("pairs  #") else lines).append(line.rstrip("\n"))
    numbers = [title.split()[1] for title in titles]
    marked, detailed, listed = [], None, {}
    for number, line in enumerate(lines):
        found = LINE.fullmatch(line)
        if not found:
            continue
        order, name, remark = int(found[1]), found[2], found[3]
        only = re.match(r"only in (#\d+)", remark)
        if remark.endswith("the first that differs"):
            run = numbers.index(only[1]) if only else 0
            marked.append((run, order - 1))
            assert name == (first, second)[run][order - 1]["node_name"]
        if only:
            assert (numbers.index(only[1]), order, name) in single, line
        elif remark in ("the first that differs", "the first in both that differs"):
            assert detailed is None, line
            detailed = (order, name)
            fields = []
            for detail in lines[number + 1 :]:
                if not FIELD.match(detail):
                    break
                fields += [f for f in [FIELD.match(detail)[1]] if f not in fields]
            assert fields == differ[detailed], (fields, differ[detailed])
        else:
            assert remark.startswith("differs in "), line
            listed[order, name] = remark.removeprefix("differs in ").split(", ")
    assert marked == [] if not candidates else len(marked) == 1 and marked[0] in candidates, (marked, candidates)
    assert detailed == next(iter(differ), None), (detailed, differ)
    assert listed == {place: fields for place, fields in differ.items() if place != detailed}, listed


def check(events, directory):
    pairs = read(events)
    clear = 0
    for number, ((_, first), (_, second)) in enumerate(pairs):
        keyed = keys(first), keys(second)
        places = {key: place for place, key in enumerate(keyed[1])}
        common = [(node, second[places[key]]) for node, key in zip(first, keyed[0]) if key in places]
        fields = [(node, differing(node, other)) for node, other in common]
        differ = {(node["execution_order"], node["node_name"]): found for node, found in fields if found}
        single = sorted(
            (run, node["execution_order"], node["node_name"])
            for run, nodes in enumerate((first, second))
            for node, key in zip(nodes, keyed[run])
            if key not in keyed[1 - run]
        )
        assert said(f"{directory}/rows-{number}") == (differ, single), f"pair {number}"
        changed = [key for node, key in zip(first, keyed[0]) if (node["execution_order"], node["node_name"]) in differ]
        candidates = firsts(*keyed, changed)
        check_text(f"{directory}/text-{number}", first, second, differ, single, candidates)
        clear += len(candidates) < 2
    print(len(pairs), clear)


if sys.argv[1] == "make":
    for event in make(int(sys.argv[2]), int(sys.argv[3])):
        print(written(event))
elif sys.argv[1] == "names":
    for (first, _), (second, _) in read(sys.argv[2]):
        print(first, second)
else:
    check(sys.argv[2], sys.argv[3])
