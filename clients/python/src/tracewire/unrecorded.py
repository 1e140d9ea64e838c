"""Workflows of which nothing is recorded: because nobody wants it, or because there is none."""

from __future__ import annotations

from tracewire.identifiers import NIL, Identifier
from tracewire.notices import Notices
from tracewire.workflow_handle import WorkflowHandle

OUTSIDE = (
    "outside of any workflow nothing is recorded; begin one with tracewire.workflow, or, in a thread that does not inherit it, "
    "name it with workflow="
)
AFTER_SHUTDOWN = "after shutdown() nothing is recorded"
AT_THE_END = "the process has delivered what it had, and ends; what comes now is not recorded where no file can keep it"


def silent_workflow() -> WorkflowHandle:
    """One that is not to be recorded: recording is off, or it was not sampled."""
    return WorkflowHandle(None, NIL, "running")


class RefusedWorkflow(WorkflowHandle):
    """Stands where a workflow is missing. Each node and generation that begins in it is counted as refused."""

    def __init__(self, notices: Notices, why: str) -> None:
        super().__init__(None, NIL, "running")
        self._notices = notices
        self._why = why

    def _identity(self, id: Identifier | None) -> bytes:
        self._notices.refused(self._why)
        return NIL
