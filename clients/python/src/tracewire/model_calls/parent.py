"""Which workflow and node the calls of a wrapped client belong to."""

from __future__ import annotations

from dataclasses import dataclass

from tracewire import context
from tracewire.client import Client
from tracewire.default import client as default_client
from tracewire.node_handle import NodeHandle
from tracewire.workflow_handle import WorkflowHandle


@dataclass(frozen=True)
class Parent:
    """What was said when the client was wrapped."""

    workflow: WorkflowHandle | None = None
    node: NodeHandle | None = None
    #: Records the calls that belong to no workflow; by default the client that the module's functions use.
    recorder: Client | None = None

    def now(self) -> Parent:
        """What it is for a call that is made now, in this thread or task. Without a workflow the call is one of its own."""
        if self.node is not None:
            return Parent(self.node.workflow, self.node)
        node, workflow = context.current_node(), context.current_workflow()
        if self.workflow is not None:
            return Parent(self.workflow, node if node is not None and node.workflow is self.workflow else None)
        if workflow is not None:
            return Parent(workflow, node)
        return self

    def begin(self, name: str, user_input: object) -> WorkflowHandle:
        """The workflow of a call that has none."""
        return self.client().start_workflow(name, user_input=user_input)

    @property
    def is_recording(self) -> bool:
        return self.workflow.is_recording if self.workflow is not None else self.client().is_recording

    def client(self) -> Client:
        return self.recorder or default_client()
