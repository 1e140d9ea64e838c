"""Streams that are open when a process ends, or forks."""

import subprocess
import sys

from support.places import SOURCES

PROGRAM = """
import os, sys
sys.path[:0] = sys.argv[3:]
import openai, tracewire
from support.model_answers import chunks
from support.model_server import Answer, ModelServer, chat_events
from tracewire.openai import wrap

tracewire.init(sys.argv[1], spool=sys.argv[2])
models = ModelServer()
models.says(Answer(events=chat_events(*chunks("A gal", "lery."))))
client = wrap(openai.OpenAI(api_key="key", base_url=models.url))
stream = client.chat.completions.create(model="gpt-4o", messages=[], stream=True)
next(stream), next(stream)
if os.fork() == 0:
    list(stream)
    sys.exit(0)
os.wait()
"""


def test_a_stream_that_is_open_at_the_end_is_recorded_once_by_the_process_that_began_it(collector, tmp_path):
    tests = SOURCES.parent / "tests"
    arguments = [collector.address, str(tmp_path / "spool"), str(SOURCES), str(tests)]
    subprocess.run([sys.executable, "-c", PROGRAM, *arguments], check=True, timeout=60)
    (call,) = collector.rows("SELECT output, metadata FROM generations")
    metadata = call["metadata"]
    assert (call["output"], metadata["is_incomplete"]) == ("A gal", True)
    assert collector.value("SELECT status FROM workflows") == "cancelled"
    assert "no rejected" in collector.run("rejected")
