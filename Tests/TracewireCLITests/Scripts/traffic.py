#!/usr/bin/env python3
"""Write trace events as FORMAT.md describes them, from a seed: traffic.py SEED WORKFLOWS planner|odd

`planner` has the keys, the order and the spacing that export promises, so that it comes back byte for byte. `odd` uses
what else the format allows: escapes, spacing, numbers of every shape, keys in any order, nulls, runs without an end.
"""

import json
import random
import sys
import uuid

TEXTS = [
    "성수에서 전시 보고 싶어", "plain", "", "line\nfeed\ttab\r", "quote \" backslash \\ slash /", "\x00\x01\x1f\x7f",
    "emoji 🌙👩‍👩‍👧 flag 🇰🇷", "rtl \u202eabc\u200f עברית", "\u2028\u2029", "é combining e\u0301", "가" * 400,
]
RAW_JSON = [
    '{"b":1,"a":2}', "[1,2.50,-0.0,1e3,1E-2,12345678901234567890]", '"\\u00e9\\/\\ud83d\\ude00 \\ud800"', "123", "1.0",
    "true", '{"a":{"a":{"a":[[],{}]}},"a":null}', '{ "spaced" : [ 1 , 2 ] }', '""', "[null]",
]


class Traffic:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.now = 1_770_000_000_000

    def identifier(self):
        r = self.random
        value = (self.now & (1 << 48) - 1) << 80 | 0x7 << 76 | r.getrandbits(12) << 64 | 0b10 << 62 | r.getrandbits(62)
        return str(uuid.UUID(int=value))

    def text(self):
        return self.random.choice(TEXTS) + self.random.choice(TEXTS)

    def tick(self):
        self.now += self.random.randrange(0, 3)
        return self.now


class Planner(Traffic):
    """Lines that come back as they are."""

    def users(self):
        for n in range(3):
            yield {"event": "user", "username": f"사용자{n}", "email": f"user{n}@mail.example", "at_ms": self.now}

    def generation(self, workflow, node):
        failed = self.random.random() < 0.2
        parsed = {"이유": self.text(), "score": round(self.random.random(), 4)}
        return {
            "event": "generation", "generation": self.identifier(), "workflow": workflow, "node": node,
            "model_name": self.random.choice(["gpt-4o", "solar-pro", "모델"]), "model_provider": "openai", "system_prompt": self.text(), "user_prompt": self.text(),
            "output": None if failed else json.dumps(parsed, ensure_ascii=False), "parsed_output": None if failed else parsed,
            "temperature": self.random.choice([0.0, 0.2, 0.7, 1.0]), "max_tokens": 512, "prompt_tokens": 7,
            "completion_tokens": 3, "total_tokens": 10, "latency_ms": self.random.randrange(9000),
            "error_message": self.text() if failed else None, "at_ms": self.now,
        }

    def node(self, workflow, order, ends):
        r = self.random
        base = {"workflow": workflow, "node": self.identifier()}
        yield {"event": "node.pending", **base, "node_name": f"step{order}", "node_type": "llm", "execution_order": order, "at_ms": self.now}
        if r.random() < 0.2:
            yield {"event": "node.skip", **base, "at_ms": self.now}
            return
        yield {"event": "node.start", **base, "input_data": {"from": self.text()}, "at_ms": self.now}
        for _ in range(r.randrange(3)):
            self.now += 1 + r.randrange(3)
            yield self.generation(workflow, base["node"])
        self.now += 1
        end = {"event": "node.end", **base, "status": ends, "state_data": {"상태": self.text(), "n": order}, "at_ms": self.now}
        if ends == "failed":
            yield end | {"error_message": self.text() + ".", "error_traceback": self.text() + "."}
        else:
            yield end | {"output_data": {"count": order}}

    def workflow(self):
        r = self.random
        self.now += 1 + r.randrange(3)
        workflow = self.identifier()
        yield {
            "event": "workflow.start", "workflow": workflow, "username": f"사용자{r.randrange(3)}", "name": "date_course",
            "user_input": self.text(), "input_type": "text", "time_settings": {"start": "10:00"}, "date_theme": {"theme": "전시"},
            "search_radius": 500, "at_ms": self.now,
        }
        status = r.choice(["completed", "completed", "failed", "cancelled"])
        count = r.randrange(1, 5)
        for order in range(1, count + 1):
            yield from self.node(workflow, order, "failed" if status == "failed" and order == count else "completed")
        end = {"event": "workflow.end", "workflow": workflow, "status": status, "user_intent": {"meal": None}, "at_ms": self.now}
        yield end | ({"final_itinerary": [self.text()]} if status == "completed" else {})

    def lines(self, count):
        for event in self.users():
            yield json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        for _ in range(count):
            for event in self.workflow():
                yield json.dumps(event, ensure_ascii=False, separators=(",", ":"))


