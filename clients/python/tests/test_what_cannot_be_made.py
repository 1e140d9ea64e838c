"""Where there are no descriptors, threads or memory, nothing is left of an attempt, and it is not made again at every call."""

import errno
import gc
import math
import os
import sys
import threading

import pytest

from support.graphs import line
from tracewire.langchain import TracewireHandler
from tracewire.spool import spool_names


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def no_memory(*_, **__):
    raise MemoryError


def no_descriptors(*_, **__):
    raise OSError(errno.EMFILE, "Too many open files")


PLACES = {
    "no pipe": ("tracewire.sender.os.pipe2", no_descriptors),
    "no queue": ("tracewire.runtime.ClosingQueue", no_memory),
    "no segment": ("tracewire.store.SpoolStore.make", no_memory),
    "no sender": ("tracewire.runtime.Sender", no_memory),
}


@pytest.fixture(params=PLACES.values(), ids=PLACES)
def poor(request, monkeypatch):
    """As long as its `undo` was not called."""
    monkeypatch.setattr(*request.param)
    return monkeypatch


def test_nothing_is_left_of_what_could_not_be_made(tmp_path, client_of, poor):
    gc.collect()  # What earlier tests have left may hold some.
    before = descriptors()
    client = client_of("127.0.0.1:1")
    for _ in range(50):
        client._retry_at = 0.0
        client.start_workflow("w").end()
    assert descriptors() == before
    assert spool_names(str(tmp_path / "spool")) == []
    assert client.report().failures >= 50
    assert not client.report().is_complete


def test_it_is_not_tried_again_at_every_call(client_of, poor, monkeypatch):
    client, tried = client_of("127.0.0.1:1"), []
    monkeypatch.setattr(sys.modules["tracewire.client"], "Runtime", lambda *_: tried.append(1))
    for _ in range(50):
        assert not client.start_workflow("w").end()
    assert tried == []
    assert client.report().failures >= 100


def test_each_record_of_a_graph_that_cannot_be_made_is_counted(client_of, poor):
    client = client_of("127.0.0.1:1")
    client._retry_at = math.inf
    before = client.report().failures
    line("parse", "search").compile().invoke({"area": "seongsu", "log": []}, {"callbacks": [TracewireHandler(client=client)]})
    assert client.report().failures == before + 6


def test_it_is_tried_again_later(client_of, poor):
    client = client_of("127.0.0.1:1")
    poor.undo()
    client._retry_at = 0.0
    assert client.start_workflow("w").end()
    assert client.report().spooled == 2


def test_the_child_of_a_fork_tries_at_once(client_of, poor):
    client = client_of("127.0.0.1:1")
    child = os.fork()
    if child == 0:
        poor.undo()
        os._exit(0 if client.start_workflow("w").end() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_without_a_thread_the_spool_has_what_was_recorded(tmp_path, client_of, monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("can't start new thread")))
    client = client_of("127.0.0.1:1")
    assert client.start_workflow("w").end()
    report = client.shutdown(timeout=5)
    assert (report.spooled, report.failures) == (2, 0)
    assert client._ended._spool.owner._descriptor < 0
    assert len(spool_names(str(tmp_path / "spool"))) == 1
