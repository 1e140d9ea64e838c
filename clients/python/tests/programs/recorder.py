"""recorder.py SPOOL HOST:PORT PROGRESS NAME COUNT LIFE

Records a workflow of that name with COUNT nodes that wait, and notes in the file PROGRESS, as 8 bytes, how many of the calls have
returned. LIFE seconds after its first record it kills itself, as `kill -9` would; 0 for never, and then it shuts down.
"""

import os
import signal
import sys
import threading
import time

import tracewire
from tracewire.addresses import parse_addresses

spool, address, progress_path, name, count, life = sys.argv[1:]
progress = os.open(progress_path, os.O_WRONLY | os.O_CREAT, 0o600)
client = tracewire.Client(
    tracewire.Configuration(
        addresses=parse_addresses(address), spool=spool, segment_bytes=64 << 10, batch_delay=0.002, backoff=(0.005, 0.02)
    )
)


def die():
    time.sleep(float(life))
    os.kill(os.getpid(), signal.SIGKILL)


workflow = client.start_workflow(name)
for number in range(1, int(count) + 1):
    workflow.pending_node("node", type="test", metadata="x" * (number % 400))
    os.pwrite(progress, number.to_bytes(8, "little"), 0)
    if number == 1 and float(life) > 0:
        threading.Thread(target=die, daemon=True).start()
report = client.shutdown(timeout=30)
print(report)
sys.exit(0 if report.is_complete else 1)
