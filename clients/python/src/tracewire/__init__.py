"""Tracewire: records what LLM workflows do, and sends it to a collector.

    import tracewire

    with tracewire.workflow("date_course", user="mina", user_input=wish) as workflow:
        with tracewire.node("parse", type="llm", input={"wish": wish}) as node:
            with tracewire.generation("gpt-4o", provider="openai", user_prompt=wish) as call:
                call.set_output(answer)
            node.set_state(state)

Nothing here raises into the program or waits for the collector, but `flush` and `shutdown`, which say how long.
"""

from tracewire.api import continue_workflow, flush, generation, node, report, shutdown, start_workflow, workflow
from tracewire.client import Client
from tracewire.configuration import Configuration
from tracewire.context import current_node, current_workflow
from tracewire.default import client, init
from tracewire.generation_handle import GenerationHandle
from tracewire.json_text import JSONText
from tracewire.node_handle import NodeHandle
from tracewire.report import DeliveryReport, Rejection
from tracewire.workflow_handle import WorkflowHandle

__all__ = [
    "Client",
    "Configuration",
    "DeliveryReport",
    "GenerationHandle",
    "JSONText",
    "NodeHandle",
    "Rejection",
    "WorkflowHandle",
    "client",
    "continue_workflow",
    "current_node",
    "current_workflow",
    "flush",
    "generation",
    "init",
    "node",
    "report",
    "shutdown",
    "start_workflow",
    "workflow",
]
