"""What became of what was recorded."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Most rejections that a client remembers one by one; further ones are only counted.
REJECTIONS_KEPT = 1000


@dataclass(frozen=True)
class Rejection:
    """A record that the collector keeps as rejected."""

    #: The event's name, such as `node_end`; None if the record was gone by then.
    event: str | None
    #: The workflow that it belongs to, as text.
    workflow: str | None
    #: A number of SPEC.md, section 9.
    code: int
    #: The collector's sentence.
    message: str


@dataclass
class DeliveryReport:
    """What became of everything recorded since the client began, in this process."""

    #: Records that are durable at the collector and visible to queries.
    committed: int = 0
    #: Of the committed ones, those whose verdicts were lost with a connection: `tracewire rejected` lists what was rejected.
    committed_unseen: int = 0
    #: Records that the collector keeps until the parent that they name arrives.
    parked: int = 0
    #: Records that the collector keeps as rejected.
    rejected: int = 0
    #: Records lost because the queue was full.
    shed: int = 0
    #: Records that went without what they carried, because the queue was full.
    payloads_shed: int = 0
    #: What was not recorded because it could never be accepted, such as a second end, and what began outside of any workflow or
    #: after `shutdown`.
    refused: int = 0
    #: Records without an answer yet.
    unknown: int = 0
    #: Of those, the ones in the spool's files: they survive the process, and are delivered by the next one.
    spooled: int = 0
    #: Calls in which something went wrong within the SDK, also those that belong to no client.
    failures: int = 0
    #: The first 1,000 of the rejected ones.
    rejections: list[Rejection] = field(default_factory=list)
    #: The last thing that went wrong with the connection, as a sentence; None if all is well.
    error: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything is at the collector as it was recorded, and accepted or waiting for its parent."""
        lost = self.rejected or self.shed or self.payloads_shed or self.refused or self.failures
        return not (lost or self.unknown)

    def __str__(self) -> str:
        counts = (
            ("parked", self.parked),
            ("rejected", self.rejected),
            ("shed", self.shed),
            ("without payload", self.payloads_shed),
            ("refused", self.refused),
            ("failed calls", self.failures),
            ("unknown yet", self.unknown - self.spooled),
            ("spooled", self.spooled),
        )
        others = "".join(f", {count} {name}" for name, count in counts if count > 0)
        return f"{self.committed} committed{others}" + (f" ({self.error})" if self.error else "")
