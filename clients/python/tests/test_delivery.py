"""What is recorded comes to the collector, once, whatever happens on the way."""

import asyncio
import json
import os
import shutil
import socket
import threading
import time

import pytest

import tracewire
from tracewire.spool import spool_names


def record(client, count=1, name="w"):
    for number in range(count):
        workflow = client.start_workflow(name, metadata={"number": number})
        node = workflow.start_node("n", type="tool")
        node.set_state({"number": number, "text": "x" * 200})
        node.end()
        workflow.end()


@pytest.mark.parametrize("compression", ["stream", "frame", "none"])
@pytest.mark.parametrize("spool", ["file", "memory"])
def test_what_is_recorded_is_at_the_collector_after_a_flush(collector, client_of, compression, spool):
    settings = {"spool": "memory"} if spool == "memory" else {}
    client = client_of(collector.address, compression=compression, **settings)
    record(client, 200)
    report = client.flush(timeout=20)
    assert report.is_complete
    assert report.committed == 800
    assert collector.value("SELECT count(*) FROM nodes WHERE status = 'completed'") == 200
    assert collector.value("SELECT count(DISTINCT json_extract(state_data, '$.number')) FROM nodes") == 200


def test_everything_that_was_said_is_exported_as_it_was_said(collector, client_of):
    client = client_of(collector.address)
    workflow = client.start_workflow("date", user="mina", email="m@mail.example", user_input="성수", session="s")
    workflow.pending_node("later", type="tool").skip()
    node = workflow.start_node("ask", type="llm", input={"q": 1})
    node.record_generation(
        "gpt-4o", provider="openai", system_prompt="s", user_prompt="u", output="o", parsed_output=[1], temperature=0.5,
        max_tokens=5, prompt_tokens=1, completion_tokens=2, latency_ms=3, metadata={"m": 1},
    )  # fmt: skip
    node.end_with(ValueError("no"))
    workflow.end("failed", user_intent={"i": 1}, final_itinerary=["x"])
    assert client.flush(timeout=20).is_complete
    by_event = {event["event"]: event for event in collector.events()}
    assert by_event["workflow.start"]["user_input"] == "성수"
    assert by_event["workflow.start"]["metadata"] == {"session": "s"}
    assert by_event["node.end"]["error_message"] == "ValueError: no"
    assert by_event["workflow.end"]["status"] == "failed"
    assert by_event["generation"]["parsed_output"] == [1]
    assert by_event["generation"]["total_tokens"] == 3


def test_a_collector_that_comes_late_gets_everything(collector, client_of):
    collector.stop()
    client = client_of(collector.address)
    record(client, 50)
    report = client.flush(timeout=0.3)
    assert (report.unknown, report.spooled, report.committed) == (200, 200, 0)
    assert f"{collector.address} cannot be reached: Connection refused" in report.error
    collector.start()
    report = client.flush(timeout=20)
    assert report.is_complete
    assert report.committed == 200
    assert report.error is None


def test_flush_returns_in_time_where_nobody_answers(client_of):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = client_of(f"127.0.0.1:{listener.getsockname()[1]}", connect_timeout=60.0)
        record(client)
        started = time.monotonic()
        report = client.flush(timeout=0.2)
        assert time.monotonic() - started < 5
        assert report.unknown == 4


def test_a_fallback_is_used_where_the_first_collector_is_away(collector, client_of):
    client = client_of(f"127.0.0.1:1, {collector.address}")
    record(client)
    assert client.flush(timeout=20).committed == 4


def test_a_collector_that_comes_back_on_the_other_address_gets_the_rest(collector, client_of):
    client = client_of(f"{collector.address},127.0.0.1:1")
    record(client)
    assert client.flush(timeout=20).committed == 4
    collector.kill()
    record(client, 10)
    collector.start()
    report = client.flush(timeout=20)
    assert report.committed == 44
    assert collector.value("SELECT count(*) FROM workflows") == 11


def test_something_else_that_listens_is_named(client_of):
    listener = socket.create_server(("127.0.0.1", 0))

    def answer():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peer.recv(100)
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            peer.close()

    thread = threading.Thread(target=answer)
    thread.start()
    client = client_of(f"127.0.0.1:{listener.getsockname()[1]}")
    record(client)
    report = client.flush(timeout=1.0)
    assert "does not speak" in report.error
    client.shutdown(timeout=0)
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_records_that_are_larger_than_frames_and_credit_come_whole(collector, client_of):
    client = client_of(collector.address, value_limit=32 << 20)
    workflow = client.start_workflow("large")
    blob = os.urandom(6 << 20).hex()
    workflow.start_node("n", input={"blob": blob}).end(state=blob)
    workflow.end()
    report = client.flush(timeout=30)
    assert report.is_complete
    assert report.committed == 4
    assert collector.value("SELECT length(state_data) FROM nodes") == len(blob) + 2


