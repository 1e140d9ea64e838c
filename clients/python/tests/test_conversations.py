"""What collectors of earlier versions answered, which the SDK of today has to understand (protocol/conversations)."""

import pathlib
import subprocess
import sys

import pytest

CONVERSATIONS = pathlib.Path(__file__).resolve().parents[3] / "protocol" / "conversations"
NAMES = sorted(str(path.relative_to(CONVERSATIONS).with_suffix("")) for path in CONVERSATIONS.glob("*/python-*.json"))


def test_there_are_conversations_of_a_version():
    assert "0.1.0/python-stream" in NAMES
    assert len(NAMES) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_the_sdk_understands_an_earlier_collector(name):
    replay = [sys.executable, str(CONVERSATIONS / "replay.py"), "--sdk-python", sys.executable, name]
    done = subprocess.run(replay, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
