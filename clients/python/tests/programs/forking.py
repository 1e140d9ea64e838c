"""forking.py HOST:PORT SPOOL: records, and forks off processes that record what their parent's handles belong to."""

import os
import sys
import threading

import tracewire

tracewire.init(sys.argv[1], spool=sys.argv[2])


def noise(stop):
    """Keeps the queue's lock busy while the process forks."""
    workflow = tracewire.start_workflow("noise")
    while not stop.is_set():
        workflow.start_node("n").end()
    workflow.end()


stop = threading.Event()
thread = threading.Thread(target=noise, args=(stop,))
thread.start()
children = []
with tracewire.workflow("parent") as workflow:
    for number in range(10):
        child = os.fork()
        if child == 0:
            with tracewire.node(f"child {number}") as node:
                node.set_state({"number": number})
            report = tracewire.shutdown(timeout=20)
            print(number, report, flush=True)
            os._exit(0 if report.is_complete and report.committed == 2 else 1)
        children.append(child)
        with tracewire.node("in parent"):
            pass
    left = os.fork()
    if left == 0:
        with tracewire.node("left to others"):
            os.kill(os.getpid(), 9)
    os.waitpid(left, 0)
stop.set()
thread.join()
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
report = tracewire.shutdown(timeout=20)
print(codes, report)
sys.exit(0 if codes == [0] * 10 and report.is_complete else 1)
