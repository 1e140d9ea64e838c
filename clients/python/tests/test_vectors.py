"""The golden vectors: frames, bodies, and what a client answers to a collector that breaks a rule."""

import json

import pytest
import zstandard

from support.places import VECTORS
from tracewire import frames, messages
from tracewire.codes import ProtocolError
from tracewire.schema import TYPES
from tracewire.session import Ended, Opened, Session

#: Types whose bodies belong to queries, which this client does not ask.
OF_QUERIES = {"QUERY", "COLUMNS", "ROWS", "SUMMARY", "CANCEL", "WATCH"}


def type_names(path):
    return [frame.get("header", {}).get("type_name") for frame in json.loads(path.read_text())["frames"]]


VALID = sorted((VECTORS / "valid").glob("*.json"))
#: Those in which a recording client takes part.
CONVERSATIONS = [path for path in VALID if type_names(path)[0] == "HELLO" and not OF_QUERIES & set(type_names(path))]
#: Those that a collector breaks a rule in.
BROKEN = [
    path
    for path in sorted((VECTORS / "invalid").glob("*.json"))
    if json.loads(path.read_text())["frames"][-1]["from"] == "collector" and not OF_QUERIES & set(type_names(path))
]


def frames_of(path):
    document = json.loads(path.read_text())
    data = path.with_suffix(".bin").read_bytes()
    for frame in document["frames"]:
        yield frame, data[frame["offset"] : frame["offset"] + frame["length"]]


def as_json(name, message):
    """A message as the vectors write it."""
    found = {}
    for field in TYPES[name].fields:
        if field.name not in message:
            continue
        value = message[field.name]
        many = [one_as_json(field.kind, one) for one in (value if field.repeated else [value])]
        found[field.name] = many if field.repeated else many[0]
    return found


def one_as_json(kind, value):
    if kind in TYPES:
        return as_json(kind, value)
    if kind == "bytes":
        return value.hex()
    return value if kind in ("string", "double", "bool") else str(value)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_frames_are_read_and_written_again(path):
    window = json.loads(path.read_text()).get("stream_window_log", 20)
    inflating, parts = {}, b""
    for frame, data in frames_of(path):
        header = frames.decode_header(data[:32], frames.LARGEST_BODY)
        said = frame["header"]
        assert (header.type, str(header.sequence)) == (said["type"], said["sequence"])
        assert (header.wire_length, header.raw_length) == (said["wire_length"], said["raw_length"])
        assert (header.optional, header.more) == (said["optional"], said["more"])
        body = data[32:]
        if header.compression is frames.Compression.STREAM:
            key = frame.get("connection", 1)
            decoder = zstandard.ZstdDecompressor(max_window_size=1 << window).decompressobj()
            raw = inflating.setdefault(key, decoder).decompress(body)
            assert len(raw) == header.raw_length
        else:
            raw = frames.inflated(header, body)
        if header.compression is frames.Compression.NONE and not header.optional:
            again = frames.encode_frame(header.type, raw, header.sequence, more=header.more)
            assert again == data
        parts += raw
        if header.more:
            continue
        check_body(said.get("type_name"), parts, frame)
        parts = b""


def check_body(type_name, raw, frame):
    name = (type_name or "").capitalize()
    if name not in TYPES or type_name in OF_QUERIES or "body" not in frame:
        return
    message = messages.decode(name, raw)
    assert as_json(name, message) == frame["body"]
    if frame.get("canonical", True):
        assert messages.encode(name, message) == raw


@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda path: path.stem)
def test_a_client_takes_every_frame_of_a_conversation_byte_by_byte(path):
    play(list(frames_of(path)), byte_by_byte=True)


def play(conversation, byte_by_byte=False):
    """Plays the client's part, and gives the session what the collector sends. What it says last."""
    session, found = None, []
    for frame, data in conversation:
        header = frame.get("header", {})
        if frame["from"] == "client":
            if header["type_name"] == "HELLO":
                session = Session(messages.decode("Hello", data[32:]))
                assert bytes(session.unsent) == data or not frame.get("canonical", True)
            elif header["type_name"] == "BATCH":
                records = len(frame.get("body", {}).get("records", [None] * 4096))
                session.send_batch_part(int(header["sequence"]), b"\0" * header["raw_length"], records, header["more"])
            continue
        if byte_by_byte:
            for place in range(len(data)):
                events = session.receive(data[place : place + 1])
                assert not events or place == len(data) - 1
                found += events
        else:
            found += session.receive(data)
    return found


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_what_breaks_a_rule_is_answered_with_its_code(path):
    with pytest.raises(ProtocolError) as refused:
        play(list(frames_of(path)))
    assert int(refused.value.code) == json.loads(path.read_text())["code"]["number"]


def test_a_refusal_says_code_and_time():
    ((frame, data),) = frames_of(VECTORS / "valid" / "frame-refuse.json")
    (refused,) = Session({"offered_features": 3, "stream_window_log": 20}).receive(data)
    said = frame["body"]
    assert refused == Ended(int(said["code"]), said["message"], int(said.get("retry_after_ms", 0)))


def test_a_welcome_opens_with_what_is_committed():
    ((frame, data),) = frames_of(VECTORS / "valid" / "frame-welcome.json")
    session = Session({"offered_features": 1 << 63 | 3, "stream_window_log": 20})
    (opened,) = session.receive(data)
    assert isinstance(opened, Opened)
    assert opened.last_committed == int(frame["body"].get("last_committed_sequence", 0))
    assert session.credit == int(frame["body"]["credit"])


@pytest.mark.parametrize("mode", ["frame", "bomb", "cut", "extra"])
def test_a_body_inflates_to_its_length_and_no_further(mode):
    raw = bytes(1 << 20)
    body = zstandard.ZstdCompressor(write_content_size=False).compress(raw)
    length = len(raw) if mode != "bomb" else 4096
    body = {"cut": body[:-3], "extra": body + b"x"}.get(mode, body)
    data = frames.encode_frame(5, body, raw_length=length, compression=frames.Compression.FRAME)
    header = frames.decode_header(data[:32], 4 << 20)
    if mode == "frame":
        assert frames.inflated(header, body) == raw
    else:
        with pytest.raises(ProtocolError) as refused:
            frames.inflated(header, body)
        assert refused.value.code == 107
