"""late.py HOST:PORT SPOOL HOW: ends its workflow when the package has delivered everything, and the process ends.

What was registered before the package was imported comes after it.
"""

import atexit
import sys
import threading
import weakref


class Owner:
    """Something that is finalized."""


how, owner = sys.argv[3], Owner()


def end():
    if how == "no thread":
        threading.Thread.start = None
    print(workflow.end(), flush=True)


if how == "finalize":
    weakref.finalize(owner, end)
else:
    atexit.register(end)

import tracewire  # noqa: E402

tracewire.init(sys.argv[1], spool=sys.argv[2])
workflow = tracewire.start_workflow("w")
