"""Forks while another thread is in the middle of something."""

import os
import signal
import threading
from contextlib import contextmanager


class Place:
    """Where a thread comes to, and stands until it may go on."""

    def __init__(self):
        self._come, self._may_go_on = threading.Event(), threading.Event()

    def stand(self):
        self._come.set()
        assert self._may_go_on.wait(timeout=60)

    @contextmanager
    def reached_by(self, action):
        """Within the block a thread that runs `action` stands here."""
        thread = threading.Thread(target=action)
        thread.start()
        assert self._come.wait(timeout=60)
        try:
            yield
        finally:
            self._may_go_on.set()
            thread.join(timeout=60)


def ends_in_a_child(action, seconds=20):
    """Whether `action` ends well in the child of a fork. A child that blocks is ended after so many seconds."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        try:
            action()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
