"""orphan.py HOST:PORT SPOOL: in the child of a fork, says how many files below SPOOL its parent has open, and it itself."""

import os
import sys

import tracewire

tracewire.init(sys.argv[1], spool=sys.argv[2])
tracewire.start_workflow("w")


def owners_open():
    """How many of the process's descriptors are an owner's file."""
    links = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError:
            continue
    return sum(link.startswith(sys.argv[2]) and link.endswith("owner") for link in links)


print(owners_open(), flush=True)
if os.fork() == 0:
    print(owners_open(), flush=True)
    os._exit(0)
os.wait()
