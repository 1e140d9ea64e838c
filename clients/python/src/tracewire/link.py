"""Delivers the batches of one outbox over one connection after the other."""

from __future__ import annotations

import math
from collections.abc import Callable

from tracewire.absence import Absence, broken, unauthorized, unreachable
from tracewire.backoff import Backoff, Rotation
from tracewire.codes import NEEDS_A_PERSON, NEW_PRODUCER, Code, ProtocolError, code_name
from tracewire.compression import offered
from tracewire.configuration import Configuration
from tracewire.connection import Connection
from tracewire.counts import Counts
from tracewire.flight import Flight
from tracewire.outbox import Outbox
from tracewire.security import context_of, wanted
from tracewire.session import Acknowledged, Ended, Event, Opened, Session

#: Bytes that wait for the socket, beyond which nothing is added.
_MOST_UNSENT = 1 << 20
_MOST_RENUMBERINGS = 3


class Link:
    """Driven by the sender: `advance` when time passes, `ready` when its socket can be read or written."""

    def __init__(self, outbox: Outbox, configuration: Configuration, counts: Counts) -> None:
        self.outbox = outbox
        self.counts = counts
        self._configuration = configuration
        self._rotation = Rotation(configuration.addresses)
        self._backoff = Backoff(*configuration.backoff)
        self._connection: Connection | None = None
        self._session: Session | None = None
        self._retry_at = 0.0
        self._deadline = math.inf
        self._flight = Flight(outbox, configuration, counts)
        self._heard = 0.0
        self._pinged = False
        self._leaving = False
        self._renumberings = 0
        self._absence = Absence()
        #: How often the connection has failed since something was acknowledged.
        self._fruitless = 0

    @property
    def connection(self) -> Connection | None:
        return self._connection

    @property
    def is_open(self) -> bool:
        return self._session is not None and self._session.is_open

    @property
    def wants_write(self) -> bool:
        connection = self._connection
        return connection is not None and (connection.wants_write or bool(self._session and self._session.unsent))

    @property
    def awaits_batches(self) -> bool:
        """Whether a batch that becomes due would be sent at once."""
        session = self._session
        return session is not None and session.is_open and self._flight.has_room and len(session.unsent) < _MOST_UNSENT

    def advance(self, now: float) -> float:
        """Does what is due, and says when something will be."""
        if self._connection is None:
            if self._leaving or not self.outbox.has_work():
                return math.inf
            if now < self._retry_at:
                return self._retry_at
            self._connect(now)
        if self._connection is not None and now >= self._deadline:
            self._fail(now, self._broken(TimeoutError("no answer came in time")))
        if self.is_open:
            self._guarded(now, lambda: self._deliver(now))
        return min(self._retry_at if self._connection is None else math.inf, self._next_deadline())

    def ready(self, now: float, readable: bool, writable: bool) -> None:
        """The socket can be read or written."""
        self._guarded(now, lambda: self._exchange(now, readable, writable))

    def leave(self) -> None:
        """Says goodbye; `connection` is None when that is done, or there was none."""
        self._leaving = True
        if self._session is not None and self.is_open:
            self._session.send_goaway()
        else:
            self.drop()

    def drop(self) -> None:
        """Ends the connection at once. What was sent and not acknowledged is sent again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._session = None
        self._flight.reset()
        self._deadline = math.inf

    def _guarded(self, now: float, work: Callable[[], None]) -> None:
        try:
            work()
        except ProtocolError as error:
            if self._session is not None and self._connection is not None:
                self._session.send_goaway(error.code, str(error))
                self._try_to_send()
            self._fail(now, f"{self._collector}: {error}", error.code)
        except OSError as error:
            self._fail(now, self._broken(error))

    @property
    def _collector(self) -> str:
        return f"the collector at {self._rotation.current}"

    def _broken(self, error: OSError) -> str:
        is_made = self._connection is not None and self._connection.is_connected
        return broken(self._rotation.current, error) if is_made else unreachable(self._rotation.current, error)

    def _connect(self, now: float) -> None:
        self._deadline = now + self._configuration.connect_timeout
        try:
            # Each time anew: certificates are replaced while a program runs.
            self._connection = Connection(self._rotation.current, context_of(self._configuration))
        except OSError as error:
            self._fail(now, unreachable(self._rotation.current, error))
            return
        self._session, self._pinged = None, False

    def _hello(self) -> Session:
        """Before HELLO says an epoch, it is written."""
        owner, settings = self.outbox.owner, self._configuration
        owner.set_epoch(owner.epoch + 1)
        return Session(
            {
                "minimum_version": 1,
                "maximum_version": 1,
                "offered_features": offered(settings.compression),
                "client_name": settings.client_name,
                "token": settings.token,
                "producer": owner.producer,
                "epoch": owner.epoch,
                "next_sequence": self.outbox.lowest_sequence,
                "stream_window_log": settings.stream_window_log if settings.compression == "stream" else 0,
            }
        )

    def _exchange(self, now: float, readable: bool, writable: bool) -> None:
        connection = self._connection
        if connection is None:
            return
        if not connection.is_connected:
            if not ((writable or not connection.wants_write) and connection.finish_connecting()):
                return
            self._session = self._hello()
        assert self._session is not None
        if readable:
            self._read(now, connection, self._session)
        self._try_to_send()

    def _read(self, now: float, connection: Connection, session: Session) -> None:
        data = connection.receive()
        if data is None:
            return
        if not data:
            if self._leaving:
                self.drop()
            else:
                self._fail(now, f"{self._collector} closed the connection")
            return
        self._heard, self._pinged = now, False
        for event in session.receive(data):
            self._take(now, event)
            if self._session is not session:
                return

    def _take(self, now: float, event: Event) -> None:
        if isinstance(event, Opened):
            self._deadline = math.inf
            self._heard = now
            self._absence.ended(self._rotation.current)
            self.counts.opened()
            self.counts.settle_unseen(self.outbox.up_to(event.last_committed))
            self.outbox.settle(event.last_committed)
        elif isinstance(event, Acknowledged):
            self._backoff.reset()
            self._renumberings = self._fruitless = 0
            batches = self.outbox.up_to(event.sequence)
            self._flight.batches -= len(batches)
            self.counts.settle(batches, event.verdicts)
            self.outbox.settle(event.sequence)
        else:
            self._end(now, event)

    def _end(self, now: float, ended: Ended) -> None:
        what = f"{self._collector} ended the session with {code_name(ended.code)}: {ended.message}"
        if ended.code == Code.TLS_REQUIRED:
            what = wanted(self._rotation.current)
        elif ended.code == Code.UNAUTHORIZED:
            what = unauthorized(self._collector, ended.message, bool(self._configuration.token))
        self._fail(now, what, ended.code, ended.retry_after_ms / 1000)

    def _fail(self, now: float, what: str, code: int = 0, retry_after: float = 0.0) -> None:
        """The connection is gone. When and where the next one is made."""
        was_open = self.is_open
        self._fruitless += 1
        self.counts.failed(what)
        self.drop()
        if code in NEW_PRODUCER and self._renumberings < _MOST_RENUMBERINGS:
            self._renumberings += 1
            self._renumber(now)
        elif not self._rotation.advance():
            self._retry_at = now
        else:
            needs_a_person = code in NEEDS_A_PERSON
            # One that was open may end for good reasons, and the next one stands.
            if needs_a_person or not was_open or self._fruitless > 1:
                self._absence.found(what)
            wait = self._configuration.rare_backoff if needs_a_person else max(self._backoff.wait(), retry_after)
            self._retry_at = now + wait

    def _renumber(self, now: float) -> None:
        try:
            self.outbox.renumber()
            self._retry_at = now
        except OSError as error:
            what = self._broken(error)
            self.counts.failed(what)
            self._absence.found(what)
            self._retry_at = now + self._backoff.wait()

    def _deliver(self, now: float) -> None:
        session = self._session
        assert session is not None
        while not self._leaving and self._has_space(session) and self._flight.send_next(now, session):
            pass
        self._watch_silence(now, session)
        self._try_to_send()

    def _has_space(self, session: Session) -> bool:
        """Whether the socket has taken so much that more may be added."""
        if len(session.unsent) >= _MOST_UNSENT:
            self._try_to_send()
        return len(session.unsent) < _MOST_UNSENT

    def _watch_silence(self, now: float, session: Session) -> None:
        patience = self._configuration.silence_timeout
        if self._flight.batches == 0 and not session.unsent:
            self._heard = now
        elif now - self._heard >= patience * 2:
            self._fail(now, f"{self._collector} has fallen silent")
        elif now - self._heard >= patience and not self._pinged:
            self._pinged = True
            session.send_ping(1)

    def _next_deadline(self) -> float:
        if not self.is_open:
            return self._deadline
        if self._flight.batches == 0:
            return math.inf
        return self._heard + self._configuration.silence_timeout * (2 if self._pinged else 1)

    def _try_to_send(self) -> None:
        if self._session is not None and self._connection is not None and self._connection.is_connected:
            self.counts.wire_bytes += self._connection.send(self._session.unsent)
