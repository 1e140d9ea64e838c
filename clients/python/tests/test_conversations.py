"""What collectors of earlier versions answered, which the SDK of today has to understand (protocol/conversations)."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

CONVERSATIONS = pathlib.Path(__file__).resolve().parents[3] / "protocol" / "conversations"
NAMES = sorted(str(path.relative_to(CONVERSATIONS).with_suffix("")) for path in CONVERSATIONS.glob("*/python-*.json"))


def test_there_are_conversations_of_a_version():
    assert "0.1.0/python-stream" in NAMES
    assert len(NAMES) >= 5


def replayed(name):
    replay = [sys.executable, str(CONVERSATIONS / "replay.py"), "--sdk-python", sys.executable, str(name)]
    return subprocess.run(replay, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", NAMES)
def test_the_sdk_understands_an_earlier_collector(name):
    done = replayed(name)
    assert done.returncode == 0, done.stderr


def offers_more(document):
    document["frames"][0]["body"]["offered_features"] = "9223372036854775815"


def says_more(document):
    document["frames"][0]["body"]["required_features"] = "1"


def records_otherwise(document):
    batch = next(frame for frame in document["frames"] if frame["header"]["type_name"] == "BATCH")
    batch["body"]["records"][1]["workflow_start"]["user_input"] = "something else"


def records_more(document):
    batch = next(frame for frame in document["frames"] if frame["header"]["type_name"] == "BATCH")
    batch["body"]["records"].append(batch["body"]["records"][-1])


def says_no_farewell(document):
    assert document["frames"].pop()["header"]["type_name"] == "GOAWAY"
    document["events"][-1]["event"] = "closed by client"


def prints_otherwise(document):
    document["commands"][0]["output"] = "nothing\n"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (offers_more, "does not offer"),
        (says_more, "HELLO has"),
        (records_otherwise, "record 1"),
        (records_more, "and not"),
        (says_no_farewell, "says GOAWAY"),
        (prints_otherwise, "prints"),
    ],
)
def test_what_the_sdk_says_otherwise_than_then_is_noticed(tmp_path, change, complaint):
    document = json.loads((CONVERSATIONS / "0.1.0" / "python-plain.json").read_text())
    change(document)
    (tmp_path / "python-plain.json").write_text(json.dumps(document))
    shutil.copy(CONVERSATIONS / "0.1.0" / "python-plain.bin", tmp_path)
    done = replayed(tmp_path / "python-plain")
    assert done.returncode == 1
    assert complaint in done.stderr
