"""A collector that is not there: the program goes on, and whoever reads its log or its report learns where it was looked for."""

import logging
import os
import socket

import pytest

from support.fake_collector import FakeCollector
from support.programs import python
from support.waiting import wait_until
from tracewire.codes import Code
from tracewire.connection import Connection
from tracewire.notices import general

NEXT = "start one with 'tracewire serve', or name another with TRACEWIRE_CONNECT or tracewire.init"


@pytest.fixture
def free_address():
    """Where nobody listens, and nobody did in another test."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"127.0.0.1:{port}"


def said(caplog, part):
    return [(record.levelno, record.message) for record in caplog.records if part in record.message]


def test_an_address_that_refuses_is_named_with_the_reason_and_what_to_do(client_of, free_address):
    client = client_of(free_address)
    client.start_workflow("w")
    error = client.flush(timeout=0.3).error
    assert error == f"{free_address} cannot be reached: Connection refused; {NEXT}"
    assert f"1 spooled ({free_address} cannot be reached: Connection refused; " in str(client.report())


def test_a_name_that_nobody_knows_is_named(client_of):
    client = client_of("nobody.invalid:4747")
    client.start_workflow("w")
    wait_until(lambda: client.report().error is not None)
    assert client.report().error.startswith("nobody.invalid:4747 cannot be reached: ")
    assert client.report().error.endswith(NEXT)


def test_whoever_listens_and_says_nothing_is_named(client_of):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        client = client_of(address, connect_timeout=0.05)
        client.start_workflow("w")
        wait_until(lambda: client.report().error is not None)
        assert client.report().error == f"the connection to {address} failed: no answer came in time"


def test_a_host_that_does_not_answer_is_named(client_of, monkeypatch):
    monkeypatch.setattr(Connection, "finish_connecting", lambda connection: False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        client = client_of(address, connect_timeout=0.05)
        client.start_workflow("w")
        wait_until(lambda: client.report().error is not None)
        assert client.report().error == f"{address} cannot be reached: no answer came in time; {NEXT}"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "wants a token: set TRACEWIRE_TOKEN, or token of tracewire.init"),
        ("tw_x", "refused: MESSAGE; set TRACEWIRE_TOKEN, or token of tracewire.init, to a token that it takes"),
    ],
)
def test_a_collector_that_lets_nobody_in_without_a_token_says_what_is_missing(client_of, token, said):
    message = "the token does not allow to send: it lacks the role ingest"
    fake = FakeCollector(refusal=(Code.UNAUTHORIZED, message))
    client = client_of(fake.address, token=token)
    client.start_workflow("w")
    wait_until(lambda: client.report().error is not None)
    assert client.report().error == f"the collector at {fake.address} {said.replace('MESSAGE', message)}"
    fake.stop()


def test_a_collector_that_is_away_is_told_once_and_once_that_it_is_back(collector, client_of, caplog):
    caplog.set_level(logging.INFO, "tracewire")
    collector.stop()
    client = client_of(collector.address)
    client.start_workflow("w")
    wait_until(lambda: client._runtime._sender.link._fruitless > 3)
    assert said(caplog, collector.address) == [
        (
            logging.WARNING,
            "tracewire: nothing is delivered, and what is recorded waits: "
            f"{collector.address} cannot be reached: Connection refused; {NEXT}",
        )
    ]
    collector.start()
    assert client.flush(timeout=20).is_complete
    collector.stop()
    client.start_workflow("w")
    wait_until(lambda: client._runtime._sender.link._fruitless > 3)
    collector.start()
    assert client.flush(timeout=20).is_complete
    assert said(caplog, collector.address)[1:] == [
        (logging.INFO, f"tracewire: the collector at {collector.address} is there now; what waited is delivered")
    ]


def test_two_clients_of_one_process_tell_it_once(client_of, free_address, caplog):
    for _ in range(2):
        client = client_of(free_address)
        client.start_workflow("w")
        wait_until(lambda client=client: client._runtime._sender.link._fruitless > 1)
    assert len(said(caplog, free_address)) == 1


def test_a_collector_that_takes_the_place_of_one_that_is_away_is_no_matter(collector, client_of, free_address, caplog):
    client = client_of(f"{free_address},{collector.address}")
    client.start_workflow("w")
    assert client.flush(timeout=20).is_complete
    assert said(caplog, "127.0.0.1") == []


def test_a_connection_that_nobody_needs_may_end_without_a_word(collector, client_of, caplog):
    client = client_of(collector.address)
    client.start_workflow("w")
    assert client.flush(timeout=20).is_complete
    collector.stop()
    wait_until(lambda: client.report().error is not None)
    assert said(caplog, collector.address) == []
    assert client.report().error.startswith(f"the collector at {collector.address} ")


def test_a_collector_that_takes_connections_and_answers_nothing_is_told(client_of, caplog):
    fake = FakeCollector(acknowledged=0)
    client = client_of(fake.address, silence_timeout=0.02)
    client.start_workflow("w")
    wait_until(lambda: said(caplog, fake.address))
    client.shutdown(timeout=0.0)
    fake.stop()
    ((level, message),) = said(caplog, fake.address)
    assert level == logging.WARNING
    assert f"the collector at {fake.address} has fallen silent" in message


def test_a_program_that_configures_nothing_reads_it_on_its_standard_error(tmp_path, free_address):
    process = python("ending.py", free_address, tmp_path / "spool", "normal")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert errors.splitlines() == [
        "tracewire: nothing is delivered, and what is recorded waits: "
        f"{free_address} cannot be reached: Connection refused; {NEXT}"
    ]


def test_a_child_of_a_fork_can_say_what_the_parent_was_about_to():
    """In the moment of the fork another thread may hold the lock of what was said."""
    with general._lock:
        child = os.fork()
        if child == 0:
            free = general._lock.acquire(blocking=False)
            os._exit(0 if free else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
