"""A made-up workflow, recorded with the Python SDK and noted in a ledger: nodes that wait, run, fail or are skipped, and calls of
models in them.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable

import tracewire

from rig.ledger import payload


class Workload:
    """Records runs, with values that the seed chooses, and identities that it chooses too unless there is another for them."""

    def __init__(
        self, client: tracewire.Client, ledger, seed: int, pace: Callable[[], None] = lambda: None, identities: int | None = None
    ) -> None:
        self.client = client
        self.ledger = ledger
        self.random = random.Random(seed)
        self.identities = self.random if identities is None else random.Random(identities)
        #: Called behind each call that records.
        self.pace = pace
        #: Seconds that the slowest call has taken.
        self.slowest = 0.0
        #: The workflow that ended last, and how.
        self.last_end = ("", "")

    def workflow(self) -> None:
        """Records one run."""
        identity, seed = self._identity(), self._seed()
        self.ledger.about("workflow", identity, status="running", seed=seed)
        workflow = self._call(
            self.client.start_workflow, name="torture", user=f"user-{seed % 7}", user_input=payload(seed), id=identity
        )
        for order in range(1, self.random.randint(2, 6)):
            self._node(workflow, order)
        status = self.random.choice(("completed", "completed", "failed", "cancelled"))
        self.ledger.about("workflow", identity, status=status)
        self._call(workflow.end, status=status)
        self.last_end = (str(identity), status)

    def _node(self, workflow, order: int) -> None:
        identity, seed = self._identity(), self._seed()
        about = {"parent": workflow.id, "order": order, "seed": seed}
        named = {"name": "step", "type": "tool", "execution_order": order, "id": identity}
        if waits := self.random.random() < 0.4:
            self.ledger.about("node", identity, status="pending", **about)
            node = self._call(workflow.pending_node, **named)
            if self.random.random() < 0.2:
                self.ledger.about("node", identity, status="skipped", **about)
                self._call(node.skip)
                return
        self.ledger.about("node", identity, status="running", **about)
        node = self._call(node.start) and node if waits else self._call(workflow.start_node, **named)
        for _ in range(self.random.randrange(3)):
            self._generation(node, workflow)
        status = self.random.choice(("completed", "completed", "failed"))
        self.ledger.about("node", identity, status=status, **about)
        self._call(node.end, status=status, state={"text": payload(seed)})

    def _generation(self, node, workflow) -> None:
        identity, seed = self._identity(), self._seed()
        self.ledger.about("generation", identity, parent=workflow.id, seed=seed)
        self._call(node.record_generation, model="m", id=identity, output=payload(seed), prompt_tokens=seed % 1000)

    def _call(self, function, **arguments):
        """Calls what records, and notes that it has."""
        began = time.monotonic()
        result = function(**arguments)
        self.slowest = max(self.slowest, time.monotonic() - began)
        if result is not False:
            self.ledger.recorded()
        self.pace()
        return result

    def _identity(self) -> uuid.UUID:
        return uuid.UUID(int=self.identities.getrandbits(128), version=4)

    def _seed(self) -> int:
        return self.random.getrandbits(40)
