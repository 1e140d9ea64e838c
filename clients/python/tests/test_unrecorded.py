"""What is said where nothing can be recorded is not lost in silence: it is counted, and the log says it once."""

import os

import pytest

import tracewire
from support.recorded import events, records

OUTSIDE = "tracewire: outside of any workflow nothing is recorded"
AFTER = "tracewire: after shutdown() nothing is recorded"


def messages(caplog):
    """What the SDK has logged, but for what senders find out when they come to it, those of earlier tests among them."""
    found = [record.message for record in caplog.records if record.name == "tracewire"]
    return [message for message in found if not message.startswith("tracewire: nothing is delivered")]


def said(caplog, beginning):
    return [message for message in messages(caplog) if message.startswith(beginning)]


@tracewire.node
def node():
    return tracewire.current_node()


@tracewire.generation
def generation():
    return "a tea house"


def test_blocks_and_functions_outside_of_any_workflow_are_refused(default_client, caplog):
    with tracewire.node("n"):
        pass
    with tracewire.generation("m"):
        pass
    assert not node().is_recording
    assert generation() == "a tea house"
    report = default_client.report()
    assert (report.refused, report.unknown) == (4, 0)
    assert not report.is_complete
    assert said(caplog, OUTSIDE) == messages(caplog)
    assert len(messages(caplog)) == 1


def test_what_begins_in_a_node_outside_of_any_workflow_is_refused_too(default_client):
    with tracewire.node("n") as outer:
        outer.set_state({})
        outer.start_generation("m").end()
        assert not outer.record_generation("m")
        assert not outer.workflow.start_node("n").end()
        assert not outer.workflow.pending_node("n").skip()
        with tracewire.generation("m"):
            pass
    assert default_client.report().refused == 6
    assert records(default_client) == []


def test_what_belongs_to_a_workflow_is_not_refused(default_client, caplog):
    with tracewire.workflow("w") as workflow, tracewire.node("n") as node, tracewire.generation("m"):
        pass
    with tracewire.node("n", workflow=workflow), tracewire.generation("m", node=node):
        pass
    assert default_client.report().refused == 0
    assert said(caplog, OUTSIDE) == []


@pytest.mark.parametrize("settings", [{"enabled": False}, {"sample_rate": 0.0}], ids=["off", "not sampled"])
def test_nothing_is_refused_in_a_workflow_that_was_not_to_be_recorded(default_client_of, settings, caplog):
    client = default_client_of(**settings)
    with tracewire.workflow("w"), tracewire.node("n"), tracewire.generation("m"):
        pass
    assert client.report().refused == 0
    assert messages(caplog) == []


def test_a_client_that_is_off_refuses_nothing_anywhere(default_client_of, caplog):
    client = default_client_of(enabled=False)
    with tracewire.node("n"), tracewire.generation("m"):
        pass
    client.shutdown(timeout=0.0)
    with tracewire.workflow("w"), tracewire.node("n"):
        pass
    assert client.report().refused == 0
    assert messages(caplog) == []


def test_what_is_recorded_after_the_end_of_the_client_is_refused(default_client, caplog):
    tracewire.shutdown(timeout=0.0)
    with tracewire.workflow("w") as workflow, tracewire.node("n"):
        pass
    tracewire.continue_workflow(workflow.id).start_node("n")
    report = tracewire.report()
    assert (report.refused, report.unknown) == (4, 0)
    assert "4 refused" in str(report)
    assert len(said(caplog, AFTER)) == 1


def test_what_comes_as_the_client_ends_is_refused(quiet_client):
    workflow = quiet_client.start_workflow("w")
    quiet_client.shutdown(timeout=0.0)
    assert not workflow._record("workflow_end", None, {"workflow": workflow.id.bytes, "status": 3})
    assert quiet_client.report().refused == 1


def test_the_first_word_of_a_program_makes_the_client_that_counts_it(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr("tracewire.default._client", None)
    monkeypatch.setenv("TRACEWIRE_SPOOL", "memory")
    monkeypatch.setenv("TRACEWIRE_CONNECT", "127.0.0.1:1")
    with tracewire.node("n"):
        pass
    assert tracewire.shutdown(timeout=0.0).refused == 1
    assert len(said(caplog, OUTSIDE)) == 1


def test_refusing_goes_on_where_the_refused_node_has_ended(default_client):
    with tracewire.node("n") as outer:
        pass
    with tracewire.workflow("w"), tracewire.generation("m", node=outer):
        pass
    assert default_client.report().refused == 2
    assert events(default_client, "generation") == []


def test_a_child_of_a_fork_counts_from_nothing(default_client):
    with tracewire.node("of the parent"):
        pass
    child = os.fork()
    if child == 0:
        with tracewire.node("of the child"), tracewire.node("of the child"):
            pass
        os._exit(default_client.report().refused)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert default_client.report().refused == 1
