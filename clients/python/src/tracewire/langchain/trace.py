"""The workflow that a run belongs to, with everything that runs within it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tracewire.langchain import given
from tracewire.langchain.pregel import Turn
from tracewire.notices import Notices
from tracewire.workflow_handle import WorkflowHandle

if TYPE_CHECKING:
    from tracewire.client import Client


class Trace:
    """A workflow. Of a graph that keeps its state it begins when it is known which one it is, with the first node."""

    def __init__(self, client: Client, arguments: dict[str, Any], said: Mapping[str, Any]) -> None:
        self._client = client
        self._arguments = arguments
        self._tags = frozenset(said.get("tags") or ())
        self._metadata = said.get("metadata") or {}
        self._chosen = given.chosen_workflow(self._metadata)
        self._began = time.time()
        self._lock, self._process = threading.RLock(), os.getpid()
        self._workflow: WorkflowHandle | None = None
        #: Whether it ends with its run; not that of a scope, which the run only joined.
        self.is_owned = True
        #: Whether it goes on from an interrupt.
        self.is_continued = False
        #: Whether its nodes have ids that another process finds again.
        self.has_lasting_ids = False
        #: Whether the run stopped where it is to go on later.
        self.is_interrupted = False

    @classmethod
    def joining(cls, client: Client, workflow: WorkflowHandle, said: Mapping[str, Any]) -> Trace:
        """A run within the scope of a workflow."""
        trace = cls(client, {}, said)
        trace._workflow, trace.is_owned = workflow, False
        return trace

    @property
    def began(self) -> float:
        """In seconds since 1970."""
        return self._began

    @property
    def notices(self) -> Notices:
        """Where is said what goes wrong."""
        return self._client._notices

    @property
    def workflow(self) -> WorkflowHandle:
        """Its handle. It begins, at the latest, when somebody asks."""
        if self._workflow is None:
            self.begin(None)
        assert self._workflow is not None
        return self._workflow

    @property
    def has_begun(self) -> bool:
        """Whether it is known which workflow it is."""
        return self._workflow is not None

    def own_metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """What an application says of a part of the workflow, and not of the whole."""
        known, of_graphs = self._metadata, given.OF_GRAPHS
        own: dict[str, Any] = {}
        for name, value in metadata.items():
            # What a part inherits are the same objects, most often.
            if name in of_graphs or known.get(name) is value:
                continue
            if name not in known or known[name] != value:
                own[name] = value
        return given.own_metadata(own)

    def own_tags(self, tags: Iterable[str] | None) -> list[str]:
        """The tags that an application gave a part of the workflow, and not the whole."""
        known = self._tags
        return [tag for tag in tags or () if tag not in known and not tag.startswith(given.TAGS_FROM_LIBRARIES)]

    def begin(self, turn: Turn | None, *, resumed: bool = False) -> None:
        """Begins, or goes on, as the turn says that the run is part of."""
        with self._own_lock():
            if self._workflow is not None:
                return
            self.has_lasting_ids = turn is not None or self._chosen is not None
            if resumed and turn is not None and turn.is_continued:
                self.is_continued = True
                self._workflow = self._client.continue_workflow(self._chosen or turn.id, after=max(turn.step - 1, 0))
            elif resumed and turn is not None:
                self._start(self._chosen, {"repeats": str(turn.id)})
            else:
                self._start(self._chosen or (turn.id if turn is not None else None), {})

    def go_on(self, workflow: WorkflowHandle) -> None:
        """Goes on with a workflow that this process has interrupted."""
        with self._own_lock():
            if self._workflow is None:
                self._workflow = workflow
                self.has_lasting_ids = self.is_continued = True

    def _own_lock(self) -> threading.RLock:
        """The lock; another one in the child of a fork, where a thread that is not there may hold it."""
        if self._process != os.getpid():
            self._lock, self._process = threading.RLock(), os.getpid()
        return self._lock

    def _start(self, id: UUID | None, more: dict[str, Any]) -> None:
        arguments = dict(self._arguments)
        if more:
            arguments["metadata"] = {**(arguments.get("metadata") or {}), **more}
        self._workflow = self._client.start_workflow(arguments.pop("name"), id=id, at=self._began, **arguments)

    def complete(self, outputs: Any) -> None:
        """Its run has ended, unless that was an interrupt."""
        if self.is_owned and not self.is_interrupted:
            intent, result = given.user_intent(outputs), given.final_itinerary(outputs)
            self.workflow.end(user_intent=intent, final_itinerary=result)

    def fail(self, error: BaseException) -> None:
        """An exception has ended its run."""
        if self.is_owned:
            self.workflow.end_with(error)