def test_what_the_collector_rejects_is_told(collector, client_of):
    client = client_of(collector.address)
    identity = client.start_workflow("first").id
    client.start_workflow("another name", id=identity)
    client.continue_workflow("00000000-0000-7000-8000-000000000001").start_node("orphan")
    report = client.flush(timeout=20)
    assert (report.committed, report.rejected, report.parked) == (2, 1, 1)
    (rejection,) = report.rejections
    assert (rejection.event, rejection.workflow, rejection.code) == ("workflow_start", str(identity), 203)
    assert rejection.message
    assert not report.is_complete


def test_a_collector_with_an_older_database_gets_what_is_left_under_a_new_producer(tmp_path, collector, client_of):
    client = client_of(collector.address)
    record(client)
    assert client.flush(timeout=20).committed == 4
    collector.stop()
    for file in collector.database.parent.glob("tracewire.db*"):
        file.unlink()
    record(client, 5, "after")
    collector.start()
    report = client.flush(timeout=20)
    assert report.committed == 24
    assert collector.value("SELECT count(*) FROM workflows WHERE name = 'after'") == 5
    assert collector.value("SELECT count(*) FROM producers") == 1


def test_a_client_that_ends_leaves_nothing_behind_where_all_is_delivered(tmp_path, collector, client_of):
    client = client_of(collector.address)
    record(client, 20)
    assert client.shutdown(timeout=20).is_complete
    assert spool_names(str(tmp_path / "spool")) == []
    assert client.shutdown(timeout=20).committed == 80


def test_a_client_that_ends_leaves_what_is_not_delivered(tmp_path, collector, client_of):
    client = client_of("127.0.0.1:1")
    record(client, 20)
    report = client.shutdown(timeout=0.05)
    assert (report.unknown, report.spooled) == (80, 80)
    assert len(spool_names(str(tmp_path / "spool"))) == 1
    collector.run("forward", str(tmp_path / "spool"))
    assert collector.value("SELECT count(*) FROM workflows") == 20


def test_threads_record_side_by_side(collector, client_of):
    client = client_of(collector.address, segment_bytes=64 << 10)
    threads = [threading.Thread(target=record, args=(client, 300, f"thread {number}")) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = client.flush(timeout=30)
    assert report.is_complete
    assert report.committed == 8 * 300 * 4
    assert collector.value("SELECT count(*) FROM workflows WHERE status = 'completed'") == 2400


def test_a_coroutine_flushes_without_stopping_its_loop(collector, client_of):
    client = client_of(collector.address)

    async def main():
        record(client)
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        report = await asyncio.to_thread(client.flush, 20)
        ticking.cancel()
        return report, ticks

    report, ticks = asyncio.run(main())
    assert report.committed == 4
    assert ticks > 1


def test_a_connection_that_falls_silent_is_given_up(collector, client_of):
    """A proxy that stops passing on bytes, as a network does."""
    proxy = Proxy(collector.port)
    client = client_of(proxy.address, silence_timeout=0.2, connect_timeout=0.3)
    record(client)
    assert client.flush(timeout=20).committed == 4
    proxy.is_stuck = True
    record(client)
    assert client.flush(timeout=1.5).unknown > 0
    proxy.is_stuck = False
    assert client.flush(timeout=20).is_complete
    client.shutdown(timeout=5)
    proxy.stop()


class Proxy:
    """Passes bytes on, unless it is stuck."""

    def __init__(self, port):
        self.target = port
        self.is_stuck = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.sockets = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            collector = socket.create_connection(("127.0.0.1", self.target))
            self.sockets += (client, collector)
            for source, target in ((client, collector), (collector, client)):
                threading.Thread(target=self.forward, args=(source, target), daemon=True).start()

    def forward(self, source, target):
        try:
            while data := source.recv(1 << 16):
                if not self.is_stuck:
                    target.sendall(data)
            target.close()
        except OSError:
            return

    def stop(self):
        for one in (self.listener, *self.sockets):
            one.close()


def test_the_default_client_delivers(tmp_path, collector, monkeypatch):
    monkeypatch.setattr("tracewire.default._client", None)
    monkeypatch.setenv("TRACEWIRE_CONNECT", collector.address)
    monkeypatch.setenv("TRACEWIRE_SPOOL", str(tmp_path / "spool"))
    with tracewire.workflow("w"):
        pass
    assert tracewire.flush(timeout=20).committed == 2
    assert tracewire.shutdown(timeout=20).is_complete
    shutil.rmtree(tmp_path / "spool")
    assert json.dumps(str(tracewire.report()))
