"""Nothing grows without a bound; what gives way is counted, and the collector told."""

import ctypes
import math
import os
import subprocess
import time

import pytest

from support.fake_collector import FakeCollector
from support.programs import python
from support.recorded import records
from support.waiting import wait_until
from tracewire import messages
from tracewire.segment import PAGE
from tracewire.spool import spool_names

STATE = {"text": "x" * 3000}
LIMIT = 1 << 20


def flood(client, workflows=40, nodes=20):
    """Records much more than the limit."""
    handles = [client.start_workflow("flood", user_input="x" * 500) for _ in range(workflows)]
    for workflow in handles:
        for _ in range(nodes):
            node = workflow.start_node("n", input=STATE)
            node.record_generation("m", output="y" * 2000)
            node.end(state=STATE)
        workflow.end(final_itinerary=STATE)
    return handles


def settings(place, tmp_path):
    spool = "memory" if place == "memory" else str(tmp_path / "spool")
    return {"spool": spool, "memory_limit": LIMIT, "spool_limit": LIMIT, "segment_bytes": 64 << 10}


@pytest.mark.parametrize("place", ["memory", "file"])
def test_payloads_give_way_before_the_steps_of_workflows_and_nodes(tmp_path, collector, client_of, place):
    collector.stop()
    client = client_of(collector.address, **settings(place, tmp_path))
    handles = flood(client)
    queue = client._runtime.queue
    assert queue.held_in_files + queue.held_in_memory <= LIMIT
    report = client.report()
    assert report.payloads_shed > 0
    assert (report.spooled > 0) == (place == "file")
    collector.start()
    report = client.flush(timeout=30)
    report = client.flush(timeout=30)
    assert report.unknown == 0
    assert report.rejected == report.parked == 0
    # Every step is there, whatever else is not.
    assert collector.value("SELECT count(*) FROM workflows WHERE status = 'completed'") == len(handles)
    assert collector.value("SELECT count(*) FROM nodes WHERE status = 'completed'") == len(handles) * 20
    kept = collector.value("SELECT count(*) FROM generations")
    assert kept + report.shed == len(handles) * 20
    told = collector.rows("SELECT sum(records) AS records, sum(payloads) AS payloads FROM sheds")[0]
    assert (told["records"] or 0, told["payloads"]) == (report.shed, report.payloads_shed)


def test_the_oldest_payloads_go_first(tmp_path, collector, client_of):
    collector.stop()
    client = client_of(collector.address, **settings("file", tmp_path))
    first = client.start_workflow("first")
    for _ in range(100):
        first.start_node("n", input=STATE).end()
    last = client.start_workflow("last")
    queue = client._runtime.queue
    while queue.held_in_files < LIMIT * 3 // 4:
        last.start_node("n", input=STATE)
    wait_until(lambda: client.report().payloads_shed > 0)
    collector.start()
    client.flush(timeout=30)
    count = "SELECT count(*) FROM nodes n JOIN workflows w ON w.id = n.workflow_id WHERE input_data IS NULL AND w.name = "
    assert collector.value(count + "'first'") > 0
    assert collector.value(count + "'last'") == 0


def test_what_was_shed_is_said_even_if_the_process_died(tmp_path, collector):
    process = python("shedding.py", "127.0.0.1:1", tmp_path / "spool")
    out, said = process.communicate(timeout=60)
    assert process.returncode == -9, said
    shed, payloads = map(int, out.split())
    collector.run("forward", str(tmp_path / "spool"))
    told = collector.rows("SELECT sum(records) AS records, sum(payloads) AS payloads FROM sheds")[0]
    assert told["records"] >= shed > 0
    assert told["payloads"] >= payloads > 0


def test_python_says_what_a_dead_process_has_shed(tmp_path, collector, client_of):
    process = python("shedding.py", collector.address, tmp_path / "spool")
    collector.stop()
    out, _ = process.communicate(timeout=60)
    shed, payloads = map(int, out.split())
    collector.start()
    client_of(collector.address).shutdown(timeout=30)
    told = collector.rows("SELECT sum(records) AS records, sum(payloads) AS payloads FROM sheds")[0]
    assert told["records"] >= shed > 0
    assert told["payloads"] >= payloads > 0
    assert spool_names(str(tmp_path / "spool")) == []


@pytest.mark.parametrize("largest", [100 << 10, 512])
def test_a_disk_that_is_full_leaves_records_in_memory(tmp_path, collector, largest):
    process = python("limited.py", collector.address, tmp_path / "spool", largest)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, out + said
    assert out.count("wait in memory") == 1
    assert "False True" in out
    assert collector.value("SELECT count(*) FROM nodes WHERE length(state_data) = 5002") == 300
    assert spool_names(str(tmp_path / "spool")) == []


