"""What became of batches, as numbers."""

from __future__ import annotations

import contextlib
import uuid

from tracewire.codes import Code
from tracewire.events import event_of
from tracewire.messages import Message
from tracewire.outbox import Batch
from tracewire.report import REJECTIONS_KEPT, Rejection
from tracewire.wire import MalformedMessage


class Counts:
    """Written by the sender alone, and read by anybody."""

    def __init__(self) -> None:
        self.committed = 0
        self.committed_unseen = 0
        self.parked = 0
        self.rejected = 0
        self.oversized = 0
        self.sent_bytes = 0
        self.wire_bytes = 0
        self.rejections: list[Rejection] = []
        self.error: str | None = None

    def opened(self) -> None:
        self.error = None

    def failed(self, what: str) -> None:
        self.error = what

    def settle_unseen(self, batches: list[Batch]) -> None:
        """WELCOME says that they are durable; what was said of their records is lost."""
        records = sum(batch.records for batch in batches)
        self.committed += records
        self.committed_unseen += records

    def settle(self, batches: list[Batch], verdicts: list[Message]) -> None:
        """An ACK says that they are durable, and what of them was not plainly accepted."""
        by_sequence = {batch.sequence: batch for batch in batches}
        rejected = [verdict for verdict in verdicts if verdict.get("code", 0) != Code.PARKED]
        for verdict in rejected[: REJECTIONS_KEPT - len(self.rejections)]:
            self.rejections.append(_rejection(by_sequence.get(verdict.get("sequence", 0)), verdict))
        self.parked += len(verdicts) - len(rejected)
        self.rejected += len(rejected)
        self.committed += sum(batch.records for batch in batches) - len(rejected)


def _rejection(batch: Batch | None, verdict: Message) -> Rejection:
    event, workflow = None, None
    if batch is not None:
        with contextlib.suppress(IndexError, OSError, MalformedMessage):
            event, workflow = event_of(batch.read()[verdict.get("index", 0)])
    name = str(uuid.UUID(bytes=workflow)) if workflow and len(workflow) == 16 else None
    return Rejection(event, name, verdict.get("code", 0), verdict.get("message", ""))
