"""What goes into the queue without a decision is what would be decided: a queue that looks ahead does as one that never does."""

import random

import pytest

from support.memory_store import MemoryStore
from tracewire.events import GENERATION, encode_record
from tracewire.queue import RecordQueue
from tracewire.segment import HEADER_BYTES
from tracewire.sheds import Sheds

WORKFLOW = b"w" * 16
NODE = {"node": b"n" * 16, "workflow": WORKFLOW}


#: Of some segments of 64 KiB.
MEMORY = 300 << 10


class WatchedQueue(RecordQueue):
    """A queue of which is known how often it woke the sender, and how often it had to decide."""

    def __init__(self):
        self.wakes, self.decisions = [], 0
        super().__init__(MemoryStore(MEMORY), Sheds(), lambda: self.wakes.append(self.recorded))

    def _append_with_care(self, pending):
        self.decisions += 1
        return super()._append_with_care(pending)

    def seen(self):
        entries = [segment.records(HEADER_BYTES, segment.end) for segment in self.segments]
        counts = (self.recorded, self.unsent, self.held_in_memory, len(self.owed), self.sheds.records, self.sheds.payloads)
        return entries, counts, self.wakes, self.waiting_since is None


class CarefulQueue(WatchedQueue):
    """Never looks ahead."""

    def _look_ahead(self):
        return 0


def record_of(size, event):
    field = "user_prompt" if event == GENERATION else "state_data"
    fields = {"generation": b"g" * 16, **NODE} if event == GENERATION else NODE
    return encode_record(event, 1, {**fields, field: b'"' + b"x" * size + b'"'})


@pytest.mark.parametrize("seed", range(20))
def test_a_queue_that_looks_ahead_does_as_one_that_does_not(seed):
    chance = random.Random(seed)
    queues = quick, careful = WatchedQueue(), CarefulQueue()
    for _ in range(400):
        step = chance.random()
        if step < 0.9:
            event = GENERATION if chance.random() < 0.2 else "node_end"
            record = record_of(int(10 ** chance.uniform(1, 4.2)), event)
            answers = [queue.append(record, event, WORKFLOW) for queue in queues]
            assert answers[0] == answers[1]
        elif step < 0.95:
            most = chance.choice([1, 1000, 50_000, float("inf")])
            assert quick.sleep_until(most) == careful.sleep_until(most)
        else:
            for queue in queues:
                queue.taken(queue.unsent)
        assert quick.seen() == careful.seen()
    assert quick.decisions < careful.decisions


def test_records_that_fit_need_one_decision():
    queue = WatchedQueue()
    queue.spares.append(queue._store.make(0))
    for _ in range(100):
        assert queue.append(record_of(20, "node_end"), "node_end", WORKFLOW)
    assert queue.decisions == 1
    assert queue.recorded == 100


def test_what_is_recorded_in_the_middle_of_a_call_is_taken_in_behind_it():
    queue = WatchedQueue()
    first, second, third = (record_of(size, "node_end") for size in (10, 20, 30))
    queue.append(first, "node_end", WORKFLOW)
    append = queue.segments[-1].append

    def interrupted(record):
        queue.segments[-1].append = append
        assert queue.append(third, "node_end", WORKFLOW)
        return append(record)

    queue.segments[-1].append = interrupted
    assert queue.append(second, "node_end", WORKFLOW)
    assert queue.seen()[0] == [[first, second, third]]
