"""A sender whose turns the test makes, and things that happen in the middle of them."""

import os
import select
import sys
import time
from contextlib import contextmanager

from tracewire import adoption, link, own_outbox, queue, sender

_TRACED = {module.__file__ for module in (adoption, link, own_outbox, queue, sender)}


class StillSender(sender.Sender):
    """Has a thread that ends at once. Instead of sleeping it notes until when it would."""

    asleep_until = None

    def _run(self):
        pass

    def _sleep(self, deadline):
        self.asleep_until = deadline

    @property
    def is_rung(self):
        return bool(select.select([self._alarm], [], [], 0)[0])

    def turn(self):
        """Makes a turn, and sleeps shortly, so that sockets are read and written."""
        self._turn()
        super()._sleep(time.monotonic() + 0.01)

    def turn_until(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline
            self.turn()


@contextmanager
def interrupted_at(step, lock, action):
    """Within the block, `action` happens at a step of the sender's code, or at the next where a thread could get the lock.

    A step is an instruction in `sender.py`, and a line in what it drives. Yields a list, which then holds the step.
    """
    done, passed = [], 0

    def at_step(frame, event, argument):
        nonlocal passed
        frame.f_trace_opcodes = os.path.basename(frame.f_code.co_filename) == "sender.py"
        if event in ("line", "opcode") and not done:
            passed += 1
            if passed > step and not lock._is_owned():
                done.append(passed)
                action()
        return at_step

    def at_call(frame, event, argument):
        return at_step(frame, event, argument) if frame.f_code.co_filename in _TRACED else None

    before = sys.gettrace()
    sys.settrace(at_call)
    try:
        yield done
    finally:
        sys.settrace(before)
