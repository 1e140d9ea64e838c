"""A handler of a signal, or a destructor, may record in the middle of a call that does, on the same thread."""

import pytest

from support.memory_store import MemoryStore
from support.recorded import events
from tracewire.events import GENERATION, encode_record
from tracewire.queue import RecordQueue
from tracewire.segment import HEADER_BYTES, SMALLEST
from tracewire.sheds import Sheds

WORKFLOW = b"w" * 16


@pytest.fixture
def queue():
    """Nobody makes segments ahead for it."""
    return RecordQueue(MemoryStore(64 << 20), Sheds(), lambda: None)


def call_with(size):
    fields = {"generation": b"g" * 16, "workflow": WORKFLOW, "model_name": b"m", "output": b"x" * size}
    return encode_record(GENERATION, 1, fields)


def once_in_the_middle(queue, action):
    """In the middle of the next copy into a segment something happens."""
    take_in = queue._take_in

    def interrupted(segment, record):
        queue._take_in = take_in
        action()
        return take_in(segment, record)

    queue._take_in = interrupted


def test_what_is_recorded_meanwhile_comes_behind(quiet_client):
    outer, inner = quiet_client.start_workflow("outer"), quiet_client.start_workflow("inner")
    once_in_the_middle(quiet_client._runtime.queue, inner.end)
    assert outer.end()
    assert [end["workflow"] for end in events(quiet_client, "workflow_end")] == [outer.id.bytes, inner.id.bytes]


@pytest.mark.parametrize("outer", [100, SMALLEST])
def test_what_needs_a_segment_of_its_own_does_not_take_the_other_in_twice(queue, outer):
    small, large, told = call_with(10), call_with(SMALLEST - 500), []
    assert queue.append(small, GENERATION, WORKFLOW)
    once_in_the_middle(queue, lambda: told.append(queue.append(large, GENERATION, WORKFLOW)))
    assert queue.append(call_with(outer), GENERATION, WORKFLOW)
    assert told == [True]
    entries = [entry for segment in queue.segments for entry in segment.records(HEADER_BYTES, segment.end)]
    assert entries == [small, call_with(outer), large]
    assert queue.recorded == 3
