"""Spools of which something is broken are delivered as far as they can be read, in the same way by both languages."""

import random
import shutil
import time

import pytest

import tracewire
from support.collector import Collector
from support.fake_collector import FakeCollector
from tracewire.addresses import parse_addresses
from tracewire.events import encode_record
from tracewire.left_segment import DamagedSegment, _Walk, parse_segment
from tracewire.left_spool import take_over
from tracewire.owner import OwnerFile
from tracewire.segment import HEADER_BYTES, Segment
from tracewire.spool import spool_names

RECORDED = """SELECT hex(uuid) AS id FROM nodes UNION ALL SELECT hex(uuid) FROM workflows
    UNION ALL SELECT hex(record) FROM parked_records"""


def filled(count=40, capacity=64 << 10):
    """The bytes of a segment, with marks behind every tenth entry, and the records in it."""
    chance = random.Random(3)
    memory = bytearray(capacity)
    segment, records = Segment(memory), []
    segment.begin(1)
    for number in range(count):
        records.append(encode_record("workflow_start", number + 1, {"workflow": b"w" * 16, "name": chance.randbytes(5 + number)}))
        assert segment.append(records[-1])
        if number % 10 == 9:
            segment.mark(number // 10 + 1, segment.end)
    return memory, records


def read(memory):
    contents = parse_segment(bytes(memory))
    return contents, [bytes(memory[start + 8 : start + 8 + length]) for start, length in contents.entries]


def test_a_segment_is_read_as_it_was_written():
    memory, records = filled()
    contents, found = read(memory)
    assert found == records
    assert [sequence for sequence, _ in contents.marks] == [1, 2, 3, 4]
    assert contents.holes == 0
    assert contents.lost == set()


def test_flipped_bits_cost_no_more_than_the_records_they_hit():
    whole, records = filled()
    end = len(bytes(whole).rstrip(b"\0"))
    chance = random.Random(8)
    for _ in range(500):
        memory = bytearray(whole)
        memory[chance.randrange(HEADER_BYTES, end)] ^= 1 << chance.randrange(8)
        contents, found = read(memory)
        assert set(found) <= set(records)
        assert len(found) >= len(records) - 1
        assert contents.holes >= (found != records[: len(found)])


def test_a_header_that_was_hit_leaves_nothing_to_read():
    whole, _ = filled()
    for place in range(28):
        memory = bytearray(whole)
        memory[place] ^= 1
        with pytest.raises(DamagedSegment):
            parse_segment(bytes(memory))


def test_a_file_that_was_cut_keeps_what_is_left():
    whole, records = filled()
    for length in range(0, len(whole), 97):
        contents = parse_segment(bytes(whole[:length]))
        if contents is not None:
            count = len(contents.entries)
            assert [one[1] for one in contents.entries] == [len(record) for record in records[:count]]
            assert contents.marks == [] or length == len(whole)


def test_a_segment_that_was_not_begun_holds_nothing():
    assert parse_segment(b"") is None
    assert parse_segment(bytes(64 << 10)) is None
    memory = bytearray(64 << 10)
    Segment(memory).begin(7)
    assert parse_segment(bytes(memory)) is None


def test_a_file_that_looks_like_entries_everywhere_is_given_up_in_time():
    memory, _ = filled(1, capacity=1 << 20)
    for place in range(4096, len(memory) - 64, 8):
        memory[place : place + 4] = (500_000).to_bytes(4, "little")
    walk = _Walk(bytes(memory), len(memory))
    assert len(walk.entries) == 1
    assert walk._left >= -len(memory)


def left_behind(directory, acknowledged, nodes):
    """A copy of a spool of which some batches were acknowledged, some sent and some not made."""
    fake = FakeCollector(acknowledged=acknowledged)
    client = tracewire.Client(
        tracewire.Configuration(
            addresses=parse_addresses(fake.address),
            spool=str(directory / "alive"),
            segment_bytes=64 << 10,
            batch_records=20,
            batches_in_flight=acknowledged + 3,
            batch_delay=0.001,
        )
    )
    workflow = client.start_workflow("w")
    for number in range(nodes):
        workflow.pending_node("n", metadata="x" * (number % 300))
    deadline = time.monotonic() + 20
    while not (len(fake.batches) >= acknowledged + 3 and client.report().committed >= acknowledged * 20):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    shutil.copytree(directory / "alive", directory / "left")
    client.shutdown(timeout=0.0)
    fake.stop()
    return directory / "left"


def break_something(spool, kind, chance):
    segments = sorted(spool.glob("*.segment"))
    file = spool / "owner" if kind.startswith("owner") else segments[chance.randrange(len(segments))]
    data = bytearray(file.read_bytes())
    place = chance.randrange(len(data))
    if kind == "missing":
        return file.unlink()
    if kind == "flips":
        for _ in range(20):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif kind == "page":
        data[place & ~4095 : (place & ~4095) + 4096] = bytes(4096)
    elif kind == "mark":
        data[-chance.randrange(1, 100)] ^= 1
    elif kind == "owner":
        data[chance.randrange(8, 80)] ^= 1
    elif kind in ("cut", "owner cut"):
        data = data[:place]
    return file.write_bytes(data)


class Anything(list):
    """Every destination."""

    def __contains__(self, _):
        return True


@pytest.mark.parametrize("kind", ["nothing", "flips", "page", "mark", "cut", "missing", "owner", "owner cut"])
def test_both_languages_read_the_same_of_a_broken_spool(tmp_path, client_of, monkeypatch, kind):
    left = left_behind(tmp_path, chance_of(kind).choice([0, 4]), 600)
    (name,) = spool_names(str(left))
    break_something(left / name, kind, chance_of(kind))
    found = []
    for language in ("swift", "python"):
        (tmp_path / language).mkdir()
        shutil.copytree(left, tmp_path / f"{language} spool")
        collector = Collector(tmp_path / language)
        if language == "swift":
            collector.run("forward", str(tmp_path / "swift spool"), codes=(0, 4))
        else:
            monkeypatch.setattr("tracewire.adoption.take_over", lambda place, spool, to: take_over(place, spool, Anything(to)))
            client = client_of(collector.address, spool=str(tmp_path / "python spool"))
            client.shutdown(timeout=30)
        found.append(sorted(row["id"] for row in collector.rows(RECORDED)))
        collector.kill()
    swift, python = found
    assert python == swift
    assert len(python) > 100
    assert spool_names(str(tmp_path / "python spool")) == []


def chance_of(kind):
    return random.Random(kind)


def test_what_cannot_be_read_is_kept_for_people(tmp_path, collector, client_of):
    left = left_behind(tmp_path, 0, 600)
    (name,) = spool_names(str(left))
    segments = sorted((left / name).glob("*.segment"))
    segments[0].write_bytes(b"garbage" * 100)
    data = bytearray(segments[1].read_bytes())
    data[300] ^= 1
    segments[1].write_bytes(data)
    spool = take_over(str(left), name, Anything(["127.0.0.1:1"]))
    assert spool.unreadable == 2
    spool.leave()
    owner = OwnerFile.locked(str(left / name / "owner"), 0)
    owner.write(b"p" * 16, collector.address)
    owner.close()
    client_of(collector.address, spool=str(left)).shutdown(timeout=30)
    kept = sorted(file.name for file in (left / "damaged").iterdir())
    assert kept == [f"{name}-{segment.name}" for segment in segments[:2]]


def test_a_spool_of_a_later_version_is_left_alone(tmp_path, collector, client_of):
    left = left_behind(tmp_path, 0, 300)
    (name,) = spool_names(str(left))
    owner = left / name / "owner"
    owner.write_bytes(b"TWSPOOL2" + owner.read_bytes()[8:])
    client_of(collector.address, spool=str(left)).shutdown(timeout=30)
    assert spool_names(str(left)) == [name]
