"""What becomes of runs: workflows, nodes and generations."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from tracewire.client import Client
from tracewire.langchain import bubbling, nodes
from tracewire.langchain.call import Call, columns_of_chat, columns_of_completion, metadata_of
from tracewire.langchain.path import HIDDEN, START, GraphPath
from tracewire.langchain.pregel import graph_at_hand, task_at_hand
from tracewire.langchain.roots import Interrupted, root_run
from tracewire.langchain.run import Run, RunTable
from tracewire.notices import Notices


class Recorder:
    """Records runs of LangChain's as they begin and end, in whichever thread or task. Runs find theirs by ids alone."""

    def __init__(self, most: int, defaults: dict[str, Any]) -> None:
        self._defaults = defaults
        self._interrupted = Interrupted()
        self.runs = RunTable(most, _forgotten)

    def begin_chain(self, client: Callable[[], Client], run_id: uuid.UUID, name: str, inputs: Any, said: dict[str, Any]) -> None:
        """A graph, a graph's node, or any other chain begins."""
        parent = self.runs.get(said.get("parent_run_id"))
        if parent is None:
            graph = graph_at_hand()
            run = root_run(client(), name, inputs, said, graph, self._defaults)
            if not run.trace.is_owned:
                nodes.begin_node(run, "graph" if graph else "chain", inputs, said.get("tags"), said.get("metadata"), {})
        else:
            run = self._chain_within(parent, name, inputs, said)
        self.runs.add(run_id, run)

    def _chain_within(self, parent: Run, name: str, inputs: Any, said: dict[str, Any]) -> Run:
        run = Run(parent.trace, parent, name)
        tags, metadata = said.get("tags"), said.get("metadata") or {}
        if name == START or (tags and HIDDEN in tags):
            return run
        if "langgraph_step" in metadata:
            task = task_at_hand()
            if task is not None or _is_graph_node(tags):
                nodes.begin_graph_node(run, inputs, tags, metadata, task)
                return run
        graph = graph_at_hand()
        if graph is not None:
            run.path = GraphPath(graph.graph, parent.trace.began)
        run.is_parser = said.get("run_type") == "parser"
        if not run.is_parser and not (isinstance(inputs, dict) and "raw" in inputs):
            _record_waiting(parent)
        if _is_step_of_chain(parent):
            kind = "graph" if graph is not None else str(said.get("run_type") or "chain")
            nodes.begin_node(run, kind, inputs, tags, metadata, {})
        return run

    def begin_part(
        self, client: Client, run_id: uuid.UUID, kind: str, name: str, inputs: Any, said: dict[str, Any], more: dict[str, Any]
    ) -> None:
        """A tool or a retriever begins."""
        parent = self.runs.get(said.get("parent_run_id"))
        run = Run(parent.trace, parent, name) if parent else root_run(client, name, inputs, said, None, self._defaults)
        nodes.begin_node(run, kind, inputs, said.get("tags"), said.get("metadata"), more)
        self.runs.add(run_id, run)

    def begin_call(
        self, client: Client, run_id: uuid.UUID, serialized: Mapping[str, Any] | None, prompt: Any, said: dict[str, Any]
    ) -> None:
        """A model is called, with a text or with messages."""
        metadata, parameters = said.get("metadata") or {}, said.get("invocation_params") or {}
        describe = columns_of_completion if isinstance(prompt, str) else columns_of_chat
        columns = describe(prompt, serialized, metadata, parameters)
        parent = self.runs.get(said.get("parent_run_id"))
        if parent is None:
            asked = columns.get("user_prompt")
            run = root_run(client, said.get("name") or columns["model"], asked, said, None, self._defaults)
        else:
            run = Run(parent.trace, parent)
            _record_waiting(parent)
        model = columns.pop("model")
        generation = run.trace.workflow.start_generation(model, node=run.node, **columns)
        run.call = Call(generation, model, metadata_of(run.trace, said.get("name"), said, parameters))
        self.runs.add(run_id, run)

    def end(self, run_id: uuid.UUID, outputs: Any) -> None:
        """A run has ended well."""
        run = self._take(run_id)
        if run is None:
            return
        parent = run.parent
        if run.is_parser and parent is not None and parent.waiting:
            parent.waiting[-1].parsed(outputs)
        if run.waiting:
            _pass_on_waiting(run, outputs)
        if run.path is not None and (parent is not None or not run.trace.is_interrupted):
            nodes.skip_untaken(run)
        if run.owns_node:
            nodes.complete_node(run, outputs)
        if parent is None:
            run.trace.complete(outputs)

    def fail(self, run_id: uuid.UUID, error: BaseException) -> None:
        """An exception has ended a run; not each says that something went wrong."""
        run = self._take(run_id)
        if run is None:
            return
        if run.waiting:
            _pass_on_waiting(run, None)
        if bubbling.is_interrupt(error):
            self._stop(run, error)
        elif bubbling.is_command(error):
            self._complete_with_command(run, error)
        else:
            self._fail(run, error)

    def _stop(self, run: Run, error: BaseException) -> None:
        run.trace.is_interrupted = True
        # A graph's node goes on later as the same, unless the workflow ends with a scope; whatever it called is called again.
        goes_on = run.is_graph_node and run.trace.is_owned
        if run.owns_node and not goes_on and run.node is not None:
            run.node.end(output={"interrupted": bubbling.asked(error)})

    def _complete_with_command(self, run: Run, error: BaseException) -> None:
        if run.path is not None:
            nodes.skip_untaken(run)
        if run.owns_node:
            nodes.complete_node(run, error.args[0] if error.args else None)

    def _fail(self, run: Run, error: BaseException) -> None:
        if run.path is not None:
            nodes.skip_untaken(run)
        if run.owns_node:
            nodes.fail_node(run, error)
        if run.parent is None:
            run.trace.fail(error)

    def _take(self, run_id: uuid.UUID) -> Run | None:
        run = self.runs.take(run_id)
        if run is not None and run.activation is not None:
            run.activation.end()
        return run

    def token(self, run_id: uuid.UUID) -> None:
        """A piece of a model's answer has come."""
        run = self.runs.get(run_id)
        if run is not None and run.call is not None:
            run.call.token()

    def end_call(self, run_id: uuid.UUID, response: Any) -> None:
        """A model has answered."""
        run = self._take(run_id)
        if run is None or run.call is None:
            return
        run.call.answered(response)
        parent = run.parent
        if parent is not None and not run.call.is_parsed and (parent.is_chain_in_between or _is_chain(parent)):
            parent.waiting.append(run.call)
        else:
            run.call.record()
        if parent is None:
            run.trace.complete(run.call.output)

    def fail_call(self, run_id: uuid.UUID, error: BaseException, response: Any) -> None:
        """A call of a model has failed."""
        run = self._take(run_id)
        if run is None or run.call is None:
            return
        run.call.failed(error, response)
        run.call.record()
        if run.parent is None:
            run.trace.fail(error)

    def interrupted(self, run_id: uuid.UUID | None, checkpoint: str) -> None:
        """A graph has stopped at a checkpoint, and is to go on from there."""
        run = self.runs.get(run_id)
        if run is not None and run.parent is None and run.trace.is_owned:
            self._interrupted.leave(run, checkpoint)

    def resumed(self, run_id: uuid.UUID | None, checkpoint: str) -> None:
        """A graph goes on from a checkpoint."""
        run = self.runs.get(run_id)
        if run is not None and run.parent is None and run.trace.is_owned:
            self._interrupted.resume(run, checkpoint)


