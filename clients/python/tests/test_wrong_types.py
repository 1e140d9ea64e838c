"""What is of another type than it should be costs its own field, never the step that carries it, and is never said in the log."""

import pytest

from support.recorded import events, records

SECRET = "secret 5 km"


class Unwilling:
    """Cannot even be written."""

    def __float__(self):
        raise RuntimeError(SECRET)

    __int__ = __str__ = __repr__ = __float__


@pytest.fixture(autouse=True)
def nothing_of_it_is_logged(caplog):
    yield
    assert SECRET not in caplog.text


@pytest.mark.parametrize("radius", [SECRET, "", [], object(), Unwilling(), float("nan"), float("inf"), 1j])
def test_a_workflow_begins_whatever_its_radius_is(quiet_client, radius):
    workflow = quiet_client.start_workflow("w", search_radius=radius)
    assert workflow.end()
    assert [name for name, _ in records(quiet_client)] == ["workflow_start", "workflow_end"]
    assert "search_radius" not in events(quiet_client, "workflow_start")[0]
    assert (quiet_client.report().refused, quiet_client.report().failures) == (1, 0)


@pytest.mark.parametrize("order", ["first", -1, 1 << 40, float("nan")])
def test_a_node_begins_and_ends_whatever_its_numbers_are(quiet_client, order):
    """A start that says no order would wait for an announcement that does."""
    node = quiet_client.start_workflow("w").start_node("n", execution_order=order)
    assert node.execution_order == 1
    assert node.end(duration_ms=SECRET)
    (start,), (end,) = events(quiet_client, "node_start"), events(quiet_client, "node_end")
    assert start["execution_order"] == 1
    assert "duration_ms" not in end
    assert (quiet_client.report().refused, quiet_client.report().failures) == (2, 0)


def test_a_call_of_a_model_is_recorded_without_the_numbers_that_are_none(quiet_client):
    workflow = quiet_client.start_workflow("w")
    assert workflow.record_generation("m", temperature=SECRET, max_tokens=float("nan"), prompt_tokens=7, latency_ms=object())
    (call,) = events(quiet_client, "generation")
    assert call["prompt_tokens"] == 7
    assert not {"temperature", "max_tokens", "latency_ms"} & set(call)
    assert (quiet_client.report().refused, quiet_client.report().failures) == (3, 0)


def test_tokens_that_are_texts_are_added_as_numbers(quiet_client):
    call = quiet_client.start_workflow("w").start_generation("m")
    call.set_usage("1", "2")
    assert call.end()
    (call,) = events(quiet_client, "generation")
    assert (call["prompt_tokens"], call["completion_tokens"], call["total_tokens"]) == (1, 2, 3)


def test_a_number_that_is_none_is_measured_or_added_as_if_nothing_had_been_said(quiet_client):
    call = quiet_client.start_workflow("w").start_generation("m", at=1000, latency_ms=SECRET, total_tokens=SECRET)
    call.set_usage(1, 2)
    assert call.end(at=1002)
    (call,) = events(quiet_client, "generation")
    assert (call["total_tokens"], call["latency_ms"]) == (3, 2000)


def test_a_name_that_cannot_be_read_is_that_of_its_type(quiet_client):
    assert quiet_client.start_workflow(Unwilling()).end()
    assert events(quiet_client, "workflow_start")[0]["name"] == "<Unwilling: its repr raised RuntimeError>"


def test_a_workflow_goes_on_whatever_its_nodes_stood_behind(quiet_client):
    workflow = quiet_client.continue_workflow("01a208e3-44e8-76ee-aa75-e10884ecee1a", after=SECRET)
    assert workflow.start_node("n").execution_order == 1
    assert quiet_client.report().refused == 1


def test_what_goes_wrong_is_said_by_its_kind_and_place_only(quiet_client, caplog):
    def fails(fields):
        raise ValueError(SECRET)

    quiet_client._policy.apply = fails
    assert not quiet_client.start_workflow("w").end()
    assert any("(ValueError in fails)" in record.message for record in caplog.records)


def test_the_collector_takes_what_is_left(collector, client_of):
    client = client_of(collector.address)
    workflow = client.start_workflow("w", search_radius=SECRET)
    node = workflow.start_node("n", execution_order="first")
    node.record_generation("m", temperature="hot", prompt_tokens="x")
    node.end(duration_ms=SECRET)
    workflow.end()
    report = client.flush(timeout=30)
    assert (report.committed, report.parked, report.rejected, report.failures) == (5, 0, 0, 0)
