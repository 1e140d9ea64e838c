"""Handles: what is recorded of workflows, nodes and generations, and which steps are refused."""

import datetime
import threading
import time
import uuid

import pytest

import tracewire.openai
from support.recorded import events, records, silent_client, text


def test_a_workflow_is_recorded_with_all_that_is_said_of_it(quiet_client):
    workflow = quiet_client.start_workflow(
        "date_course",
        user="mina",
        email="mina@mail.example",
        session="s-1",
        user_input="성수에서",
        input_type="text",
        time_settings={"from": 18},
        date_theme=["calm"],
        user_intent={"area": None},
        search_radius=500,
        tags=["v2"],
        metadata={"build": 7},
        at=1_760_000_000.5,
    )
    workflow.set_user_intent({"area": "성수"})
    workflow.end("completed", final_itinerary=["tea"], at=1_760_000_001)
    (user,), (start,), (end,) = (events(quiet_client, name) for name in ("user", "workflow_start", "workflow_end"))
    assert (user["username"], user["email"]) == ("mina", "mina@mail.example")
    assert text(start["workflow"]) == str(workflow.id)
    start.pop("workflow")
    assert start == {
        "at_ms": 1_760_000_000_500, "username": "mina", "name": "date_course", "user_input": "성수에서",
        "input_type": "text", "time_settings": '{"from":18}', "date_theme": '["calm"]', "user_intent": '{"area":null}',
        "search_radius": 500, "tags": '["v2"]', "metadata": '{"build":7,"session":"s-1"}',
    }  # fmt: skip
    assert (end["status"], end["at_ms"]) == (3, 1_760_000_001_000)
    assert (end["user_intent"], end["final_itinerary"]) == ('{"area":"성수"}', '["tea"]')


def test_a_user_is_introduced_once(quiet_client):
    for _ in range(3):
        quiet_client.start_workflow("w", user="mina").end()
    quiet_client.start_workflow("w", user="mina", email="m@mail.example")
    assert [user.get("email") for user in events(quiet_client, "user")] == [None, "m@mail.example"]


def test_a_node_is_recorded_from_its_announcement_to_its_end(quiet_client):
    workflow = quiet_client.start_workflow("w")
    node = workflow.pending_node("search", type="tool", tags=["slow"], metadata={"a": 1})
    assert node.status == "pending"
    node.start(input={"area": "성수"})
    state = {"area": "성수"}
    node.set_state(state)
    state["area"] = "changed later"
    node.end("failed", output=[1], error_message="no", error_traceback="deep")
    (pending,), (start,), (end,) = (events(quiet_client, name) for name in ("node_pending", "node_start", "node_end"))
    assert (pending["node_name"], pending["node_type"], pending["execution_order"]) == ("search", "tool", 1)
    assert (pending["tags"], pending["metadata"]) == ('["slow"]', '{"a":1}')
    assert start["input_data"] == '{"area":"성수"}'
    assert end["state_data"] == '{"area":"성수"}'
    assert (end["output_data"], end["error_message"], end["error_traceback"]) == ("[1]", "no", "deep")
    assert end["status"] == 4
    assert end["duration_ms"] >= 0
    assert {one["node"] for one in (pending, start, end)} == {node.id.bytes}


def test_a_node_that_is_not_needed_is_skipped(quiet_client):
    node = quiet_client.start_workflow("w").pending_node("later", type="tool")
    assert node.skip(at=1_760_000_000)
    assert node.status == "skipped"
    (skip,) = events(quiet_client, "node_skip")
    assert skip["at_ms"] == 1_760_000_000_000


def test_nodes_stand_in_the_order_in_which_they_are_made(quiet_client):
    workflow = quiet_client.start_workflow("w")
    workflow.start_node("a")
    workflow.pending_node("b")
    workflow.start_node("c", execution_order=9)
    assert workflow.start_node("d").execution_order == 3


def test_a_generation_is_recorded_whole_when_it_ends(quiet_client):
    node = quiet_client.start_workflow("w").start_node("n")
    call = node.start_generation("gpt-4o", provider="openai", user_prompt=[{"role": "user"}], temperature=0.2, max_tokens=9)
    call.set(system_prompt="Be brief.", parsed_output={"a": 1})
    call.set_output("yes")
    call.set_usage(10, 5)
    call.set_metadata({"cached_tokens": 2})
    assert call.end()
    assert not call.end()
    (one,) = events(quiet_client, "generation")
    assert one.pop("latency_ms") >= 0
    assert one.pop("at_ms") > 0
    assert one == {
        "generation": call.id.bytes, "workflow": node.workflow.id.bytes, "node": node.id.bytes, "model_name": "gpt-4o",
        "model_provider": "openai", "system_prompt": "Be brief.", "user_prompt": '[{"role":"user"}]', "output": "yes",
        "parsed_output": '{"a":1}', "temperature": 0.2, "max_tokens": 9, "prompt_tokens": 10, "completion_tokens": 5,
        "total_tokens": 15, "metadata": '{"cached_tokens":2}',
    }  # fmt: skip


def test_a_generation_may_be_recorded_after_the_fact(quiet_client):
    workflow = quiet_client.start_workflow("w")
    identity = uuid.uuid4()
    assert workflow.record_generation("m", id=identity, at=1_760_000_003, latency_ms=250, error_message="upstream 503")
    (one,) = events(quiet_client, "generation")
    assert one["generation"] == identity.bytes
    assert "node" not in one
    assert (one["at_ms"], one["latency_ms"], one["error_message"]) == (1_760_000_003_000, 250, "upstream 503")


