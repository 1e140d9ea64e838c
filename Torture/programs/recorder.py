"""recorder.py JSON: a program that records workflows with the Python SDK, and keeps a ledger of it.

The JSON object has `spool`, `address`, `ledger`, `database` (in which it looks for what was acknowledged; empty: nowhere), `seed`,
`rate` (calls a second), `records` (how many calls; 0: until it is killed), and `flush` (after how many calls it waits for all to be
acknowledged; 0: never), and members of the SDK's configuration in `configuration`.
"""

import json
import random
import sqlite3
import sys
import time
import uuid
from pathlib import Path

import tracewire
from tracewire.addresses import parse_addresses

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from rig.ledger import LedgerWriter, payload


class Recorder:
    """Records runs of a made-up workflow: nodes that wait, run, fail or are skipped, and calls of models in them."""

    def __init__(self, orders: dict) -> None:
        self.orders = orders
        self.random = random.Random(orders["seed"])
        self.ledger = LedgerWriter(orders["ledger"])
        self.client = tracewire.Client(
            tracewire.Configuration(
                addresses=parse_addresses(orders["address"]), spool=orders["spool"], client_name="torture",
                **{"segment_bytes": 64 << 10, "batch_delay": 0.005, "backoff": (0.005, 0.05), **orders.get("configuration", {})},
            )
        )  # fmt: skip
        self.slowest = 0.0
        self.due = time.monotonic()

    def run(self) -> int:
        most = self.orders["records"] or 1 << 62
        flush = self.orders["flush"]
        flushed = 0
        while self.ledger.number < most:
            self.workflow()
            if flush and self.ledger.number - flushed >= flush:
                flushed = self.ledger.number
                self.flush()
        report = self.client.shutdown(timeout=120)
        if report.is_complete:
            self.ledger.acknowledged()
        print(json.dumps({"calls": self.ledger.number, "complete": report.is_complete, "report": str(report),
                          "slowest_call": self.slowest}))  # fmt: skip
        return 0 if report.is_complete else 1

    def call(self, function, **arguments):
        """Calls what records, notes that it has, and keeps to the pace."""
        began = time.monotonic()
        result = function(**arguments)
        self.slowest = max(self.slowest, time.monotonic() - began)
        if result is not False:
            self.ledger.recorded()
        self.due = max(self.due + 1 / self.orders["rate"], began - 0.5)
        if self.due > began:
            time.sleep(self.due - began)
        return result

    def seeded(self) -> int:
        return self.random.getrandbits(40)

    def workflow(self) -> None:
        identity, seed = uuid.uuid4(), self.seeded()
        self.ledger.about("workflow", identity, status="running", seed=seed)
        workflow = self.call(self.client.start_workflow, name="torture", user=f"user-{seed % 7}", user_input=payload(seed), id=identity)
        for order in range(1, self.random.randint(2, 6)):
            self.node(workflow, order)
        status = self.random.choice(("completed", "completed", "failed", "cancelled"))
        self.ledger.about("workflow", identity, status=status)
        self.call(workflow.end, status=status)

    def node(self, workflow, order: int) -> None:
        identity, seed = uuid.uuid4(), self.seeded()
        about = {"parent": workflow.id, "order": order, "seed": seed}
        if waits := self.random.random() < 0.4:
            self.ledger.about("node", identity, status="pending", **about)
            node = self.call(workflow.pending_node, name="step", type="tool", execution_order=order, id=identity)
            if self.random.random() < 0.2:
                self.ledger.about("node", identity, status="skipped", **about)
                self.call(node.skip)
                return
        self.ledger.about("node", identity, status="running", **about)
        if waits:
            self.call(node.start)
        else:
            node = self.call(workflow.start_node, name="step", type="tool", execution_order=order, id=identity)
        for _ in range(self.random.randrange(3)):
            self.generation(node, workflow)
        status = self.random.choice(("completed", "completed", "failed"))
        self.ledger.about("node", identity, status=status, **about)
        self.call(node.end, status=status, state={"text": payload(seed)})

    def generation(self, node, workflow) -> None:
        identity, seed = uuid.uuid4(), self.seeded()
        self.ledger.about("generation", identity, parent=workflow.id, seed=seed)
        self.call(node.record_generation, model="m", id=identity, output=payload(seed), prompt_tokens=seed % 1000)

    def flush(self) -> None:
        if self.client.flush(timeout=5).unknown == 0:
            self.ledger.acknowledged()
            self.look()

    def look(self) -> None:
        """Looks whether what was just acknowledged can be read by a program that is not the collector."""
        if not self.orders["database"]:
            return
        number = self.ledger.number
        identity, status = self.last_end()
        connection = sqlite3.connect(f"file:{self.orders['database']}?mode=ro", uri=True, timeout=5)
        try:
            row = connection.execute("SELECT status FROM workflows WHERE uuid = ?", (uuid.UUID(identity).bytes,)).fetchone()
        except sqlite3.OperationalError as error:
            # The collector was killed and is being started: what it made beside the file may not be there for one who only reads.
            print(f"not looked at: {error}", file=sys.stderr)
            return
        finally:
            connection.close()
        if row != (status,):
            self.ledger.broken(f"call {number} was acknowledged, and workflow {identity} is {row}, not {status}")

    def last_end(self) -> tuple[str, str]:
        """The workflow that ended last, and how."""
        with open(self.orders["ledger"], "rb") as ledger:
            ledger.seek(max(0, ledger.seek(0, 2) - 4096))
            ends = [line.split(" ") for line in ledger.read().decode().split("\n")[1:] if line.startswith("? ")]
        _, _, _, identity, _, _, status, _ = next(end for end in reversed(ends) if end[2] == "workflow")
        return identity, status


sys.exit(Recorder(json.loads(sys.argv[1])).run())
