"""What a client has in one process: a queue, a spool, and the thread that delivers. A fork's child makes its own."""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import time

from tracewire.adoption import Adoption
from tracewire.closing_queue import ClosingQueue
from tracewire.configuration import MEMORY, Configuration
from tracewire.counts import Counts
from tracewire.identifiers import new_identifier
from tracewire.late_records import LateRecords, spool_directory
from tracewire.link import Link
from tracewire.notices import Notices
from tracewire.owed import Pending
from tracewire.own_outbox import OwnOutbox
from tracewire.owner import MemoryOwner
from tracewire.report import DeliveryReport
from tracewire.sender import GOODBYE, Alarm, Sender
from tracewire.sheds import Sheds
from tracewire.spool import Spool
from tracewire.store import SpoolStore
from tracewire.tending import Tending
from tracewire.unrecorded import AFTER_SHUTDOWN, AT_THE_END

#: Runtimes that have not ended; the process's end waits for them, as far as they say.
_live: set[Runtime] = set()


class Runtime:
    """Made when it is first needed, in the process that needs it."""

    def __init__(self, configuration: Configuration, notices: Notices) -> None:
        """Raises `OSError` where there are no descriptors, or no memory, for it. Nothing is left of it then."""
        self._configuration = configuration
        self._notices = notices
        self._closing = threading.RLock()
        self._is_closed = self._is_drained = False
        self._late = LateRecords(configuration, notices)
        self._spool: Spool | None = None
        self._alarm = Alarm()
        try:
            self._build()
        except BaseException:
            self._undo()
            raise
        try:
            self._sender.thread.start()
        except RuntimeError as error:
            notices.once(logging.WARNING, "the thread that delivers cannot be started; records stay in the spool", error)
            self._sender.is_over = True
        _live.add(self)
        _at_end_of_child(self)

    def _build(self) -> None:
        configuration, notices = self._configuration, self._notices
        directory, destination = spool_directory(configuration), str(configuration.addresses[0])
        self._spool = self._make_spool(directory, destination)
        store = SpoolStore(configuration, directory, self._spool, notices)
        self.counts = Counts()
        self._sheds = Sheds()
        self.queue = ClosingQueue(store, self._sheds, self._alarm.ring, self._keep_late)
        self.queue.spares.append(store.make(0))
        owner = self._spool.owner if self._spool else MemoryOwner(new_identifier())
        self._outbox = OwnOutbox(self.queue, owner, destination, configuration.batch_bytes, configuration.batch_delay)
        link = Link(self._outbox, configuration, self.counts)
        self._tending = Tending(self.queue, store, notices)
        adoption = Adoption(configuration, directory, self._spool.path if self._spool else None, notices)
        self._sender = Sender(
            self._alarm, self.queue, self._outbox, link, self._tending, adoption, notices, configuration.batch_bytes, self._close
        )

    def _make_spool(self, directory: str | None, destination: str) -> Spool | None:
        if directory is None:
            if self._configuration.spool != MEMORY:
                self._notices.once(logging.WARNING, "there is no directory for the spool; records wait in memory")
            return None
        try:
            return Spool.make(directory, destination)
        except OSError as error:
            self._notices.once(logging.WARNING, "no spool can be made; records wait in memory", error)
            return None

    def flush(self, timeout: float) -> None:
        """Waits until what was recorded before is settled."""
        deadline = time.monotonic() + timeout
        self._tending.tell_sheds()
        self._sender.wait(deadline, everything=False)

    def shutdown(self, timeout: float, *, patient: bool = True) -> None:
        """Delivers what is left, and ends. What is not delivered stays in the spool, for the next process.

        The goodbye is taken out of the timeout. If the thread that delivers does not end in time, it ends by itself later.
        """
        deadline = time.monotonic() + timeout
        _live.discard(self)
        self._tending.tell_sheds()
        self._sender.wait(deadline - min(GOODBYE, timeout / 4), everything=patient, patient=patient)
        if self._sender.stop(deadline):
            self._close()

    def drain(self) -> None:
        """At the process's end. Where files keep what is left, nobody waits for a collector that is away."""
        self._is_drained = True
        kept = self._spool is not None and self.queue.held_in_memory == 0
        self.shutdown(self._configuration.exit_drain, patient=not kept)

    def forget(self) -> None:
        """In the child of a fork: files, locks and connections are the parent's. They are closed, or a lock would outlive it."""
        _live.discard(self)
        if self._spool is not None:
            self._spool.owner.close()
        self._alarm.close()
        self._sender.let_go()

    def report_to(self, report: DeliveryReport) -> None:
        """Adds what is known of the records."""
        counts, queue = self.counts, self.queue
        report.committed = counts.committed - counts.oversized
        report.committed_unseen = counts.committed_unseen
        report.parked, report.rejected = counts.parked, counts.rejected
        report.refused += counts.oversized
        report.shed, report.payloads_shed = self._sheds.records, self._sheds.payloads
        report.unknown = max(queue.recorded - queue.settled, 0) + len(queue.owed)
        report.spooled = min(self._outbox.spooled(), report.unknown)
        self._late.report_to(report)
        report.rejections = list(counts.rejections)
        report.error = counts.error

    def _keep_late(self, pending: Pending) -> bool:
        """What comes when the queue is closed: at the process's end a spool of its own keeps it."""
        if self._is_drained and self._late.keep(pending):
            return True
        self._notices.refused(AT_THE_END if self._is_drained else AFTER_SHUTDOWN)
        return False

    def _close(self) -> None:
        """Takes nothing in any more: once, by the thread that delivers when that ends, or by who has waited for it."""
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                self._release(is_empty=self.queue.close())

    def _undo(self) -> None:
        """Gives everything back. A segment that is mapped has a descriptor of its own."""
        queue: ClosingQueue | None = getattr(self, "queue", None)
        for segment in queue.spares if queue is not None else ():
            segment.release()
        self._release(is_empty=True)

    def _release(self, *, is_empty: bool) -> None:
        """Gives back what belongs to the system. A spool with something in it is left to the next process."""
        if self._spool is not None:
            if is_empty:
                self._spool.remove()
            else:
                self._spool.owner.close()
        self._alarm.close()


def _at_end_of_child(runtime: Runtime) -> None:
    """A child of multiprocessing ends without `atexit`."""
    util, process = sys.modules.get("multiprocessing.util"), sys.modules.get("multiprocessing.process")
    if util is not None and process is not None and process.parent_process() is not None:
        util.Finalize(None, _drain_all, exitpriority=0)


def _drain_all() -> None:
    for runtime in list(_live):
        runtime.drain()


atexit.register(_drain_all)
