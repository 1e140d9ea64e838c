"""What was recorded before the process died is delivered, and once."""

import random
import subprocess
import time

import pytest

from support.places import RECORDING_HOST, TRACEWIRE
from support.programs import python, returned
from tracewire.spool import spool_names

NODES = "SELECT w.name, count(*) AS nodes FROM nodes n JOIN workflows w ON w.id = n.workflow_id GROUP BY w.name"


def spools(directory):
    return spool_names(str(directory))


def wait_for(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.005)


def nodes_by_name(collector):
    return {row["name"]: row["nodes"] for row in collector.rows(NODES)}


def killed(tmp_path, address, name, count, life):
    """A recorder that kills itself; how many calls had returned."""
    progress = tmp_path / f"{name}.progress"
    process = python("recorder.py", tmp_path / "spool", address, progress, name, count, life)
    _, said = process.communicate(timeout=60)
    assert process.returncode == -9, said
    return returned(progress)


def deliver(client_of, collector):
    """A client that records nothing, and delivers what others have left."""
    report = client_of(collector.address).shutdown(timeout=30)
    assert report.is_complete, report


def check(collector, expected):
    found = nodes_by_name(collector)
    for name, calls in expected.items():
        # The call that was under way when the process died may have come as well.
        assert calls <= found[name] <= calls + 1, name
    assert collector.value("SELECT count(*) FROM rejected_records") == 0
    assert collector.value("SELECT count(*) FROM parked_records") == 0
    assert collector.value("SELECT count(*) - count(DISTINCT uuid) FROM nodes") == 0


def test_a_program_that_is_killed_at_any_instant_loses_nothing(tmp_path, collector, client_of):
    chance = random.Random(9)
    expected = {}
    for number in range(12):
        name = f"killed {number}"
        expected[name] = killed(tmp_path, collector.address, name, 1_000_000, chance.uniform(0, 0.25))
    deliver(client_of, collector)
    check(collector, expected)
    assert spools(tmp_path / "spool") == []
    assert sum(expected.values()) > 100


def test_what_was_recorded_without_a_collector_is_delivered_by_the_next_process(tmp_path, collector, client_of):
    collector.stop()
    expected = {
        f"lonely {number}": killed(tmp_path, collector.address, f"lonely {number}", 1_000_000, 0.1) for number in range(3)
    }
    collector.start()
    deliver(client_of, collector)
    check(collector, expected)
    assert sum(expected.values()) > 100


def test_a_spool_is_delivered_under_its_own_producer_and_in_order(tmp_path, collector, client_of):
    collector.stop()
    calls = killed(tmp_path, collector.address, "lonely", 1_000_000, 0.1)
    (name,) = spools(tmp_path / "spool")
    producer = (tmp_path / "spool" / name / "owner").read_bytes()[8:24].hex()
    collector.start()
    deliver(client_of, collector)
    assert collector.value(f"SELECT count(*) FROM producers WHERE lower(hex(id)) = '{producer}'") == 1
    orders = [row["execution_order"] for row in collector.rows("SELECT execution_order FROM nodes ORDER BY id")]
    assert orders == list(range(1, len(orders) + 1))
    assert len(orders) >= calls


def test_a_process_that_runs_does_not_lose_its_spool_to_another(tmp_path, collector, client_of):
    writer = client_of(collector.address)
    writer.start_workflow("alive")
    client_of(collector.address).shutdown(timeout=10)
    assert len(spools(tmp_path / "spool")) == 1
    writer.start_workflow("still alive")
    assert writer.flush(timeout=10).committed == 2


def test_a_spool_that_is_meant_for_another_collector_is_left_alone(tmp_path, collector, client_of):
    killed(tmp_path, "127.0.0.1:1", "elsewhere", 1_000_000, 0.05)
    deliver(client_of, collector)
    assert len(spools(tmp_path / "spool")) == 1
    assert nodes_by_name(collector) == {}


def test_tracewire_forward_delivers_what_python_has_left(tmp_path, collector):
    expected = {f"python {number}": killed(tmp_path, "127.0.0.1:1", f"python {number}", 1_000_000, 0.1) for number in range(3)}
    collector.run("forward", str(tmp_path / "spool"))
    check(collector, expected)
    assert spools(tmp_path / "spool") == []


def test_python_delivers_what_swift_has_left(tmp_path, collector, client_of):
    expected = {}
    for number in range(4):
        name, progress = f"swift {number}", tmp_path / f"swift {number}"
        collector.stop()
        command = [RECORDING_HOST, tmp_path / "spool", collector.address, progress, name, "1000000", "50000", "record"]
        assert subprocess.run(list(map(str, command)), timeout=60).returncode == -9
        expected[name] = returned(progress)
        collector.start()
        if number % 2:
            # Some of it was sent, and perhaps committed, without the writer's knowledge.
            progress = tmp_path / f"sent {number}"
            command = [
                RECORDING_HOST,
                tmp_path / "spool",
                collector.address,
                progress,
                f"sent {number}",
                "1000000",
                "80000",
                "record",
            ]
            assert subprocess.run(list(map(str, command)), timeout=60).returncode == -9
            expected[f"sent {number}"] = returned(progress)
    deliver(client_of, collector)
    check(collector, expected)
    assert spools(tmp_path / "spool") == []
    assert sum(expected.values()) > 1000


def test_both_languages_share_a_directory_while_they_record(tmp_path, collector):
    spool, progress = tmp_path / "spool", tmp_path / "swift"
    command = [RECORDING_HOST, spool, collector.address, progress, "swift", "3000", "0", "record"]
    swift = subprocess.Popen(list(map(str, command)))
    others = [
        python("recorder.py", spool, collector.address, tmp_path / f"p{number}", f"python {number}", 3000, 0)
        for number in range(2)
    ]
    assert swift.wait(timeout=60) == 0
    for other in others:
        _, said = other.communicate(timeout=60)
        assert other.returncode == 0, said
    assert nodes_by_name(collector) == {"swift": 3000, "python 0": 3000, "python 1": 3000}
    assert spools(spool) == []


def test_a_collector_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path, collector):
    process = python("recorder.py", tmp_path / "spool", collector.address, tmp_path / "progress", "w", 40_000, 0)
    chance = random.Random(4)
    for _ in range(6):
        before = returned(tmp_path / "progress")
        wait_for(lambda before=before: returned(tmp_path / "progress") > before or process.poll() is not None)
        time.sleep(chance.uniform(0, 0.1))
        collector.kill()
        collector.start()
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, out + said
    assert nodes_by_name(collector) == {"w": 40_000}
    assert collector.value("SELECT count(*) FROM rejected_records") == 0


def test_a_delivery_that_is_killed_is_taken_up_by_the_next(tmp_path, collector, client_of):
    expected = {f"w{number}": killed(tmp_path, collector.address, f"w{number}", 1_000_000, 0.15) for number in range(2)}
    for _ in range(5):
        process = python(
            "recorder.py", tmp_path / "spool", collector.address, tmp_path / "p", f"deliverer {time.time()}", 1, 0.03
        )
        process.communicate(timeout=60)
    deliver(client_of, collector)
    check(collector, expected)
    assert spools(tmp_path / "spool") == []


@pytest.mark.parametrize("program", [TRACEWIRE, RECORDING_HOST])
def test_the_programs_that_the_tests_need_are_built(program):
    assert subprocess.run(["test", "-x", program]).returncode == 0, f"build {program} first"
