"""A fork may come at any moment: what another thread was in the middle of does not hold up the child."""

import types
import uuid

import pytest

from support.forks import Place, ends_in_a_child
from tracewire.langchain.roots import Interrupted
from tracewire.langchain.run import RunTable
from tracewire.langchain.trace import Trace


@pytest.fixture
def place():
    return Place()


def run_of(workflow=None):
    return types.SimpleNamespace(trace=types.SimpleNamespace(has_begun=True, workflow=workflow, is_interrupted=False), path=None)


def test_a_child_interrupts_graphs_although_another_thread_just_did(place):
    class Checkpoint(str):
        def __hash__(self):
            place.stand()
            return super().__hash__()

    interrupted = Interrupted()
    with place.reached_by(lambda: interrupted.leave(run_of(), Checkpoint("c-1"))):
        assert ends_in_a_child(lambda: interrupted.leave(run_of(), "c-2"), seconds=3)


def test_a_child_forgets_runs_although_another_thread_just_did(place):
    class Number(int):
        is_known = False

        def __hash__(self):
            if self.is_known:
                place.stand()
            return super().__hash__()

    table = RunTable(1, lambda run: None)
    oldest = Number(1)
    table.add(types.SimpleNamespace(int=oldest), run_of())
    oldest.is_known = True
    with place.reached_by(lambda: table.add(uuid.UUID(int=2), run_of())):
        oldest.is_known = False
        assert ends_in_a_child(lambda: table.add(uuid.UUID(int=3), run_of()), seconds=3)
    assert len(table) == 1


def test_a_child_begins_a_workflow_that_another_thread_was_about_to_begin(place):
    class Slow:
        def start_workflow(self, *_, **__):
            place.stand()
            return "workflow"

    client = Slow()
    trace = Trace(client, {"name": "planner"}, {})

    def begin():
        client.start_workflow = lambda *_, **__: "workflow of the child"
        assert trace.workflow == "workflow of the child"

    with place.reached_by(lambda: trace.begin(None)):
        assert ends_in_a_child(begin, seconds=3)
    assert trace.workflow == "workflow"
