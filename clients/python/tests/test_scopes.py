"""Blocks: how they end says how workflows, nodes and generations did."""

import asyncio
import concurrent.futures
import contextvars
import threading

import pytest

import tracewire
from support.recorded import events

COMPLETED, FAILED, CANCELLED = 3, 4, 5


def run(error=None, inner=None):
    with tracewire.workflow("w"), tracewire.node("n"), tracewire.generation("m"):
        if inner:
            inner()
        if error is not None:
            raise error


def statuses(client):
    (workflow,), (node,), (call,) = (events(client, name) for name in ("workflow_end", "node_end", "generation"))
    return workflow["status"], node["status"], node.get("error_message"), call.get("error_message")


@pytest.mark.parametrize(
    ("error", "workflow", "node", "message"),
    [
        (None, COMPLETED, COMPLETED, None),
        (ValueError("no"), FAILED, FAILED, "ValueError: no"),
        (KeyError("k"), FAILED, FAILED, "KeyError: 'k'"),
        (RuntimeError(), FAILED, FAILED, "RuntimeError"),
        (asyncio.CancelledError(), CANCELLED, FAILED, "CancelledError"),
        (concurrent.futures.CancelledError(), CANCELLED, FAILED, "CancelledError"),
        (KeyboardInterrupt(), CANCELLED, FAILED, "KeyboardInterrupt"),
        (GeneratorExit(), CANCELLED, COMPLETED, None),
        (SystemExit(0), COMPLETED, COMPLETED, None),
        (SystemExit(2), FAILED, FAILED, "SystemExit: 2"),
    ],
    ids=repr,
)
def test_how_a_block_ends_says_how_its_workflow_did(default_client, error, workflow, node, message):
    if error is None:
        run()
    else:
        with pytest.raises(type(error)):
            run(error)
    assert statuses(default_client) == (workflow, node, message, message)


def test_a_failed_node_has_the_traceback_with_its_causes(default_client):
    def fail():
        try:
            int("x")
        except ValueError as error:
            raise LookupError("not there") from error

    with pytest.raises(LookupError):
        run(inner=fail)
    (node,) = events(default_client, "node_end")
    assert "invalid literal" in node["error_traceback"]
    assert "direct cause" in node["error_traceback"]
    assert node["error_traceback"].endswith("LookupError: not there\n")


def test_an_exception_that_cannot_be_read_is_named(default_client):
    class Unreadable(Exception):
        def __str__(self):
            raise RuntimeError

    with pytest.raises(Unreadable):
        run(Unreadable())
    (node,) = events(default_client, "node_end")
    assert "its message cannot be read" in node["error_message"]


def test_who_ends_a_handle_within_the_block_has_the_last_word(default_client):
    with tracewire.workflow("w") as workflow, tracewire.node("n") as node:
        node.end("failed", error_message="bad answer")
        workflow.end("cancelled")
    assert statuses_of_ends(default_client) == [CANCELLED, FAILED]
    assert default_client.report().refused == 0


def statuses_of_ends(client):
    return [events(client, "workflow_end")[0]["status"], events(client, "node_end")[0]["status"]]


def test_what_is_left_running_is_not_ended_by_its_block(default_client):
    with tracewire.workflow("w") as workflow, tracewire.node("ask") as node:
        node.leave_running()
        workflow.leave_running()
    assert events(default_client, "workflow_end") == events(default_client, "node_end") == []
    resumed = tracewire.continue_workflow(workflow.id)
    assert resumed.continue_node(node.id).end()
    assert resumed.end()


def test_a_block_knows_its_workflow_and_node(default_client):
    assert tracewire.current_workflow() is tracewire.current_node() is None
    with tracewire.workflow("w") as workflow:
        assert (tracewire.current_workflow(), tracewire.current_node()) == (workflow, None)
        with tracewire.node("a") as outer, tracewire.node("b") as inner:
            assert tracewire.current_node() is inner
            with tracewire.generation("m") as call:
                assert tracewire.current_node() is inner
        assert outer.workflow is inner.workflow is workflow
    assert tracewire.current_workflow() is None
    (one,) = events(default_client, "generation")
    assert one["node"] == inner.id.bytes
    assert one["generation"] == call.id.bytes


def test_outside_of_a_workflow_nothing_is_recorded(default_client):
    with tracewire.node("n") as node, tracewire.generation("m") as call:
        node.set_state({})
        call.set_output("x")
    assert not node.is_recording
    assert default_client.report().unknown == 0
    assert default_client.report().refused == 2


def test_a_workflow_within_another_one_is_one_of_its_own(default_client):
    with tracewire.workflow("outer") as outer:
        with tracewire.workflow("inner") as inner, tracewire.node("n") as node:
            assert node.workflow is inner
        assert tracewire.current_workflow() is outer
    assert len(events(default_client, "workflow_end")) == 2


def test_a_thread_enters_the_scope_of_a_handle(default_client):
    with tracewire.workflow("w") as workflow:

        def work():
            assert tracewire.current_workflow() is None
            with workflow.activate(), tracewire.node("in thread") as node, node.activate():
                assert tracewire.current_node() is node

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    (start,) = events(default_client, "node_start")
    assert start["workflow"] == workflow.id.bytes


def test_a_parent_may_be_named(default_client):
    workflow = tracewire.start_workflow("w")
    with tracewire.node("n", workflow=workflow) as node, tracewire.workflow("other"):
        with tracewire.generation("m", node=node):
            pass
        with tracewire.generation("m", workflow=workflow):
            pass
    first, second = events(default_client, "generation")
    assert (first["workflow"], first["node"]) == (workflow.id.bytes, node.id.bytes)
    assert second["workflow"] == workflow.id.bytes
    assert "node" not in second


def test_tasks_of_a_workflow_inherit_it_and_do_not_disturb_each_other(default_client):
    async def step(name):
        async with tracewire.node(name) as node:
            await asyncio.sleep(0)
            assert tracewire.current_node() is node

    async def main():
        async with tracewire.workflow("w") as workflow:
            await asyncio.gather(*(step(f"n{number}") for number in range(20)))
            assert tracewire.current_node() is None
            return workflow

    workflow = asyncio.run(main())
    starts = events(default_client, "node_start")
    assert {start["workflow"] for start in starts} == {workflow.id.bytes}
    assert sorted(start["execution_order"] for start in starts) == list(range(1, 21))


def test_a_task_that_is_cancelled_leaves_a_cancelled_workflow(default_client):
    async def main():
        async def work():
            async with tracewire.workflow("w"), tracewire.node("n"):
                await asyncio.sleep(60)

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert statuses_of_ends(default_client) == [CANCELLED, FAILED]


def test_a_scope_may_be_left_in_another_context_than_it_was_entered_in(default_client):
    scope = tracewire.workflow("w")
    workflow = contextvars.copy_context().run(scope.__enter__)
    contextvars.copy_context().run(scope.__exit__, None, None, None)
    assert workflow.status == "completed"


def test_arguments_that_do_not_exist_raise_nothing_and_are_counted(default_client):
    with tracewire.workflow("w", colour="red") as workflow:
        assert not workflow.is_recording
    assert default_client.report().failures == 1


def test_a_generator_that_ends_elsewhere_changes_nothing_there(default_client):
    def items():
        with tracewire.workflow("w"), tracewire.node("n"):
            yield 1

    generator = items()
    next(generator)
    with tracewire.workflow("other") as other:
        generator.close()
        assert tracewire.current_workflow() is other
    assert [end["status"] for end in events(default_client, "workflow_end")] == [CANCELLED, COMPLETED]
