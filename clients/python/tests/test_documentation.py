"""What README.md and API.md show is there."""

import importlib.util
import inspect
import re
import types

import pytest

import tracewire
from support.places import ROOT
from support.recorded import events
from tracewire.default import _VARIABLES
from tracewire.langchain import TracewireHandler

README = (ROOT / "clients" / "python" / "README.md").read_text()
API = (ROOT / "clients" / "python" / "API.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_code_of_the_readme_is_code(block):
    compile(block, "README.md", "exec")


def test_the_first_examples_record_what_they_say(default_client):
    answer = types.SimpleNamespace(text="seongsu")
    names = {"wish": "a calm evening", "state": {"area": "seongsu"}, "complete": lambda wish: answer}
    for block in BLOCKS[:2]:
        exec(block, names)
    assert names["plan"]("tea") == ["gallery", "noodles", "tea"]
    assert [start["name"] for start in events(default_client, "workflow_start")] == ["date_course", "plan"]
    (call,) = events(default_client, "generation")
    assert (call["output"], call["total_tokens"]) == ("seongsu", 222)
    assert default_client.report().failures == default_client.report().refused == 0


def test_every_name_that_the_readme_uses_is_there():
    for name in re.findall(r"`?tracewire\.([a-z_A-Z]+)", README + API):
        assert hasattr(tracewire, name) or importlib.util.find_spec(f"tracewire.{name}"), name


def test_every_variable_is_documented():
    assert set(re.findall(r"TRACEWIRE_[A-Z_]+", README)) == set(_VARIABLES)


def test_the_handler_has_the_arguments_that_the_interface_lists():
    listed = re.search(r"handler = TracewireHandler\((.*)\)", API).group(1)
    found = inspect.signature(TracewireHandler).parameters.values()
    assert listed.replace("10_000", "10000") == ", ".join(f"{one.name}={one.default}" for one in found)


def test_the_example_that_the_readme_names_is_there():
    for path in re.findall(r"\]\((examples/[a-z_.]+)\)", README):
        assert (ROOT / "clients" / "python" / path).is_file()


@pytest.mark.parametrize("kind", ["workflow", "node", "call"])
def test_every_call_of_a_handle_that_the_interface_lists_is_there(quiet_client, kind):
    workflow = quiet_client.start_workflow("w")
    handle = {"workflow": workflow, "node": workflow.start_node("n"), "call": workflow.start_generation("m")}[kind]
    lines = [line for line in API.splitlines() if re.match(rf"(\w+ = )?{kind}\.", line)]
    listed = {name for line in lines for name in re.findall(rf"(?:\b{kind}|[ ,])\.([a-z_]+)", line)}
    assert len(listed) >= 5
    for name in listed:
        assert hasattr(handle, name), name
