"""What is recorded while the client ends, or afterwards: delivered, or kept for the next process, or refused, and never lost."""

import threading

import pytest

from support.programs import python
from support.recorded import events, silent_client
from support.waiting import wait_until
from tracewire.spool import spool_names


@pytest.mark.parametrize("how", ["atexit", "finalize", "no thread"])
def test_what_is_recorded_at_the_very_end_of_a_program_is_delivered_by_the_next(tmp_path, collector, client_of, how):
    process = python("late.py", collector.address, tmp_path / "spool", how)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "True\n"), out + said
    assert collector.value("SELECT status FROM workflows") == "running"
    assert len(spool_names(str(tmp_path / "spool"))) == 1
    client_of(collector.address).shutdown(timeout=30)
    assert collector.value("SELECT status FROM workflows") == "completed"
    assert spool_names(str(tmp_path / "spool")) == []


def test_what_is_recorded_at_the_very_end_without_a_spool_is_refused(collector):
    process = python("late.py", collector.address, "memory", "atexit")
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "False\n"), out + said
    assert "the process has delivered what it had, and ends" in said


def test_a_program_that_says_nothing_at_its_very_end_leaves_nothing(tmp_path, collector):
    process = python("ending.py", collector.address, tmp_path / "spool", "end")
    process.communicate(timeout=60)
    assert spool_names(str(tmp_path / "spool")) == []


class Gate:
    """A mask that stands still once it is closed, until it is opened again."""

    def __init__(self):
        self.is_closed = False
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, field, value):
        if self.is_closed:
            self.reached.set()
            assert self.open.wait(timeout=60)
        return value


def test_a_record_that_is_still_being_made_when_the_client_ends_is_refused(tmp_path, collector, client_of):
    mask, ended = Gate(), []
    client = client_of(collector.address, mask=mask)
    workflow = client.start_workflow("w", user_input="x")
    assert client.flush(timeout=20).is_complete
    mask.is_closed = True
    thread = threading.Thread(target=lambda: ended.append(workflow._record("workflow_end", None, {"final_itinerary": "x"})))
    thread.start()
    assert mask.reached.wait(timeout=20)
    client.shutdown(timeout=20)
    assert spool_names(str(tmp_path / "spool")) == []
    mask.open.set()
    thread.join(timeout=20)
    report = client.report()
    assert ended == [False]
    assert (report.committed, report.unknown, report.spooled, report.refused) == (1, 0, 0, 1)


def test_no_client_that_has_ended_makes_a_spool_again(tmp_path, client_of):
    client = client_of("127.0.0.1:1")
    client.shutdown(timeout=5)
    before = spool_names(str(tmp_path / "spool"))
    client._runtime = None
    with client._lock:
        thread = threading.Thread(target=client._current)
        thread.start()
    thread.join(timeout=20)
    assert client._runtime is None
    assert spool_names(str(tmp_path / "spool")) == before


def test_a_queue_that_is_closed_in_the_middle_of_a_call_keeps_what_the_call_records():
    """As by a handler of a signal that ends the client."""
    client = silent_client()
    client.start_workflow("w")
    queue = client._runtime.queue
    segment, closed = queue.segments[-1], []
    copy = segment.append

    def append(record):
        if not closed:
            closed.append(queue.close())
        return copy(record)

    segment.append = append
    assert client.start_workflow("outer").is_recording
    assert closed == [False]
    assert [one["name"] for one in events(client, "workflow_start")] == ["w", "outer"]
    workflow = client.start_workflow("after")
    assert not workflow._record("workflow_end", None, {"workflow": workflow.id.bytes, "status": 3})
    client.shutdown(timeout=0.0)


def test_threads_that_record_while_the_client_ends_are_told_the_truth(tmp_path, collector, client_of):
    """Every call that returned True has arrived; every other one was refused."""
    client = client_of(collector.address)
    workflow, told, begun = client.start_workflow("w"), [], threading.Event()

    def record():
        while True:
            node = workflow.start_node("n")
            if not workflow.record_generation("m"):
                break
            begun.set()
            told.append(node)

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert begun.wait(timeout=20)
    client.shutdown(timeout=20)
    for thread in threads:
        thread.join(timeout=20)
    client_of(collector.address).shutdown(timeout=30)
    wait_until(lambda: collector.value("SELECT count(*) FROM generations") == len(told))
    assert spool_names(str(tmp_path / "spool")) == []