class Odd(Traffic):
    """Lines whose events come back equal."""

    def raw(self, value):
        """A value's text; a tuple holds JSON that is to stand as it is."""
        if isinstance(value, tuple):
            return value[0]
        return json.dumps(value, ensure_ascii=self.random.random() < 0.5)

    def line(self, event):
        members = [f"{json.dumps(key)}{self.random.choice(['', ' '])}:{self.random.choice(['', '  '])}{self.raw(value)}"
                   for key, value in event.items()]
        self.random.shuffle(members)
        return "{" + self.random.choice([", ", ","]).join(members) + "}"

    def json(self):
        return (self.random.choice(RAW_JSON),)

    def maybe(self, **values):
        return {key: value for key, value in values.items() if self.random.random() < 0.6}

    def integer(self):
        return self.random.choice([0, 1, 2**53 - 1, ("1e3",), ("20.0",), ("0.5E1",)])

    def described(self, order):
        return {"node_name": "step" + self.text()[:4], "node_type": "도구", "execution_order": order} | self.maybe(
            tags=self.json(), metadata=self.json())

    def generation(self, workflow, node):
        event = {"event": "generation", "generation": self.identifier(), "workflow": workflow, "node": node, "model_name": "m"}
        return event | self.maybe(
            model_provider="p", system_prompt=self.text(), user_prompt=self.text(), output=self.text(), parsed_output=self.json(),
            temperature=self.random.choice([0.0, 0.1, 1.5, ("2",), ("1e-7",), None]), max_tokens=self.integer(),
            prompt_tokens=self.integer(), completion_tokens=self.integer(), total_tokens=self.integer(),
            latency_ms=self.integer(), error_message=self.text(), metadata=self.json()) | {"at_ms": self.tick()}

    def node(self, workflow, order):
        r = self.random
        base = {"workflow": workflow, "node": self.identifier()}
        described = self.described(order)
        pending = r.random() < 0.5
        if pending:
            yield {"event": "node.pending", **base, **described, "at_ms": self.tick()}
            fate = r.choice(["wait", "skip", "run", "run"])
            if fate == "skip":
                yield {"event": "node.skip", **base, "at_ms": self.tick()}
            if fate != "run":
                return
        yield {"event": "node.start", **base, **({} if pending else described), **self.maybe(input_data=self.json()), "at_ms": self.tick()}
        for _ in range(r.randrange(3)):
            yield self.generation(workflow, base["node"])
        if r.random() < 0.8:
            yield {"event": "node.end", **base, "status": r.choice(["completed", "failed"]), "at_ms": self.tick(), **self.maybe(
                state_data=self.json(), output_data=self.json(), error_message=self.text(), error_traceback=self.text(),
                duration_ms=77_777)}

    def workflow(self, n):
        r = self.random
        workflow = self.identifier()
        start = {"event": "workflow.start", "workflow": workflow, "name": "other", "at_ms": self.tick()} | self.maybe(
            username=f"u{r.randrange(3)}", user_input=self.text(), input_type="voice", time_settings=self.json(),
            date_theme=self.json(), search_radius=self.integer(), tags=self.json(), metadata=self.json())
        ends = r.random() < 0.7
        yield start | ({} if ends else self.maybe(user_intent=self.json()))
        for order in range(r.randrange(4)):
            yield from self.node(workflow, order)
        yield self.generation(workflow, None)
        if ends:
            yield {"event": "workflow.end", "workflow": workflow, "status": r.choice(["completed", "failed", "cancelled"]),
                   "at_ms": self.tick(), **self.maybe(user_intent=self.json(), final_itinerary=self.json())}

    def lines(self, count):
        for n in range(3):
            yield self.line({"event": "user", "username": f"u{n}", "at_ms": self.now} | self.maybe(email=f"{n}@mail.example"))
        for n in range(count):
            for event in self.workflow(n):
                yield self.line(event)


def main():
    seed, count, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    traffic = Planner(seed) if kind == "planner" else Odd(seed)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for line in traffic.lines(count):
        print(line)


if __name__ == "__main__":
    main()
