"""What README.md and API.md show is there."""

import importlib.util
import inspect
import re
import types

import pytest

import tracewire
from support.graphs import line
from support.model_answers import chat
from support.model_server import ModelServer
from support.places import ROOT
from support.recorded import NOWHERE, events
from tracewire.default import _VARIABLES
from tracewire.langchain import TracewireHandler, nodes

README = (ROOT / "clients" / "python" / "README.md").read_text()
API = (ROOT / "clients" / "python" / "API.md").read_text()
PROJECT = (ROOT / "clients" / "python" / "pyproject.toml").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def block_with(text):
    """The only block of the README with this text."""
    (block,) = (block for block in BLOCKS if text in block)
    return block


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


def test_the_example_with_a_wrapped_client_records_its_call(default_client, monkeypatch):
    with ModelServer() as server:
        server.says(chat("A gallery."))
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        names = {"tracewire": tracewire, "wish": "a calm evening"}
        exec(block_with("wrap(OpenAI())"), names)
        names["client"].close()
    assert names["answer"].choices[0].message.content == "A gallery."
    assert [node["node_name"] for node in events(default_client, "node_start")] == ["parse"]
    (call,) = events(default_client, "generation")
    assert (call["user_prompt"], call["output"]) == ("a calm evening", "A gallery.")
    assert default_client.report().failures == default_client.report().refused == 0


def test_the_example_with_a_graph_records_its_nodes(default_client):
    exec(block_with("TracewireHandler"), {"graph": line("parse", "search").compile(), "state": {"area": "seongsu", "log": []}})
    assert [node["node_name"] for node in events(default_client, "node_start")] == ["parse", "search"]
    assert default_client.report().failures == default_client.report().refused == 0


def test_the_example_with_a_mask_hides_what_it_says_and_no_names(monkeypatch):
    monkeypatch.setattr("tracewire.default._client", None)
    monkeypatch.setenv("TRACEWIRE_SPOOL", "memory")
    names = {"tracewire": tracewire}
    # Nobody is to look for the collector that it names.
    exec(block_with("mask=mask").replace("traces.internal:4800", str(NOWHERE)), names)
    with tracewire.workflow("w", user_input="mina@mail.example asks", email="mina@mail.example", user="mina") as workflow:
        workflow.record_generation("gpt-4o", system_prompt="You plan dates.", user_prompt="hello")
    client = tracewire.client()
    assert client.configuration.value_limit == 1 << 20
    assert [start["user_input"] for start in events(client, "workflow_start")] == ["[e-mail] asks"]
    assert [user["email"] for user in events(client, "user")] == ["mina@mail.example"]
    (call,) = events(client, "generation")
    assert (call.get("system_prompt"), call["user_prompt"]) == (None, "hello")
    client.shutdown(timeout=0.0)


def test_the_example_of_an_end_prints_what_was_not_delivered(default_client, capsys):
    tracewire.start_workflow("w")
    example = block_with("tracewire.shutdown")
    exec(example.replace("timeout=5", "timeout=0"), {"tracewire": tracewire})
    assert "0 committed" in capsys.readouterr().out


def test_the_readme_and_the_log_name_the_oldest_langgraph_that_the_package_asks_for():
    (oldest,) = re.findall(r"langgraph>=([0-9.]+)", PROJECT)
    assert f"langgraph>={oldest}" in README
    assert f"those before {oldest}" in README
    assert f"langgraph {oldest}" in nodes._TELLS_LESS


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
