"""Forks, workers, and ways to end."""

import sys

import pytest

from support.programs import python
from tracewire.spool import spool_names


def run(program, *arguments, code=0):
    process = python(program, *arguments)
    out, said = process.communicate(timeout=60)
    assert process.returncode == code, out + said
    return out, said


def test_forks_record_into_spools_of_their_own(tmp_path, collector):
    run("forking.py", collector.address, tmp_path / "spool")
    names = [
        row["node_name"]
        for row in collector.rows(
            "SELECT node_name FROM nodes n JOIN workflows w ON w.id = n.workflow_id WHERE w.name = 'parent'"
        )
    ]
    assert sorted(name for name in names if name.startswith("child")) == [f"child {number}" for number in range(10)]
    assert names.count("in parent") == 10
    assert collector.value("SELECT count(*) FROM workflows WHERE status = 'completed'") == 2
    assert collector.value("SELECT count(*) FROM rejected_records") == 0
    # The parent, its children, and perhaps the one that was killed.
    assert collector.value("SELECT count(*) FROM producers") in (11, 12)
    collector.run("forward", str(tmp_path / "spool"))
    assert collector.value("SELECT count(*) FROM nodes WHERE node_name = 'left to others' AND status = 'running'") == 1
    assert spool_names(str(tmp_path / "spool")) == []


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing_deliver_before_they_end(tmp_path, collector, method):
    run("pool.py", collector.address, tmp_path / "spool", method)
    assert collector.value("SELECT count(*) FROM workflows WHERE status = 'completed'") == 14
    assert spool_names(str(tmp_path / "spool")) == []


@pytest.mark.parametrize(("how", "code"), [("end", 0), ("exception", 1), ("interrupt", -2)])
def test_a_program_delivers_what_is_left_when_it_ends(tmp_path, collector, how, code):
    run("ending.py", collector.address, tmp_path / "spool", how, code=code)
    assert collector.value("SELECT count(*) FROM nodes WHERE status = 'completed'") == 1
    assert collector.value("SELECT count(*) FROM workflows WHERE status = 'cancelled'") == (how == "interrupt")
    assert spool_names(str(tmp_path / "spool")) == []


def test_a_program_that_ends_without_its_destructors_leaves_its_spool(tmp_path, collector):
    run("ending.py", collector.address, tmp_path / "spool", "_exit")
    collector.run("forward", str(tmp_path / "spool"))
    assert collector.value("SELECT count(*) FROM nodes WHERE status = 'completed'") == 1


def test_a_program_without_a_collector_ends_and_leaves_its_spool(tmp_path):
    _, said = run("ending.py", "127.0.0.1:1", tmp_path / "spool", "end")
    assert said.startswith("tracewire: nothing is delivered, and what is recorded waits: 127.0.0.1:1 cannot be reached: ")
    assert len(said.splitlines()) == 1
    assert len(spool_names(str(tmp_path / "spool"))) == 1


def test_a_program_that_uses_nothing_of_the_package_starts_no_thread(tmp_path):
    import subprocess

    code = "import tracewire, threading; print(threading.active_count(), 'numpy' in __import__('sys').modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout
    assert out == "1 False\n"


def test_a_fork_keeps_none_of_its_parents_locks(tmp_path):
    """Else nobody could take over what the parent has left, as long as the child lives."""
    process = python("orphan.py", "127.0.0.1:1", tmp_path / "spool")
    out, said = process.communicate(timeout=60)
    assert out == "1\n0\n", out + said
