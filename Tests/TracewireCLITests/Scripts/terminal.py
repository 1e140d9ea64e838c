"""Runs a program on a terminal of 80 columns, or of TERMINAL_COLUMNS, and writes what it sent there. Its exit code becomes this one's.
What stands on the standard input is typed there.

    terminal.py PROGRAM ARGUMENT …
"""
import fcntl
import os
import pty
import struct
import sys
import termios

COLUMNS, LINES = int(os.environ.get("TERMINAL_COLUMNS", 80)), 24

child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    os.environ["TERM"] = "xterm"
    # Nobody is there to turn pages.
    os.environ.setdefault("TRACEWIRE_PAGER", "cat")
    os.execv(sys.argv[1], sys.argv[1:])
typed = sys.stdin.buffer.read()
if typed:
    os.write(terminal, typed)
while True:
    try:
        sent = os.read(terminal, 65536)
    except OSError:  # Linux says so when the program has gone.
        break
    if not sent:
        break
    sys.stdout.buffer.write(sent)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
