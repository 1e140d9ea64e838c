"""Waiting for what happens elsewhere."""

import time


def wait_until(condition, seconds=20):
    """Looks again and again; it is a failure if the condition does not come to hold."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
