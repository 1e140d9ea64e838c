"""recorder.py JSON: a program that records workflows with the Python SDK, and keeps a ledger of it.

The JSON object has `spool`, `address`, `ledger`, `database` (in which it looks for what was acknowledged; empty: nowhere),
`seed`, `rate` (calls a second), `records` (how many calls; 0: until it is killed), and `flush` (after how many calls it waits for
all to be acknowledged; 0: never), `shutdown` (seconds in which the rest has to be delivered), and members of the SDK's
configuration in `configuration`.
"""

import json
import sqlite3
import sys
import time
import uuid
from pathlib import Path

import tracewire
from tracewire.addresses import parse_addresses

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from rig.ledger import LedgerWriter
from rig.workload import Workload

orders = json.loads(sys.argv[1])
ledger = LedgerWriter(orders["ledger"])
client = tracewire.Client(
    tracewire.Configuration(
        addresses=parse_addresses(orders["address"]), spool=orders["spool"], client_name="torture",
        **{"segment_bytes": 64 << 10, "batch_delay": 0.005, "backoff": (0.005, 0.05), **orders.get("configuration", {})},
    )
)  # fmt: skip
due = time.monotonic()


def pace() -> None:
    """Keeps to the rate; what a stop has taken is not made up for."""
    global due
    now = time.monotonic()
    due = max(due + 1 / orders["rate"], now - 0.5)
    if due > now:
        time.sleep(due - now)


def look() -> None:
    """Looks whether what was just acknowledged can be read by a program that is not the collector."""
    identity, status = workload.last_end
    connection = sqlite3.connect(f"file:{orders['database']}?mode=ro", uri=True, timeout=5)
    try:
        row = connection.execute("SELECT status FROM workflows WHERE uuid = ?", (uuid.UUID(identity).bytes,)).fetchone()
    except sqlite3.OperationalError as error:
        # The collector was killed and is being started: what lies beside the file may not be there for one who only reads.
        print(f"not looked at: {error}", file=sys.stderr)
        return
    finally:
        connection.close()
    if row != (status,):
        ledger.broken(f"call {ledger.number} was acknowledged, and workflow {identity} is {row}, not {status}")


workload = Workload(client, ledger, orders["seed"], pace)
flushed = 0
while ledger.number < (orders["records"] or 1 << 62):
    workload.workflow()
    if orders["flush"] and ledger.number - flushed >= orders["flush"]:
        flushed = ledger.number
        if client.flush(timeout=5).unknown == 0:
            ledger.acknowledged()
            if orders["database"]:
                look()
report = client.shutdown(timeout=orders.get("shutdown", 120))
if report.is_complete:
    ledger.acknowledged()
said = {"calls": ledger.number, "complete": report.is_complete, "report": str(report), "slowest_call": workload.slowest}
print(json.dumps(said))
sys.exit(0 if report.is_complete else 1)
