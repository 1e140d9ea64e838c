#!/usr/bin/env python3
"""Records the conversations of this version's programs with this version's collector, into a directory of its own.

record.py --tracewire PROGRAM --sdk-python PYTHON

PROGRAM is the built program, PYTHON an interpreter with the Python SDK. To be run once for a version, before it is released;
what was recorded is not changed after that. README.md says what is in the files.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
START = 1_770_000_000_000


def workflow(number):
    return f"0199c8aa-0000-7000-8000-{number:012x}"


def line(event, at, **members):
    return json.dumps({"event": event, "at_ms": START + at, **members}, ensure_ascii=False) + "\n"


def run(number, ends=True):
    """The events of one small run."""
    of, node = {"workflow": workflow(number)}, f"0199c8aa-0001-7000-9000-{number:012x}"
    at = number * 1_000
    yield line("workflow.start", at, **of, name="date_course", username="mina", user_input="성수에서 전시")
    described = {"node_name": "search", "node_type": "tool", "execution_order": 1}
    yield line("node.start", at + 1, **of, node=node, **described, input_data={"wish": "전시"})
    generation = f"0199c8aa-0002-7000-a000-{number:012x}"
    call = {"model_name": "gpt-4o", "output": "좋아요 " * 40, "total_tokens": 100 + number, "latency_ms": 400}
    yield line("generation", at + 2, **of, node=node, generation=generation, **call)
    yield line("node.end", at + 3, **of, node=node, status="completed", state_data={"areas": ["성수"] * 20})
    if ends:
        yield line("workflow.end", at + 4, **of, status="completed")


def runs(*numbers):
    user = line("user", 0, username="mina", email="mina@mail.example")
    return user + "".join(event for number in numbers for event in run(number))


BAD = line("workflow.end", 9_000, workflow=workflow(1), status="failed") + line(
    "node.end", 9_001, workflow=workflow(77), node="0199c8aa-0001-7000-9000-000000000077", status="completed"
)


class Programs:
    """What talks to the collector at `port`."""

    def __init__(self, tools, port):
        self.tools = tools
        self.connect = f"127.0.0.1:{port}"
        # What has ended, how, and what it has printed.
        self.ended = []

    def command(self, *arguments, text=None, codes=(0,)):
        done = subprocess.run(
            [self.tools.tracewire, *arguments, "--connect", self.connect], input=text, text=True, capture_output=True
        )
        if done.returncode not in codes:
            raise SystemExit(f"{arguments}: {done.returncode} {done.stderr}")
        self.note(arguments, done.returncode, done.stdout)

    def begin(self, *arguments):
        return subprocess.Popen(
            [self.tools.tracewire, *arguments, "--connect", self.connect],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def end(self, process, *codes):
        """Waits until what was begun has ended with one of the codes."""
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        output = process.stdout.read()
        code = process.wait(timeout=60)
        arguments = process.args[1:-2]
        if code not in codes:
            raise SystemExit(f"{arguments}: {code}")
        self.note(arguments, code, output)

    def python(self, *arguments):
        program = str(HERE / "python_client.py")
        done = subprocess.run(
            [self.tools.sdk_python, program, self.connect, *arguments], check=True, text=True, stdout=subprocess.PIPE
        )
        self.note(["python", *arguments], done.returncode, done.stdout)

    def note(self, arguments, code, output):
        self.ended.append({"command": " ".join(arguments), "exit": code, "output": output})


class Stage(Programs):
    """A collector with an empty database, and a proxy before it that writes down what passes."""

    def __init__(self, tools, cuts_at=None):
        # Needs protobuf and zstandard, which a replay does not.
        from proxy import Proxy

        self.directory = tempfile.TemporaryDirectory()
        arguments = ["serve", "--listen", "127.0.0.1:0", "--database", f"{self.directory.name}/traces.db"]
        self.collector = subprocess.Popen(
            [tools.tracewire, *arguments], stdout=subprocess.PIPE, text=True, cwd=self.directory.name
        )
        host, port = self.collector.stdout.readline().split(",")[0].split()[-1].rsplit(":", 1)
        self.proxy = Proxy((host, int(port)), cuts_at)
        super().__init__(tools, self.proxy.port)

    def wait(self, name):
        self.proxy.wait(name)

    def stop(self):
        """Lets the collector stop, and nobody connect to it any more."""
        self.proxy.note("the collector stops")
        self.collector.send_signal(signal.SIGTERM)
        self.proxy.wait("GOAWAY")
        self.collector.wait(timeout=60)
        self.proxy.listener.close()

    def finish(self):
        entries = self.proxy.finish()
        self.collector.send_signal(signal.SIGTERM)
        if self.collector.wait(timeout=60) != 0:
            raise SystemExit("the collector did not stop well")
        self.directory.cleanup()
        return entries


def swift_batches(stage, compression):
    stage.command("import", "-", "--format", "json", "--batch-records", "4", "--compression", compression, text=runs(1, 2, 3))


def swift_rejected(stage):
    stage.command("import", "-", "--format", "json", text=runs(1, 2))
    stage.command("import", "-", "--format", "json", text=BAD, codes=(4,))
    stage.command("rejected", "list", "--format", "json")
    stage.command("rejected", "list", "--parked", "--format", "json")
    stage.command("rejected", "show", "1")
    stage.command("rejected", "discard", "1")


def swift_cut(stage):
    stage.command("import", "-", "--format", "json", "--batch-records", "4", text=runs(1, 2, 3))


def swift_queries(stage):
    stage.command("import", "-", "--format", "json", text=runs(1, 2, 3))
    stage.command("workflows", "--format", "json")
    stage.command("show", "2", "--format", "json")
    stage.command("stats", "models", "--format", "json")
    stage.command("search", "전시", "--format", "json")
    names = "SELECT id, uuid_text(uuid) AS uuid, name, status FROM workflows ORDER BY id"
    stage.command("sql", names, "--format", "json")
    stage.command("sql", "SELECT nothing FROM nowhere", codes=(1,))
    many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 20000) SELECT x, 'row' FROM n"
    stage.command("sql", many, "--format", "csv")


def swift_watch(stage):
    stage.command("import", "-", "--format", "json", text=runs(1))
    tail = stage.begin("tail", "-n", "2", "--limit", "7", "--format", "ndjson")
    stage.wait("WATCH")
    stage.command("import", "-", "--format", "json", text=runs(2))
    stage.end(tail, 0)


def swift_cancel(stage):
    stage.command("import", "-", "--format", "json", text=runs(1))
    tail = stage.begin("tail", "-n", "0")
    stage.wait("WATCH")
    tail.send_signal(signal.SIGINT)
    stage.end(tail, 0, -signal.SIGINT, 128 + signal.SIGINT)
    stage.wait("CANCEL")
    stage.command("workflows", "--format", "json")


def swift_leaves(stage):
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    asking = stage.begin("sql", endless)
    stage.wait("QUERY")
    asking.kill()
    stage.end(asking, -signal.SIGKILL)
    stage.command("sql", "SELECT 7 AS seven", "--format", "json")


def swift_drain(stage):
    """The collector stops while a client has more to send."""
    sending = stage.begin("import", "-", "--format", "json", "--timeout", "1s", "--batch-records", "11")
    sending.stdin.write(runs(1, 2))
    sending.stdin.flush()
    stage.wait("ACK")
    stage.stop()
    stage.end(sending, 0, 1, 3)


# Who sends what does not arrive, its type and its sequence.
SECOND_BATCH = ("client", "BATCH", "2")
FIRST_ACK = ("collector", "ACK", "1")

CONVERSATIONS = {
    "swift-stream": ("three runs in batches of four records, a zstd stream", lambda s: swift_batches(s, "stream"), None),
    "swift-frame": ("the same, each frame compressed alone", lambda s: swift_batches(s, "frame"), None),
    "swift-plain": ("the same, nothing compressed", lambda s: swift_batches(s, "none"), None),
    "swift-rejected": ("records that are rejected and parked, and the commands on them", swift_rejected, None),
    "swift-cut": ("the connection is cut before the second batch; the client sends it again", swift_cut, SECOND_BATCH),
    "swift-queries": ("reports, SQL, an SQL error, many rows under credit", swift_queries, None),
    "swift-watch": ("a tail that sees two events, and five more once they are committed", swift_watch, None),
    "swift-cancel": ("a tail that is interrupted, its CANCEL, and a question behind it", swift_cancel, None),
    "swift-leaves": ("a client that goes while its query runs, and another that asks", swift_leaves, None),
    "swift-drain": ("the collector stops while a client is connected", swift_drain, None),
    "python-stream": ("three runs, one zstd stream", lambda s: s.python("stream"), None),
    "python-frame": ("the same, each frame compressed alone", lambda s: s.python("frame"), None),
    "python-plain": ("the same, nothing compressed", lambda s: s.python("none"), None),
    "python-rejected": ("a node that ends twice in different ways", lambda s: s.python("rejected"), None),
    "python-cut": ("the connection is cut before the first ACK", lambda s: s.python("cut"), FIRST_ACK),
}


def document(name, version, entries, ended):
    """The bytes of all frames, and what they are: protocol/conversations/README.md."""
    data, frames, events, window_log = b"", [], [], 0
    for entry in entries:
        if "event" in entry:
            events.append({"behind_frames": len(frames), **entry})
            continue
        encoded = entry.pop("data")
        header = {"from": entry.pop("from"), "connection": entry.pop("connection")}
        frames.append({**header, "offset": len(data), "length": len(encoded), **entry})
        data += encoded
        window_log = max(window_log, int(entry.get("body", {}).get("stream_window_log", 0)))
    described = {"description": CONVERSATIONS[name][0], "version": version}
    if window_log:
        described["stream_window_log"] = window_log
    return data, {**described, "events": events, "commands": ended, "frames": frames}


def encoded(described):
    """As JSON with a line for each frame and event."""
    lines = []
    for key, value in described.items():
        if isinstance(value, list):
            items = ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in value)
            lines.append(f" {json.dumps(key)}: [\n  {items}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracewire", required=True)
    parser.add_argument("--sdk-python", required=True)
    parser.add_argument("names", nargs="*", default=list(CONVERSATIONS))
    tools = parser.parse_args()
    # Links stay: a virtual environment is known by the path of its interpreter.
    tools.tracewire, tools.sdk_python = os.path.abspath(tools.tracewire), os.path.abspath(tools.sdk_python)
    said = subprocess.run([tools.tracewire, "--version"], check=True, capture_output=True, text=True).stdout
    version = said.split()[-1]
    directory = HERE / version
    directory.mkdir(exist_ok=True)
    for name in tools.names:
        _, perform, cuts_at = CONVERSATIONS[name]
        stage = Stage(tools, cuts_at)
        perform(stage)
        data, described = document(name, version, stage.finish(), stage.ended)
        (directory / f"{name}.bin").write_bytes(data)
        (directory / f"{name}.json").write_text(encoded(described))
        print(f"{version}/{name}: {len(described['frames'])} frames, {len(data)} bytes")


if __name__ == "__main__":
    main()
