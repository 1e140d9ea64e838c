"""The statuses that workflows and nodes may take one after the other (SPEC.md, section 7)."""

from __future__ import annotations

from collections.abc import Mapping

NEW = ""

NODE = {NEW: ("pending", "running"), "pending": ("running", "skipped"), "running": ("completed", "failed")}
WORKFLOW = {NEW: ("running",), "running": ("completed", "failed", "cancelled")}


class Gate:
    """Lets through what the table allows, and each step once, whichever thread comes first.

    The status lies in a list from which whoever changes it takes it out: no lock is held that a signal's handler, or a
    destructor, could wait for in vain.
    """

    __slots__ = ("_cell", "_table", "status")

    def __init__(self, table: Mapping[str, tuple[str, ...]], status: str = NEW) -> None:
        self._table = table
        self._cell = [status]
        #: Where it is at, as far as is known here.
        self.status = status

    def move(self, status: str) -> bool:
        """Whether the step is allowed; if so, it is taken."""
        try:
            current = self._cell.pop()
        except IndexError:  # Another thread is taking a step.
            return False
        allowed = status in self._table.get(current, ())
        self.status = status if allowed else current
        self._cell.append(self.status)
        return allowed
