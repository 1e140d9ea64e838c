"""A client: what records, and delivers what was recorded."""

from __future__ import annotations

import collections
import logging
import os
import threading
import time
import weakref
import zlib
from typing import Any

from tracewire.configuration import Configuration, wrong_configuration
from tracewire.events import encode_record
from tracewire.identifiers import NIL, Identifier
from tracewire.notices import Notices, general, never_raises
from tracewire.policy import Policy
from tracewire.report import DeliveryReport
from tracewire.runtime import Runtime
from tracewire.scopes import WorkflowScope
from tracewire.times import Moment, now_ms
from tracewire.unrecorded import AFTER_SHUTDOWN, RefusedWorkflow, silent_workflow
from tracewire.workflow_handle import WorkflowHandle, chosen_identity

_MOST_USERS = 10_000
#: Seconds until what records is made again, where that failed.
_TRY_AGAIN = 5.0


class Client:
    """Records workflows and sends them to a collector. `tracewire.init` makes one; a program may have several.

    It may be used from any thread. Nothing here raises, or waits for the collector, but `flush` and `shutdown`, which say
    how long.
    """

    def __init__(self, configuration: Configuration | None = None, _error: str | None = None) -> None:
        self._notices = Notices()
        try:
            self.configuration = (configuration or Configuration()).clamped()
        except Exception as error:
            self.configuration, _error = Configuration(enabled=False), wrong_configuration(error)
            self._notices.once(logging.ERROR, f"{_error}; nothing is recorded")
        self._policy = Policy(self.configuration.mask, self.configuration.value_limit, self._notices)
        self._error = _error
        self._users: collections.OrderedDict[tuple[str, str | None], None] = collections.OrderedDict()
        self._closed = False
        self._making = False
        #: When what records is made again at the earliest, should that have failed.
        self._retry_at = 0.0
        self._lock = threading.RLock()
        self._ended: Runtime | None = None
        self._runtime: Runtime | None = None
        _clients.add(self)
        if self.configuration.enabled:
            self._current()

    @property
    def is_recording(self) -> bool:
        """Whether anything is recorded."""
        return self.configuration.enabled and not self._closed

    @never_raises()
    def _current(self) -> Runtime | None:
        """What this process records with."""
        if self._runtime is not None or self._closed or time.monotonic() < self._retry_at:
            return self._runtime
        with self._lock:
            if self._runtime is None and not (self._making or self._closed):
                self._making, self._retry_at = True, time.monotonic() + _TRY_AGAIN
                try:
                    self._runtime = Runtime(self.configuration, self._notices)
                finally:
                    self._making = False
            return self._runtime

    def _forked(self) -> None:
        """In the child of a fork: what is recorded here goes into a spool of its own, from the first record on."""
        runtime, self._runtime, self._ended = self._runtime, None, None
        self._lock, self._making, self._retry_at = threading.RLock(), False, 0.0
        self._notices.renew()
        if runtime is not None:
            runtime.forget()

    def start_workflow(
        self,
        name: str,
        *,
        user: str | None = None,
        email: str | None = None,
        session: str | None = None,
        user_input: Any = None,
        input_type: str | None = None,
        time_settings: Any = None,
        date_theme: Any = None,
        user_intent: Any = None,
        search_radius: int | None = None,
        tags: Any = None,
        metadata: Any = None,
        id: Identifier | None = None,
        at: Moment | None = None,
    ) -> WorkflowHandle:
        """Begins a workflow.

        Args:
            name: what kind of workflow it is; like `user`, `email` and `input_type` at most 1,024 bytes.
            user: for whom it runs.
            email: the user's.
            session: what several workflows have in common, such as a conversation; it is recorded in `metadata`.
            user_input: what was asked; a text, or any object as its JSON.
            tags: any object, usually a list of texts; they cannot be changed later. So with `metadata`.
            id: its identity, where you have one; by default a new one.
            at: when it began; by default now.
        """
        workflow = self._begin(id)
        if not workflow.is_recording:
            return workflow
        self._introduce(user, email)
        workflow._start(
            at,
            {
                "name": name, "username": user, "user_input": user_input, "input_type": input_type,
                "time_settings": time_settings, "date_theme": date_theme, "user_intent": user_intent,
                "search_radius": search_radius, "tags": tags, "metadata": _with_session(metadata, session),
            },
        )  # fmt: skip
        return workflow

    def continue_workflow(self, id: Identifier, *, after: int = 0) -> WorkflowHandle:
        """A workflow that was begun elsewhere: by another process, or by this one before it was interrupted.

        Args:
            after: the execution order of the last node that was made there; those made here stand behind it.
        """
        return self._begin(id, "running", self._policy.order(after) or 0)

    def workflow(self, name: str, **arguments: Any) -> WorkflowScope:
        """A scope as that of `tracewire.workflow`, with this client."""
        return WorkflowScope({"name": name, **arguments}, True, self)

    def _begin(self, id: Identifier | None, status: str = "", after: int = 0) -> WorkflowHandle:
        if not self.is_recording:
            return self._refused(AFTER_SHUTDOWN)
        identity = chosen_identity(id, self._notices)
        # By the identifier, so that whoever continues the workflow comes to the same.
        if zlib.crc32(identity) >= self.configuration.sample_rate * (1 << 32):
            return silent_workflow()
        return WorkflowHandle(self, identity, status, after)

    def _refused(self, why: str) -> WorkflowHandle:
        """What stands for a workflow that is refused itself."""
        if self.configuration.enabled:
            self._notices.refused(why)
        return self._refusing(why)

    def _refusing(self, why: str) -> WorkflowHandle:
        """What stands for a workflow that is missing, so that what belongs to it is refused."""
        return RefusedWorkflow(self._notices, why) if self.configuration.enabled else silent_workflow()

    @never_raises()
    def _introduce(self, user: str | None, email: str | None) -> None:
        """Says once of each user that there is one: workflows of users who are not known wait for them."""
        if not user or (user, email) in self._users:
            return
        if self._record("user", now_ms(), {"username": user, "email": email}, NIL):
            self._users[user, email] = None
            if len(self._users) > _MOST_USERS:
                self._users.popitem(last=False)

    def _record(self, event: str, at_ms: int, fields: dict[str, Any], workflow: bytes) -> bool:
        runtime = self._runtime or self._current()
        if runtime is None or self._closed:
            return self._not_recorded()
        record = encode_record(event, at_ms, self._policy.apply(fields))
        return runtime.queue.append(record, event, workflow)

    def _not_recorded(self) -> bool:
        """Counts a record that comes after the end, or for which there is nothing to record with."""
        if self._closed:
            self._notices.refused(AFTER_SHUTDOWN)
        else:
            self._notices.failure("nothing can be recorded now; it is tried again some seconds later")
        return False

    def flush(self, timeout: float = 5.0) -> DeliveryReport:
        """Waits until everything recorded before the call is answered, for `timeout` seconds at most.

        Not in a coroutine, whose loop would wait: `await asyncio.to_thread(client.flush)`.
        """
        self._flush(timeout)
        return self.report()

    @never_raises()
    def _flush(self, timeout: float) -> None:
        if self._runtime is not None:
            self._runtime.flush(timeout)

    def shutdown(self, timeout: float = 5.0) -> DeliveryReport:
        """Delivers what is left, for `timeout` seconds at most, and ends the client: what begins later is refused.

        What is not delivered in time stays in the spool; the next process that uses the directory delivers it.
        """
        self._shutdown(timeout)
        return self.report()

    @never_raises()
    def _shutdown(self, timeout: float) -> None:
        self._closed = True
        with self._lock:
            runtime, self._runtime = self._runtime, None
        if runtime is not None:
            self._ended = runtime
            runtime.shutdown(timeout)

    def report(self) -> DeliveryReport:
        """What became of everything recorded so far, in this process."""
        report = DeliveryReport(refused=self._notices.refusals, failures=self._notices.failures + general.failures)
        runtime = self._runtime or self._ended
        if runtime is not None:
            runtime.report_to(report)
        report.error = report.error or self._error
        return report


_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _forked() -> None:
    for client in list(_clients):
        client._forked()


os.register_at_fork(after_in_child=_forked)


def _with_session(metadata: Any, session: str | None) -> Any:
    if session is None:
        return metadata
    if metadata is None or isinstance(metadata, dict):
        return {**(metadata or {}), "session": session}
    return {"metadata": metadata, "session": session}
