"""python_client.py HOST:PORT stream|frame|none|rejected|cut

Records three small runs with the Python SDK, a batch each; `rejected`: and one that breaks a rule.
"""

import sys

import tracewire
from tracewire.addresses import parse_addresses

address, what = sys.argv[1:]
client = tracewire.Client(
    tracewire.Configuration(
        addresses=parse_addresses(address),
        spool="memory",
        compression=what if what in ("stream", "frame", "none") else "stream",
        batch_delay=60,
        backoff=(0.01, 0.02),
    )
)
for number in range(3):
    workflow = client.start_workflow("date_course", user="mina", user_input="성수에서 전시")
    node = workflow.start_node("search", type="tool", input={"wish": "전시"})
    node.end(state={"areas": ["성수"] * 20})
    workflow.end()
    if what == "rejected" and number == 1:
        # As another process does that believes it still runs.
        client.continue_workflow(workflow.id).end(status="failed")
    client.flush(timeout=30)
report = client.shutdown(timeout=30)
print(report)
sys.exit(1 if report.unknown else 0)
