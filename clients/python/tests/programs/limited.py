"""limited.py HOST:PORT SPOOL BYTES: records although no file may be larger than BYTES, and says what the log said."""

import logging
import resource
import sys

import tracewire

logging.basicConfig(format="%(message)s", stream=sys.stdout, level=logging.INFO)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
client = tracewire.init(sys.argv[1], spool=sys.argv[2])
for number in range(300):
    with tracewire.workflow("w", metadata={"number": number}), tracewire.node("n") as node:
        node.set_state("x" * 5000)
held = client._runtime.queue.held_in_files, client._runtime.queue.held_in_memory
report = tracewire.shutdown(timeout=20)
print(report, held[0] > 0, held[1] > 0)
sys.exit(0 if report.is_complete and report.committed == 1200 else 1)
