#!/usr/bin/env python3
"""Print the events of runs that are hard to export: values of every size and script, ends that are missing, and UUIDs
that are alike."""

import json

AT = 1_770_000_000_000
TEXTS = {
    "korean": "성수에서 전시 보고 싶어",
    "emoji": "🌙👩‍👩‍👧 🇰🇷",
    "control": "\x00\x01\x1b[31m\x7f\x9b \t",
    "separators": "\u2028\u2029\u0085 \ufeff",
    "lines": "a\nb\r\nc\rd",
    "quotes": "\"\"\u0301, \"' \\ \u0301\"",
    "empty": "",
    "comma": ",",
    "blank": " ",
}


def uuid(kind, number):
    return f"0199c8aa-000{kind}-7000-8000-{number:012x}"


class Odd:
    def __init__(self):
        self.now, self.count = AT, 0

    def line(self, event, **values):
        self.now += 7
        print(json.dumps({"event": event} | values | {"at_ms": self.now}, ensure_ascii=False))

    def start(self, name="odd", **values):
        self.count += 1
        self.workflow = uuid(0, self.count)
        self.line("workflow.start", workflow=self.workflow, name=name, **values)

    def node(self, order, status, node=None, kind="llm", name="step", pending=False, start=None, **end):
        node = node or uuid(1, self.count * 1000 + order)
        base = {"workflow": self.workflow, "node": node}
        described = {"node_name": name, "node_type": kind, "execution_order": order} | {
            key: end.pop(key) for key in ("tags", "metadata") if key in end}
        pending = pending or status in ("pending", "skipped")
        if pending:
            self.line("node.pending", **base, **described)
        if status == "skipped":
            self.line("node.skip", **base)
        if status in ("running", "completed", "failed"):
            self.line("node.start", **base, **({} if pending else described), **(start or {}))
        if status in ("completed", "failed"):
            self.line("node.end", **base, status=status, **end)
        return node

    def call(self, number, node=None, **values):
        placed = {"node": node} if node else {}
        self.line("generation", generation=uuid(2, self.count * 1000 + number), workflow=self.workflow, **placed,
                  **({"model_name": "gpt-4o"} | values))

    def end(self, status, **values):
        self.line("workflow.end", workflow=self.workflow, status=status, **values)


def main():
    odd = Odd()
    odd.line("user", username="미나 \"m\", 🌙", email="mina@mail.example")
    # Values of every kind, in every column.
    odd.start(name="이름 🌙 \"x\"", username="미나 \"m\", 🌙", user_input=TEXTS["control"], tags=["전시", "", "🌙"],
              metadata={"k": None}, search_radius=0, input_type="", time_settings="", date_theme=[], user_intent=0)
    for order, (name, text) in enumerate(TEXTS.items()):
        node = odd.node(order, "completed", name=f"{name} {text}", kind=["tool", "agent", "llm"][order % 3], pending=order % 2 == 0,
                        start={"input_data": text}, state_data={text: text}, output_data=[text], duration_ms=order,
                        tags=[text], metadata={name: text})
        odd.call(order, node, model_name=f"m {text}", model_provider=f"p{text}", system_prompt=text, user_prompt=text,
                 output=text, parsed_output=text, error_message=text, metadata=text, temperature=0, latency_ms=2)
    odd.end("completed", final_itinerary="", user_intent=False)
    # A state of 5 MB.
    odd.start()
    odd.node(1, "completed", state_data={"pages": "상태 \" \\ " * 400_000})
    odd.end("completed")
    # Failures, with and without words.
    odd.start()
    node = odd.node(1, "failed", error_message="upstream 503", error_traceback="Traceback:\n  line 1\n", tags={"no": "list"})
    odd.call(1, node, error_message="rate limit", temperature=1e-7, max_tokens=0, prompt_tokens=0, completion_tokens=0, total_tokens=9)
    odd.node(2, "failed")
    odd.node(3, "failed", error_message="")
    odd.node(4, "failed", error_traceback="only a traceback")
    odd.end("failed")
    # Cancelled, with nodes that never ended and one that was skipped; the call came after the end, and took longer than time.
    odd.start(name="cancelled")
    running = odd.node(1, "running")
    odd.node(2, "pending")
    odd.node(3, "skipped")
    odd.end("cancelled")
    odd.call(1, running, latency_ms=9_007_199_254_740_991)
    # It goes on. Its last word is a call outside of any node.
    odd.start(name="running")
    odd.node(1, "completed")
    odd.node(2, "running")
    odd.node(3, "pending")
    odd.call(1, latency_ms=3)
    odd.start(name="just begun")
    # Rows of different tables with the same UUID; UUIDs that end alike are those of uuid().
    odd.start(name="alike")
    odd.node(1, "completed", node=odd.workflow)
    odd.line("generation", generation=odd.workflow, workflow=odd.workflow, node=odd.workflow, model_name="m")
    odd.end("completed")
    # As the SDK's tracer records: a node that is part of another, and messages in the shape of the conventions.
    odd.start(name="traced")
    outer = odd.node(1, "completed", metadata={"span.kind": "internal"})
    odd.node(2, "completed", metadata={"span.parent_node": outer})
    odd.node(3, "completed", metadata=["span.parent_node"])
    message = [{"role": "user", "parts": [{"type": "text", "content": "전시"}, {"type": "uri", "uri": "x"}]}]
    odd.call(1, outer, system_prompt=json.dumps([{"type": "text", "content": "s"}]), user_prompt=json.dumps(message),
             output=json.dumps([message[0] | {"role": "assistant", "finish_reason": "stop"}]))
    odd.call(2, outer, system_prompt="[]", user_prompt='[{"role":"user","content":"another shape"}]', output="[1")
    odd.end("completed")
    # Part of it was lost.
    odd.start(name="shed")
    for source in (1, 2):
        odd.line("workflow.shed", workflow=odd.workflow, source=uuid(3, source), records=source, payloads=2)


if __name__ == "__main__":
    main()
