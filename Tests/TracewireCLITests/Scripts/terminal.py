"""Runs a program on a terminal of 80 columns, or TERMINAL_COLUMNS, and writes what it sent there. Its exit code becomes this one's.
What stands on the standard input is typed there: at once, or when the text in TERMINAL_TYPES_AFTER has been shown.

    terminal.py PROGRAM ARGUMENT …
"""
import fcntl
import os
import pty
import struct
import sys
import termios

COLUMNS, LINES = int(os.environ.get("TERMINAL_COLUMNS", "80")), 24

child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    os.environ["TERM"] = "xterm"
    # Nobody is there to turn pages.
    os.environ.setdefault("TRACEWIRE_PAGER", "cat")
    os.execv(sys.argv[1], sys.argv[1:])
typed = sys.stdin.buffer.read()
awaited = os.environ.get("TERMINAL_TYPES_AFTER", "").encode()
shown = b""
while True:
    if typed and awaited in shown:
        os.write(terminal, typed)
        typed = b""
    try:
        sent = os.read(terminal, 65536)
    except OSError:  # Linux says so when the program has gone.
        break
    if not sent:
        break
    shown += sent
    sys.stdout.buffer.write(sent)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