@pytest.fixture
def small_disk(tmp_path):
    """A file system with room for little."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", place]).returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    assert ctypes.CDLL(None, use_errno=True).umount2(str(place).encode(), 2) == 0


def test_a_disk_that_fills_up_costs_nothing_that_fits_in_memory(small_disk, collector, client_of):
    collector.stop()
    client = client_of(collector.address, spool=str(small_disk / "spool"), segment_bytes=64 << 10)
    workflow = client.start_workflow("w")
    for _ in range(300):
        workflow.start_node("n").end(state=STATE)
    queue = client._runtime.queue
    assert queue.held_in_files > 0
    assert queue.held_in_memory > 0
    collector.start()
    assert client.flush(timeout=30).is_complete
    assert collector.value("SELECT count(*) FROM nodes WHERE state_data IS NOT NULL") == 300


def test_a_spool_that_cannot_be_made_is_said_once(client_of, collector, caplog):
    client = client_of(collector.address, spool="/dev/null/spool")
    client.start_workflow("w").end()
    assert client.flush(timeout=20).committed == 2
    (said,) = [record.message for record in caplog.records if "memory" in record.message]
    assert said.startswith("tracewire: no spool can be made; records wait in memory (NotADirectoryError: ")


def test_what_crashed_processes_left_counts_to_the_limit(tmp_path, client_of):
    left = tmp_path / "spool" / "01a208e3-44e8-76ee-aa75-e10884ecee1a"
    left.mkdir(parents=True)
    (left / "0000000000000001.segment").write_bytes(b"\1" * (LIMIT * 2))
    client = client_of("127.0.0.1:1", **settings("file", tmp_path))
    client.start_workflow("w")
    assert client._runtime.queue.held_in_memory > 0
    assert client.report().spooled == 0


def test_a_record_that_is_larger_than_a_segment_has_one_of_its_own(tmp_path, client_of):
    client = client_of("127.0.0.1:1", segment_bytes=64 << 10)
    workflow = client.start_workflow("w")
    workflow.start_node("n", input="x" * 300_000)
    workflow.end()
    sizes = [segment.capacity for segment in client._runtime.queue.segments]
    assert sizes[1] % PAGE == 0
    assert sizes[1] > 300_000
    assert len(sizes) == 2


def test_a_record_that_this_collector_never_takes_leaves_word_of_it(client_of):
    fake = FakeCollector(acknowledged=99, limits={"batch_bytes": 2048})
    client = client_of(fake.address, compression="none")
    workflow = client.start_workflow("w")
    workflow.start_node("n", input="x" * 5000)
    workflow.end()
    report = client.flush(timeout=20)
    client.shutdown(timeout=5)
    fake.stop()
    assert (report.refused, report.unknown) == (1, 0)
    sent = [record for _, _, body, _ in fake.batches for record in messages.decode("Batch", body)["records"]]
    assert ["workflow_shed" in record for record in sent] == [False, True, False]
    assert sent[1]["workflow_shed"]["workflow"] == workflow.id.bytes


def test_the_log_and_the_program_never_see_what_fails_within(quiet_client, caplog):
    quiet_client._policy.apply = None
    workflow = quiet_client.start_workflow("w")
    assert not workflow.start_node("n").end()
    assert not workflow.end()
    assert quiet_client.report().failures > 0
    assert len([record for record in caplog.records if "failed, and recorded nothing" in record.message]) <= 5
    assert records(quiet_client) == []


def test_a_handler_of_a_signal_may_record_in_the_middle_of_a_call(quiet_client):
    """As a destructor may: the lock is held by the very thread that comes again."""
    queue = quiet_client._runtime.queue
    inner = quiet_client.start_workflow("inner")
    with queue.lock:
        queue._busy = True
        assert inner.end()
        queue._busy = False
    quiet_client.start_workflow("outer")
    assert [event for event, _ in records(quiet_client)] == ["workflow_start", "workflow_start", "workflow_end"]


def test_a_sender_with_nothing_to_do_waits_for_ever(collector, client_of):
    client = client_of(collector.address)
    client.start_workflow("w").end()
    assert client.flush(timeout=20).is_complete
    sender = client._runtime._sender
    assert sender.link.advance(time.monotonic()) == math.inf
    assert sender._outbox.due_at() is None
    assert sender._worth_waking(math.inf) == 1