def _is_graph_node(tags: list[str] | None) -> bool:
    return any(tag.startswith("graph:step:") for tag in tags or ())


def _is_chain(run: Run) -> bool:
    return run.parent is None and run.path is None and run.call is None


def _is_step_of_chain(parent: Run) -> bool:
    """Whether what a chain runs is a step of the workflow: where the chain is the workflow."""
    return _is_chain(parent) and parent.trace.is_owned and not parent.owns_node


def _pass_on_waiting(run: Run, outputs: Any) -> None:
    """A chain has ended whose calls wait: they wait on with the chain around it, or are recorded."""
    if len(run.waiting) == 1 and isinstance(outputs, dict) and "raw" in outputs and outputs.get("parsed") is not None:
        run.waiting[0].parsed(outputs["parsed"])
    if run.is_chain_in_between and run.parent is not None and run.parent.is_chain_in_between:
        run.parent.waiting.extend(run.waiting)
        run.waiting = []
    _record_waiting(run)


def _record_waiting(run: Run) -> None:
    waiting, run.waiting = run.waiting, []
    for call in waiting:
        call.record()


def _forgotten(run: Run) -> None:
    """Too many runs have not ended. What is known of this one is recorded; that it still runs is all that can be said."""
    if run.activation is not None:
        run.activation.end()
    notices: Notices = run.trace.notices
    notices.refused("a run of LangChain's that did not end was forgotten; its workflow or node stays as it was")
    _record_waiting(run)
    if run.call is not None:
        run.call.record()
