"""Delivers, one after the other, the spools that other processes have left in the directory of this one."""

from __future__ import annotations

import logging
import math
import os
from collections import deque

from tracewire.configuration import Configuration
from tracewire.counts import Counts
from tracewire.left_spool import LeftSpool, take_over
from tracewire.link import Link
from tracewire.notices import Notices
from tracewire.spool import spool_names

#: Seconds until the directory is looked at again: processes that end meanwhile leave theirs, too.
_LOOK_AGAIN = 60.0


class Adoption:
    """Driven by the sender, as a link is."""

    def __init__(self, configuration: Configuration, directory: str | None, own: str | None, notices: Notices) -> None:
        self._configuration = configuration
        self._directory = directory
        self._own = own
        self._notices = notices
        self._destinations = [str(address) for address in configuration.addresses]
        self._names: deque[str] = deque()
        self._spool: LeftSpool | None = None
        self._look_at = 0.0 if directory else math.inf
        #: Whether nothing is left that could be delivered now.
        self.is_done = directory is None
        #: Of the connections to deliver them.
        self.counts = Counts()
        self.link: Link | None = None

    def advance(self, now: float) -> float:
        """Does what is due, and says when something will be."""
        if self.link is not None and not self.link.outbox.has_work():
            self._finish()
        if self.link is None:
            self._next(now)
        self.is_done = self.link is None
        return self._look_at if self.link is None else self.link.advance(now)

    def abandon(self) -> None:
        """Leaves what is not delivered to somebody else."""
        if self.link is not None:
            self.link.drop()
        if self._spool is not None:
            self._spool.leave()
        self._spool = self.link = None
        self._names.clear()
        self._look_at = math.inf

    def _next(self, now: float) -> None:
        if now >= self._look_at and self._directory is not None:
            self._look_at = now + _LOOK_AGAIN
            self._names = deque(spool_names(self._directory))
        while self._names and self.link is None:
            self._take(self._names.popleft())

    def _take(self, name: str) -> None:
        assert self._directory is not None
        if self._own is not None and name == os.path.basename(self._own):
            return
        try:
            spool = take_over(self._directory, name, self._destinations)
        except OSError as error:
            self._notices.once(logging.INFO, "a spool that was left cannot be read now, and stays where it is", error)
            return
        if spool is None:
            return
        self._spool = spool
        if spool.unreadable:
            self._notices.once(logging.WARNING, "a spool that was left is damaged; what can be read is delivered")
        if spool.has_work():
            self.link = Link(spool, self._configuration, self.counts)
        else:
            self._finish()

    def _finish(self) -> None:
        if self.link is not None:
            self.link.drop()
        if self._spool is not None:
            if self._spool.delivered:
                self._notices.once(logging.INFO, "records that another process had left were delivered")
            self._spool.remove()
        self._spool = self.link = None
