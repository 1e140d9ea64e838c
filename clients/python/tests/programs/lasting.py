"""lasting.py HOST:PORT SPOOL [fork]: records the beginning of a workflow and of a node, and lives on until its input ends.

With `fork`, so does a child, which records a node of its own.
"""

import os
import sys

import tracewire

tracewire.init(sys.argv[1], spool=sys.argv[2])
with tracewire.workflow("lasting") as workflow, tracewire.node("n"):
    child = os.fork() if "fork" in sys.argv else None
    if child == 0:
        workflow.start_node("of the child")
    sys.stdin.read()
if child:
    os.waitpid(child, 0)
