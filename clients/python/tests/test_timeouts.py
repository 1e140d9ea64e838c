"""`flush` and `shutdown` wait as long as they are told, and not longer, whatever the sender is at."""

import math
import socket
import threading
import time

import pytest

from support.waiting import wait_until


@pytest.fixture
def slow_names(monkeypatch):
    """Looking up a host's name takes until the event is set."""
    answer, asked = threading.Event(), threading.Event()

    def look_up(*_, **__):
        asked.set()
        assert answer.wait(timeout=60)
        raise OSError("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    answer.asked = asked
    yield answer
    answer.set()


def test_the_goodbye_is_taken_out_of_the_timeout(client_of, slow_names):
    client = client_of("127.0.0.1:1")
    client.start_workflow("w")
    assert slow_names.asked.wait(timeout=20)
    sender, told = client._runtime._sender, []
    stop = sender.stop

    def noted(deadline):
        told.append(deadline - time.monotonic())
        return stop(deadline)

    sender.stop = noted
    client.shutdown(timeout=0.1)
    assert told[0] <= 0.1
    assert sender.thread.is_alive()


def test_a_sender_that_does_not_end_in_time_gives_the_spool_up_when_it_ends(client_of, slow_names):
    client = client_of("127.0.0.1:1")
    client.start_workflow("w")
    assert slow_names.asked.wait(timeout=20)
    assert client.shutdown(timeout=0.0).spooled == 1
    runtime = client._ended
    assert runtime._spool.owner._descriptor >= 0
    slow_names.set()
    wait_until(lambda: runtime._spool.owner._descriptor < 0)


@pytest.mark.parametrize("timeout", [math.inf, 1e12])
def test_who_has_time_for_ever_waits_until_everything_is_delivered(client_of, collector, timeout):
    client = client_of(collector.address)
    workflow = client.start_workflow("w")
    assert client.flush(timeout).committed == 1
    workflow.end()
    report = client.shutdown(timeout)
    assert (report.committed, report.failures) == (2, 0)