def test_the_time_of_a_generation_follows_from_its_given_times(quiet_client):
    call = quiet_client.start_workflow("w").start_generation("m", at=100.0)
    call.end(at=102.5)
    (one,) = events(quiet_client, "generation")
    assert one["latency_ms"] == 2500


@pytest.mark.parametrize("form", [lambda identity: identity, str, lambda identity: identity.bytes])
def test_identities_may_be_the_callers(quiet_client, form):
    identity = uuid.uuid4()
    assert quiet_client.start_workflow("w", id=form(identity)).id == identity


@pytest.mark.parametrize("identity", ["no", b"short", uuid.UUID(int=0), 5, object()])
def test_what_is_no_identity_is_replaced(quiet_client, identity):
    assert quiet_client.start_workflow("w", id=identity).id.version == 7
    assert quiet_client.report().refused == 1


def test_a_workflow_and_a_node_may_be_continued_by_their_identities(quiet_client):
    first = quiet_client.start_workflow("w")
    node = first.start_node("ask")
    again = quiet_client.continue_workflow(str(first.id), after=node.execution_order)
    assert again.status == "running"
    same = again.continue_node(node.id)
    assert same.end(state={"answer": 1})
    assert again.start_node("next").execution_order == 2
    assert again.end()
    names = [event for event, _ in records(quiet_client)]
    assert names == ["workflow_start", "node_start", "node_end", "node_start", "workflow_end"]


@pytest.mark.parametrize(
    ("steps", "recorded"),
    [
        (["end", "end"], 1),
        (["skip"], 0),
        (["start"], 0),
        (["end:completed", "end:failed"], 1),
        (["end:cancelled"], 0),
        (["end:nonsense"], 0),
    ],
)
def test_steps_of_a_running_node_that_are_not_allowed_are_refused(quiet_client, steps, recorded):
    node = quiet_client.start_workflow("w").start_node("n")
    before = len(records(quiet_client))
    taken = 0
    for step in steps:
        name, _, status = step.partition(":")
        taken += getattr(node, name)(*([status] if status else []))
    assert taken == recorded == len(records(quiet_client)) - before
    assert quiet_client.report().refused == len(steps) - recorded


def test_a_pending_node_cannot_end(quiet_client):
    node = quiet_client.start_workflow("w").pending_node("n")
    assert not node.end()
    assert node.status == "pending"


def test_of_two_threads_that_end_a_node_one_does(quiet_client):
    for _ in range(50):
        node = quiet_client.start_workflow("w").start_node("n")
        barrier, ended = threading.Barrier(4), []

        def end(node=node, barrier=barrier, ended=ended):
            barrier.wait()
            ended.append(node.end())

        threads = [threading.Thread(target=end) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(ended) == 1


def test_numbers_out_of_range_are_left_out_and_counted(quiet_client):
    workflow = quiet_client.start_workflow("w", search_radius=-1)
    workflow.record_generation("m", temperature=float("nan"), max_tokens=1 << 60, prompt_tokens=True, total_tokens="12")
    (one,) = events(quiet_client, "generation")
    assert "temperature" not in one
    assert "max_tokens" not in one
    assert (one["prompt_tokens"], one["total_tokens"]) == (1, 12)
    assert quiet_client.report().refused == 3


def test_names_are_kept_in_bounds(quiet_client):
    workflow = quiet_client.start_workflow("성" * 1000, user="")
    workflow.start_node("", type=5)
    (start,), (node,) = events(quiet_client, "workflow_start"), events(quiet_client, "node_start")
    assert start["name"].endswith("…")
    assert len(start["name"].encode()) <= 1024
    assert "username" not in start
    assert (node["node_name"], node["node_type"]) == ("unnamed", "5")


def test_moments_may_be_datetimes_and_nonsense_is_now(quiet_client):
    moment = datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc)
    quiet_client.start_workflow("w", at=moment)
    before = int(time.time() * 1000)
    quiet_client.start_workflow("w", at="yesterday")
    first, second = events(quiet_client, "workflow_start")
    assert first["at_ms"] == int(moment.timestamp() * 1000)
    assert second["at_ms"] >= before


def test_sampling_is_decided_by_the_identity_for_all_of_a_workflow():
    client = silent_client(sample_rate=0.5)
    handles = [client.start_workflow("w") for _ in range(400)]
    recorded = [one for one in handles if one.is_recording]
    assert 100 < len(recorded) < 300
    for handle in handles:
        handle.start_node("n").end()
    assert len(events(client, "node_end")) == len(recorded)
    again = silent_client(sample_rate=0.5)
    identities = [handle.id for handle in recorded]
    assert all(again.continue_workflow(identity).is_recording for identity in identities)
    client.shutdown(0.0)
    again.shutdown(0.0)


def test_a_client_that_is_switched_off_records_nothing():
    client = silent_client(enabled=False)
    workflow = client.start_workflow("w", user="mina", user_input=object())
    node = workflow.start_node("n", input={})
    node.set_state({})
    assert not node.end()
    assert not workflow.record_generation("m")
    assert not workflow.end()
    assert workflow.id == uuid.UUID(int=0)
    assert client.report().is_complete


def test_nothing_is_recorded_after_the_end_of_the_client(quiet_client):
    workflow = quiet_client.start_workflow("w")
    quiet_client.shutdown(timeout=0.0)
    assert not workflow.is_recording
    assert not workflow.end()
    assert not quiet_client.start_workflow("w").is_recording
    assert quiet_client.report().unknown == quiet_client.report().refused == 1


def test_what_goes_wrong_and_belongs_to_no_client_is_in_the_reports_of_all(quiet_client):
    assert quiet_client.report().failures == 0
    tracewire.openai.wrap("no client")
    report = quiet_client.report()
    assert report.failures == 1
    assert not report.is_complete
