"""The sender sleeps as long as there is nothing to do, and not longer: whatever is recorded, at any instant, is sent soon."""

import contextlib
import functools
import math
import socket
import subprocess
import time

import pytest

from support.fake_collector import FakeCollector
from support.programs import python
from support.turns import StillSender, interrupted_at
from support.waiting import wait_until
from tracewire import frames, messages

#: Longer than anything that the sender waits for here when something is to be sent, and shorter than anything else.
SOON = 1.0
SETTINGS = {"spool": "memory", "backoff": (0.05, 0.05), "connect_timeout": 0.9, "silence_timeout": 60.0}


def record(client):
    client.start_workflow("w")


def sends_soon(sender):
    return sender.is_rung or sender.asleep_until <= time.monotonic() + SOON


def just_made(client, sender):
    pass


def connecting(client, sender):
    record(client)
    sender._turn()
    assert sender.link.connection is not None
    assert not sender.link.is_open


def backing_off(client, sender):
    record(client)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sender.link._rotation._addresses = (sender.link._rotation.current._replace(port=listener.getsockname()[1]),)
    sender.turn_until(lambda: sender.link.counts.error is not None)


def connected(client, sender):
    record(client)
    sender.turn_until(lambda: sender._queue.settled == 1)


def waiting_for_more(client, sender):
    connected(client, sender)
    record(client)


def reconnecting_with_nothing_to_do(client, sender):
    connected(client, sender)
    sender.link.drop()


STATES = [just_made, connecting, backing_off, connected, waiting_for_more, reconnecting_with_nothing_to_do]


@pytest.fixture
def fake():
    fake = FakeCollector(acknowledged=99)
    yield fake
    fake.stop()


@pytest.fixture
def still(client_of, fake, monkeypatch):
    """Makes clients whose sender makes the turns that it is told to. The one before is gone then."""
    monkeypatch.setattr("tracewire.runtime.Sender", StillSender)
    made = []

    def end():
        while made:
            client = made.pop()
            client.shutdown(timeout=0.0)
            client._ended._sender.let_go()

    def make(state, **settings):
        end()
        client = client_of(fake.address, **{**SETTINGS, **settings})
        made.append(client)
        sender = client._runtime._sender
        state(client, sender)
        # As it is after a ring: what rang before does not excuse silence now.
        sender._queue._wake_at = math.inf
        sender._alarm.silence()
        return client, sender

    yield make
    end()


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("spool", ["memory", "file"])
def test_what_is_recorded_between_two_looks_at_the_queue_wakes_the_sender(tmp_path, still, state, spool):
    client, sender = still(state, spool="memory" if spool == "memory" else str(tmp_path / "spool"))
    look = sender.adoption.advance

    def record_before_looking(now):
        record(client)
        return look(now)

    sender.adoption.advance = record_before_looking
    sender._turn()
    assert sends_soon(sender)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_what_is_recorded_at_any_step_of_a_turn_is_sent_soon(still, state):
    for step in range(10_000):
        client, sender = still(state)
        with interrupted_at(step, sender._queue.lock, functools.partial(record, client)) as reached:
            sender._turn()
        if not reached:
            break
        assert sends_soon(sender), f"step {step}"
    assert step > 50


def flush(client, sender):
    client.flush(timeout=0.0)


def stop(client, sender):
    sender.stop(0.0)


@pytest.mark.parametrize("state", [connected, waiting_for_more], ids=lambda state: state.__name__)
@pytest.mark.parametrize("act", [flush, stop], ids=lambda act: act.__name__)
def test_who_waits_for_the_sender_from_any_step_of_a_turn_on_wakes_it(still, state, act):
    for step in range(10_000):
        client, sender = still(state)
        record(client)
        sender._alarm.silence()
        with interrupted_at(step, sender._queue.lock, functools.partial(act, client, sender)) as reached:
            sender._turn()
        if not reached:
            break
        assert sender.is_rung, f"step {step}"
    assert step > 50


def test_an_acknowledgement_wakes_a_sender_that_may_not_send_before_it(client_of, monkeypatch):
    late = LateCollector()
    monkeypatch.setattr("tracewire.runtime.Sender", StillSender)
    client = client_of(late.address, **SETTINGS, batches_in_flight=1)
    sender = client._runtime._sender
    record(client)
    sender.turn_until(lambda: late.batches)
    record(client)
    sender._turn()
    assert (sender._queue.settled, sender.is_rung) == (0, False)
    assert sender.asleep_until > time.monotonic() + SOON
    late.acknowledge(1)
    sender.turn_until(lambda: len(late.batches) == 2)
    sender.let_go()
    late.stop()


class LateCollector(FakeCollector):
    """Acknowledges when it is told to."""

    def answer(self, peer, header, body):
        self.peer = peer
        super().answer(peer, header, body)

    def acknowledge(self, sequence):
        self.peer.sendall(frames.encode_frame(frames.Type.ACK, messages.encode("Ack", {"credit": self.credit}), sequence))


def test_a_sender_that_has_nothing_to_do_sleeps_until_it_is_rung(still):
    client, sender = still(connected)
    sender.turn()
    sender._turn()
    assert sender.asleep_until == math.inf
    assert not sender.is_rung
    record(client)
    assert sender.is_rung


@pytest.mark.parametrize("fork", [False, True], ids=["one process", "a fork too"])
@pytest.mark.parametrize("place", ["file", "memory"])
def test_a_program_that_lives_on_has_delivered_what_it_recorded(tmp_path, collector, place, fork):
    spools = [tmp_path / str(number) if place == "file" else "memory" for number in range(3)]
    arguments = ["fork"] if fork else []
    with contextlib.ExitStack() as living:
        for spool in spools:
            program = python("lasting.py", collector.address, spool, *arguments, stdin=subprocess.PIPE)
            living.enter_context(program)
        expected = len(spools) * (2 if fork else 1)
        wait_until(lambda: collector.value("SELECT count(*) FROM nodes WHERE status = 'running'") == expected)
