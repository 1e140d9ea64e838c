"""A client of the Python SDK in this process, where a process for each would take too long."""

from __future__ import annotations

import logging

import tracewire
from tracewire.addresses import parse_addresses

from rig.ledger import Ledger
from rig.workload import Workload

logging.getLogger("tracewire").addHandler(logging.NullHandler())
logging.getLogger("tracewire").propagate = False


class InlineClient:
    """Records workflows and waits for their acknowledgement."""

    def __init__(self, address: str, seed: int, identities: int | None = None, **configuration) -> None:
        self.ledger = Ledger()
        self.client = tracewire.Client(
            tracewire.Configuration(
                addresses=parse_addresses(address),
                **{
                    "spool": "memory", "client_name": "torture", "batch_delay": 0.0, "batch_bytes": 2048,
                    "backoff": (0.005, 0.02), "connect_timeout": 10.0, "exit_drain": 0.0, **configuration,
                },
            )
        )  # fmt: skip
        self.workload = Workload(self.client, self.ledger, seed, identities=identities)

    def record(self, workflows: int) -> None:
        for _ in range(workflows):
            self.workload.workflow()

    def flush(self, timeout: float) -> bool:
        """Whether all was acknowledged in time."""
        report = self.client.flush(timeout)
        if report.unknown == 0:
            self.ledger.acknowledged()
        return report.unknown == 0

    def shut_down(self, timeout: float) -> tracewire.DeliveryReport:
        report = self.client.shutdown(timeout)
        if report.unknown == 0:
            self.ledger.acknowledged()
        return report
