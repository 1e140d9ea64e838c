"""The batches that are under way on one connection (SPEC.md, section 5)."""

from __future__ import annotations

from dataclasses import dataclass

from tracewire.codes import Code, ProtocolError
from tracewire.configuration import Configuration
from tracewire.counts import Counts
from tracewire.events import event_of
from tracewire.identifiers import new_identifier
from tracewire.outbox import Batch, Outbox
from tracewire.session import Session
from tracewire.sheds import shed_record


@dataclass
class _Partial:
    """A batch of which a part was sent, or none yet."""

    batch: Batch
    body: bytes
    offset: int = 0


class Flight:
    """Sends an outbox's batches in their order, as far as credit and limits allow."""

    def __init__(self, outbox: Outbox, configuration: Configuration, counts: Counts) -> None:
        self._outbox = outbox
        self._configuration = configuration
        self._counts = counts
        self._partial: _Partial | None = None
        self._too_large: set[int] = set()
        #: How many were begun and are not acknowledged.
        self.batches = 0

    @property
    def has_room(self) -> bool:
        """Whether another batch may be begun."""
        return self._partial is None and self.batches < self._configuration.batches_in_flight

    def reset(self) -> None:
        """The connection is gone: everything that is not settled is sent again."""
        self._partial = None
        self.batches = 0

    def send_next(self, now: float, session: Session) -> bool:
        """Sends a batch, or a part of one, if that is possible now."""
        if self._partial is None:
            batch = self._next_batch(now, session)
            if batch is None:
                return False
            self._partial = _Partial(batch, self._body(batch, session))
            self.batches += 1
        partial = self._partial
        left = len(partial.body) - partial.offset
        alone = self.batches == 1
        if session.credit <= 0 or (partial.offset == 0 and left > session.credit and not alone):
            return False
        size = min(left, session.credit, session.part_bytes)
        part = partial.body[partial.offset : partial.offset + size]
        session.send_batch_part(partial.batch.sequence, part, partial.batch.records, size < left)
        partial.offset += size
        self._counts.sent_bytes += size
        if partial.offset == len(partial.body):
            self._partial = None
        return True

    def _next_batch(self, now: float, session: Session) -> Batch | None:
        if self.batches >= self._configuration.batches_in_flight:
            return None
        made = self._outbox.batches
        if self.batches < len(made):
            return made[self.batches]
        if not self._outbox.is_due(now):
            return None
        most_bytes = min(self._configuration.batch_bytes, session.limits["batch_bytes"])
        return self._outbox.make(most_bytes, min(self._configuration.batch_records, session.limits["batch_records"]))

    def _body(self, batch: Batch, session: Session) -> bytes:
        """The batch as it is sent. A record that the collector never takes leaves word that it is lost."""
        records = batch.read()
        if batch.records > session.limits["batch_records"]:
            raise ProtocolError(Code.SEQUENCE_GAP, "a batch that was made holds more records than this collector takes")
        body = b"".join(records)
        if len(body) <= session.limits["batch_bytes"]:
            return body
        if len(records) > 1:
            raise ProtocolError(Code.SEQUENCE_GAP, "a batch that was made is larger than this collector takes")
        _, workflow = event_of(records[0])
        if batch.sequence not in self._too_large:
            self._too_large.add(batch.sequence)
            self._counts.oversized += 1
        return shed_record(workflow or new_identifier(), new_identifier(), 1, 0)
