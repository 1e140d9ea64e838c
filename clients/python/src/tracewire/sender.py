"""The thread that delivers: one for each process and client, a daemon, which nobody waits for but `flush` and `shutdown`."""

from __future__ import annotations

import contextlib
import math
import os
import select
import threading
import time
from collections.abc import Callable

from tracewire.adoption import Adoption
from tracewire.link import Link
from tracewire.notices import Notices
from tracewire.own_outbox import OwnOutbox
from tracewire.queue import RecordQueue
from tracewire.tending import Tending

#: Seconds that a goodbye may take, and that are waited after a defect.
GOODBYE = 0.5
_AFTER_DEFECT = 1.0
#: Of the seconds that the system can wait for.
_LONGEST_SLEEP = 86_400


class Alarm:
    """Wakes a thread that waits for sockets, from any thread and any signal's handler."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def fileno(self) -> int:
        return self._reading

    def ring(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._writing, b"\0")

    def silence(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while len(os.read(self._reading, 4096)) == 4096:
                pass

    def close(self) -> None:
        descriptors = self._reading, self._writing
        # First, so that nobody rings where somebody else has got the number by now.
        self._reading = self._writing = -1
        for descriptor in descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)


class Sender:
    """Drives the links and what tends to the queue."""

    def __init__(
        self,
        alarm: Alarm,
        queue: RecordQueue,
        outbox: OwnOutbox,
        link: Link,
        tending: Tending,
        adoption: Adoption,
        notices: Notices,
        batch_bytes: int,
        at_end: Callable[[], None],
    ) -> None:
        self._alarm = alarm
        self._queue = queue
        self._outbox = outbox
        self.link = link
        self._tending = tending
        self.adoption = adoption
        self._notices = notices
        self._batch_bytes = batch_bytes
        self._at_end = at_end
        self._stop = False
        self._waiting = 0
        self._progress = threading.Condition()
        self.is_over = False
        self.thread = threading.Thread(target=self._run, name="tracewire", daemon=True)

    def wait(self, deadline: float, *, everything: bool, patient: bool = True) -> None:
        """Waits until what was recorded before is settled.

        Args:
            everything: also what others left, and what was owed.
            patient: not only as long as nothing is known to be wrong with the connection.
        """
        target = self._queue.recorded
        with self._progress:
            self._waiting += 1
            self._outbox.is_urgent = True
            self._alarm.ring()
            try:
                while not self._is_settled(target, everything) and not self.is_over:
                    left = deadline - time.monotonic()
                    if left <= 0 or not (patient or self.link.counts.error is None):
                        break
                    self._progress.wait(min(left, threading.TIMEOUT_MAX))
            finally:
                self._waiting -= 1
                self._outbox.is_urgent = self._waiting > 0

    def stop(self, deadline: float) -> bool:
        """Says goodbye and ends the thread. Whether it has ended in time."""
        self._stop = True
        self._alarm.ring()
        if not self.thread.is_alive():  # It may never have begun.
            return True
        self.thread.join(min(max(deadline - time.monotonic(), 0.0), threading.TIMEOUT_MAX))
        return not self.thread.is_alive()

    def let_go(self) -> None:
        """Closes what is open, without a word to anybody: it belongs to the parent of this process."""
        self.adoption.abandon()
        self.link.drop()

    def _is_settled(self, target: int, everything: bool) -> bool:
        if self._queue.settled < target:
            return False
        return not everything or (self.adoption.is_done and not self._queue.owed)

    def _run(self) -> None:
        while not self._stop:
            try:
                self._turn()
            except Exception as error:
                self._notices.failure("the sender came upon a defect, and begins anew", error)
                self.link.drop()
                time.sleep(_AFTER_DEFECT)
        for last in (self._say_goodbye, self._at_end):
            try:
                last()
            except Exception as error:
                self._notices.failure("the sender could not end in peace", error)
        self.is_over = True
        with self._progress:
            self._progress.notify_all()

    def _turn(self) -> None:
        now = time.monotonic()
        self._tending.tend(now)
        advanced = self.link.advance(now)
        deadline = min(advanced, self.adoption.advance(now))
        with self._progress:
            self._progress.notify_all()
        if not self._queue.sleep_until(self._worth_waking(advanced)) or self._stop:
            deadline = now
        elif self.link.awaits_batches and (due := self._outbox.due_at()) is not None:
            deadline = min(deadline, due)
        self._sleep(deadline if not self._queue.owed else min(deadline, now + _AFTER_DEFECT))

    def _worth_waking(self, advanced: float) -> float:
        """How many bytes that wait to be sent wake the sender, where the link does nothing by itself before `advanced`.

        A link without a connection that found nothing to do makes one for the first byte. What it found counts, not what the
        queue holds by now: a record that came since has woken nobody, and nobody would look again. `sleep_until` sees it. A link
        that waits to connect again, or for its socket, wakes the sender by itself.
        """
        if self.link.awaits_batches:
            return self._batch_bytes if self._queue.unsent else 1
        return 1 if self.link.connection is None and advanced == math.inf else math.inf

    def _sleep(self, deadline: float) -> None:
        """Until a socket is ready, the alarm rings, or the time has come; then does what the sockets are ready for."""
        links = [link for link in (self.link, self.adoption.link) if link is not None and link.connection is not None]
        poll = select.poll()
        poll.register(self._alarm.fileno(), select.POLLIN)
        by_descriptor = {}
        for link in links:
            assert link.connection is not None
            descriptor = link.connection.fileno()
            by_descriptor[descriptor] = link
            poll.register(descriptor, select.POLLIN | (select.POLLOUT if link.wants_write else 0))
        left = deadline - time.monotonic()
        ready = poll.poll(None if left == math.inf else min(max(left, 0), _LONGEST_SLEEP) * 1000)
        self._alarm.silence()
        now = time.monotonic()
        for descriptor, events in ready:
            if descriptor in by_descriptor:
                broken = events & (select.POLLERR | select.POLLHUP)
                by_descriptor[descriptor].ready(
                    now, bool(events & select.POLLIN or broken), bool(events & select.POLLOUT or broken)
                )

    def _say_goodbye(self) -> None:
        self.adoption.abandon()
        self.link.leave()
        deadline = time.monotonic() + GOODBYE
        while self.link.connection is not None and time.monotonic() < deadline:
            self._sleep(deadline)
        self.link.drop()
