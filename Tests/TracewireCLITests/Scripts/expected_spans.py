"""The spans that events say there are, by protocol/OTLP.md alone, for check_otlp.py."""

import collections
import json

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from compare_events import members

OPERATIONS = {"tool": ("execute_tool", "gen_ai.tool.name"), "agent": ("invoke_agent", "gen_ai.agent.name")}
LARGEST = (1 << 64) - 1


def span_id(kind, uuid):
    state = 0xCBF29CE484222325
    for byte in kind.encode() + bytes.fromhex(uuid.replace("-", "")):
        state = (state ^ byte) * 0x100000001B3 % (1 << 64)
    return f"{state or 1:016x}"


def nanoseconds(milliseconds):
    return min(milliseconds * 1_000_000, LARGEST)


def without_nulls(values):
    return {key: value for key, value in values.items() if value is not None}


def tags(text):
    parsed = json.loads(text) if text is not None else None
    return parsed if isinstance(parsed, list) and all(isinstance(tag, str) for tag in parsed) else text


def shaped(text, make):
    """What is expected of a prompt or output, as JSON: messages stay what they are."""
    if text is None:
        return None
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    keys = {"parts": list, "role": str} if make is not instructions else {"type": str}
    if isinstance(parsed, list) and parsed and all(
        isinstance(element, dict) and all(isinstance(element.get(key), kind) for key, kind in keys.items())
        for element in parsed
    ):
        return parsed
    return make(text)


def instructions(text):
    return [{"type": "text", "content": text}]


def asked(text):
    return [{"role": "user", "parts": [{"type": "text", "content": text}]}]


def answered(text):
    return [{"role": "assistant", "parts": [{"type": "text", "content": text}]}]


class Run:
    def __init__(self, uuid):
        self.uuid, self.trace = uuid, uuid.replace("-", "")
        self.start, self.end, self.nodes, self.generations = {}, {}, collections.defaultdict(dict), []
        self.sheds, self.times = [], []

    @property
    def root(self):
        return span_id("workflow", self.uuid)

    def close(self):
        return self.end["at_ms"] if self.end else max(self.times)

    def expected(self):
        yield self.workflow()
        for uuid, events in self.nodes.items():
            yield self.node(uuid, events)
        for event in self.generations:
            yield self.generation(event)

    def span(self, kind, uuid, name, start, end, parent, values, status="", message=None, exception=None, client=False):
        end = max(start, end)
        return (self.trace, span_id(kind, uuid)), {
            "name": name,
            "kind": Span.SPAN_KIND_CLIENT if client else Span.SPAN_KIND_INTERNAL,
            "parent": parent,
            "start": nanoseconds(start),
            "end": nanoseconds(end),
            "code": {"completed": Status.STATUS_CODE_OK, "failed": Status.STATUS_CODE_ERROR}.get(status, 0),
            "message": message or "" if status == "failed" else "",
            "attributes": without_nulls({"tracewire.uuid": uuid} | values),
            "events": [("exception", nanoseconds(end), without_nulls(exception))] if exception and without_nulls(exception) else [],
        }

    def workflow(self):
        start, end = self.start, self.end
        status = end.get("status", "running")
        values = {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.workflow.name": start["name"],
            "user.id": start.get("username"),
            "tracewire.status": status,
            "tracewire.unfinished": True if status == "running" else None,
            "tracewire.input": start.get("user_input"),
            "tracewire.output": end.get("final_itinerary"),
            "tracewire.user_intent": end.get("user_intent", start.get("user_intent")),
            "tracewire.shed.records": sum(shed.get("records", 0) for shed in self.sheds) if self.sheds else None,
            "tracewire.shed.payloads": sum(shed.get("payloads", 0) for shed in self.sheds) if self.sheds else None,
            "tracewire.tags": tags(start.get("tags")),
        }
        for key in ("input_type", "time_settings", "date_theme", "search_radius", "metadata"):
            values[f"tracewire.{key}"] = start.get(key)
        return self.span("workflow", self.uuid, start["name"], start["at_ms"], self.close(), "", values, status)

    def node(self, uuid, events):
        pending, start, end = (events.get(f"node.{kind}") for kind in ("pending", "start", "end"))
        skip = events.get("node.skip")
        described = pending or start
        status = end["status"] if end else "skipped" if skip else "running" if start else "pending"
        last = end or skip
        first = start or pending
        operation, name_key = OPERATIONS.get(described["node_type"], (None, "gen_ai.agent.name"))
        metadata = json.loads(described.get("metadata") or "null")
        above = metadata.get("span.parent_node") if isinstance(metadata, dict) else None
        values = {
            "tracewire.node.type": described["node_type"],
            "tracewire.node.execution_order": described["execution_order"],
            "gen_ai.operation.name": operation,
            name_key: described["node_name"] if operation else None,
            "tracewire.status": status,
            "tracewire.unfinished": None if last else True,
            "tracewire.pending_at_ms": pending["at_ms"] if pending and start else None,
            "tracewire.duration_ms": (end or {}).get("duration_ms"),
            "tracewire.input": (start or {}).get("input_data"),
            "tracewire.output": (end or {}).get("output_data"),
            "tracewire.state": (end or {}).get("state_data"),
            "tracewire.tags": tags(described.get("tags")),
            "tracewire.metadata": described.get("metadata"),
        }
        message, stack = (end or {}).get("error_message"), (end or {}).get("error_traceback")
        return self.span(
            "node", uuid, described["node_name"], first["at_ms"], last["at_ms"] if last else self.close(),
            span_id("node", above) if above else self.root, values, status, message,
            {"exception.message": message, "exception.stacktrace": stack},
        )

    def generation(self, event):
        error = event.get("error_message")
        values = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": event["model_name"],
            "gen_ai.provider.name": event.get("model_provider"),
            "gen_ai.request.temperature": event.get("temperature"),
            "gen_ai.request.max_tokens": event.get("max_tokens"),
            "gen_ai.usage.input_tokens": event.get("prompt_tokens"),
            "gen_ai.usage.output_tokens": event.get("completion_tokens"),
            "gen_ai.usage.total_tokens": event.get("total_tokens"),
            "gen_ai.system_instructions": shaped(event.get("system_prompt"), instructions),
            "gen_ai.input.messages": shaped(event.get("user_prompt"), asked),
            "gen_ai.output.messages": shaped(event.get("output"), answered),
            "tracewire.output": event.get("parsed_output"),
            "tracewire.metadata": event.get("metadata"),
            "error.type": None if error is None else "_OTHER",
        }
        node = event.get("node")
        return self.span(
            "generation", event["generation"], f"chat {event['model_name']}",
            max(0, event["at_ms"] - event.get("latency_ms", 0)), event["at_ms"],
            span_id("node", node) if node else self.root, values, "completed" if error is None else "failed", error,
            {"exception.message": error}, client=True,
        )


def runs(path):
    found = {}
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            event = dict(members(line.rstrip("\n")))
            if event["event"] == "user":
                continue
            run = found.setdefault(event["workflow"], Run(event["workflow"]))
            if event["event"] != "workflow.shed":
                run.times.append(event["at_ms"])
            match event["event"]:
                case "workflow.start":
                    run.start = event
                case "workflow.end":
                    run.end = event
                case "workflow.shed":
                    run.sheds.append(event)
                case "generation":
                    run.generations.append(event)
                case kind:
                    run.nodes[event["node"]][kind] = event
    return found
