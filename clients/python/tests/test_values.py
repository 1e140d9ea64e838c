"""Any object becomes JSON that the collector takes, and never an exception."""

import collections
import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import uuid

import numpy
import pydantic
import pytest

from tracewire.json_text import MAXIMUM_DEPTH, JSONText, is_json, json_bytes, nested_within, text_bytes


class Theme(enum.Enum):
    CALM = "calm"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Stop:
    name: str
    at: datetime.datetime


class Plan(pydantic.BaseModel):
    stops: list[str]
    when: datetime.date
    total: decimal.Decimal


class Awkward:
    def __repr__(self):
        raise RuntimeError("no")


class Plain:
    def __repr__(self):
        return "<plain>"


@pytest.fixture(params=["orjson", "json"], autouse=True)
def way(request, monkeypatch):
    """Where there is no `orjson`, or it refuses something, `json` does it."""
    if request.param == "json":
        monkeypatch.setattr("tracewire.json_text._plain", None)


def loaded(value):
    data = json_bytes(value)
    assert is_json(data)
    return json.loads(data)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ({"area": "성수", "n": 1, "f": 0.5, "t": True}, {"area": "성수", "n": 1, "f": 0.5, "t": True}),
        (
            Plan(stops=["a"], when=datetime.date(2026, 5, 1), total=decimal.Decimal("1.10")),
            {"stops": ["a"], "when": "2026-05-01", "total": "1.10"},
        ),
        (
            Stop("tea", datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.timezone.utc)),
            {"name": "tea", "at": "2026-05-01T12:00:00+00:00"},
        ),
        (datetime.timedelta(minutes=1), 60.0),
        (datetime.time(9, 30), "09:30:00"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (Theme.CALM, "calm"),
        ({Theme.CALM: Level.HIGH}, {"calm": 3}),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (b"text", "text"),
        (b"\xff\x00", "base64:/wA="),
        (decimal.Decimal("0.1"), "0.1"),
        (pathlib.Path("/a/b"), "/a/b"),
        (numpy.int64(7), 7),
        (numpy.float32(0.5), 0.5),
        (numpy.bool_(True), True),
        (numpy.arange(4).reshape(2, 2), [[0, 1], [2, 3]]),
        (numpy.array([1.0, numpy.nan]), [1.0, "NaN"]),
        ([float("inf"), float("-inf"), float("nan")], ["Infinity", "-Infinity", "NaN"]),
        ((1, 2), [1, 2]),
        (collections.deque([1]), [1]),
        (range(3), [0, 1, 2]),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.UserDict(a=1), {"a": 1}),
        ({1: "a", None: "b", (1, 2): "c", 2.5: "d"}, {"1": "a", "null": "b", "[1, 2]": "c", "2.5": "d"}),
        ({True: "a", (): "b"}, {"true": "a", "[]": "b"}),
        (ValueError("bad"), {"type": "ValueError", "message": "bad"}),
        (Plain(), "<plain>"),
        (Plain, "test_values.Plain"),
        ({"x": Awkward()}, {"x": "<Awkward: its repr raised RuntimeError>"}),
        (1 + 2j, "(1+2j)"),
        ("\ud800 alone", "\ufffd alone"),
        ("\ud83d\ude00", "😀"),
        ("zero\0", "zero\0"),
        (10**30, 10**30),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_usual_objects_become_json(value, expected):
    assert loaded(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        {
            "area": "성수",
            "n": [1, -2, 10**18],
            "f": [0.5, -0.0, 1.0],
            "t": [True, False],
            "s": 'a"\\\n\x01\x7f\u2028',
            "e": [{}, []],
        },
        {"nothing": None, "not a number": float("nan"), "text": "null"},
        ["plain", {"one": Stop("tea", datetime.datetime(2026, 5, 1))}, Theme.CALM, Level.HIGH, uuid.UUID(int=5)],
        [10**30, "\ud800", {2: 3}],
    ],
    ids=["plain", "null", "objects", "others"],
)
def test_both_ways_lead_to_the_same_text(value, monkeypatch):
    text = json_bytes(value)
    monkeypatch.setattr("tracewire.json_text._plain", None)
    assert json_bytes(value) == text


def test_an_array_that_is_too_large_is_what_numpy_says_of_it():
    assert loaded(numpy.zeros(1_000_000)).startswith("array([0., 0.")


def test_what_contains_itself_says_so():
    loop = {"name": "a"}
    loop["self"] = [loop]
    assert loaded(loop) == {"name": "a", "self": ["[tracewire: contains itself]"]}


def test_what_is_nested_too_deeply_says_so():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert "nested too deeply" in json_bytes(deep).decode()
    assert nested_within(json_bytes(deep), MAXIMUM_DEPTH)


def test_what_the_collector_still_takes_stays_as_it_is():
    text = b"[" * MAXIMUM_DEPTH + b"]" * MAXIMUM_DEPTH
    assert json_bytes(json.loads(text)) == text


def test_brackets_in_texts_do_not_count_as_depth():
    value = {"code": "[" * 5000}
    assert loaded(value) == value


def test_a_number_with_more_digits_than_python_writes_says_how_long_it_is():
    assert "bits" in loaded({"n": 10**5000})["n"]


def test_a_mapping_that_raises_is_its_repr():
    class Broken(collections.UserDict):
        def __iter__(self):
            raise KeyError("gone")

        def __repr__(self):
            return "<broken>"

    assert loaded([Broken(a=1)]) == ["<broken>"]


def test_a_model_that_raises_is_its_repr():
    class Broken:
        def model_dump(self):
            raise ValueError

        def __repr__(self):
            return "<model>"

    assert loaded({"m": Broken()}) == {"m": "<model>"}


def test_json_that_is_text_already_is_kept_byte_by_byte():
    assert json_bytes(JSONText('{"a" : 1.0e2}')) == b'{"a" : 1.0e2}'
    assert loaded(JSONText("{no")) == "{no"
    assert loaded(JSONText("NaN")) == "NaN"


def test_a_text_is_itself_and_anything_else_its_json():
    assert text_bytes("성수") == "성수".encode()
    assert text_bytes([{"role": "user"}]) == b'[{"role":"user"}]'
    assert text_bytes("\udc00") == "\ufffd".encode()
