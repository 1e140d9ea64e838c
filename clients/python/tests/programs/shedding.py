"""shedding.py HOST:PORT SPOOL: records more than there is room for, says how much was shed, and kills itself."""

import os
import signal
import sys
import time

import tracewire

client = tracewire.init(sys.argv[1], spool=sys.argv[2], spool_limit=1 << 20, segment_bytes=64 << 10, backoff=(60.0, 60.0))
state = {"text": "x" * 3000}
for _ in range(40):
    workflow = client.start_workflow("flood")
    for _ in range(20):
        node = workflow.start_node("n", input=state)
        node.record_generation("m", output="y" * 2000)
        node.end(state=state)
    workflow.end()
deadline = time.monotonic() + 10
while client.report().payloads_shed == 0 and time.monotonic() < deadline:
    time.sleep(0.01)
report = client.report()
print(report.shed, report.payloads_shed, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
