"""ending.py HOST:PORT SPOOL HOW: records, and ends without a word."""

import os
import signal
import sys

import tracewire

tracewire.init(sys.argv[1], spool=sys.argv[2])
how = sys.argv[3]
# Whoever started this may ignore interrupts, as a shell does for what it runs in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)
with tracewire.workflow("w"), tracewire.node("n"):
    pass
if how == "exception":
    raise LookupError
if how == "interrupt":
    with tracewire.workflow("interrupted"):
        signal.raise_signal(signal.SIGINT)
if how == "_exit":
    os._exit(0)
