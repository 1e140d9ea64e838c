"""What is named like a secret is not recorded of LangChain's calls and configurations."""

import json

import pytest
from langchain_core.runnables import RunnableLambda

from support.graphs import Model, line
from support.recorded import events, records
from tracewire.langchain import TracewireHandler
from tracewire.langchain.secret_names import without_secrets

BEGIN = {"area": "seongsu", "log": []}


@pytest.fixture
def config(quiet_client):
    return {"callbacks": [TracewireHandler(client=quiet_client)]}


def test_secrets_among_the_parameters_of_a_call_are_not_recorded_however_deep(quiet_client, config):
    model = Model(answers=["tea"]).bind(
        extra_headers={"Authorization": "Bearer sk-1"},
        model_kwargs={"api_key": "sk-2", "seed": 7, "fallbacks": [{"model": "small", "openai_api_key": "sk-3"}]},
        openai_api_key="sk-4",
        top_p=0.5,
    )
    model.invoke("hello", config)
    (call,) = events(quiet_client, "generation")
    parameters = json.loads(call["metadata"])["parameters"]
    assert parameters["model_kwargs"] == {"seed": 7, "fallbacks": [{"model": "small"}]}
    assert parameters["top_p"] == 0.5
    assert "sk-" not in str(records(quiet_client))


@pytest.mark.parametrize("kind", ["graph", "chain", "model"])
def test_secrets_of_the_configuration_are_not_recorded(quiet_client, config, kind):
    runs = {"graph": line("parse").compile(), "chain": RunnableLambda(lambda x: x), "model": Model(answers=["tea"])}
    secrets = {"openai_api_key": "sk-1", "db_password": "sk-2", "store": {"password": "sk-3", "host": "here"}}
    said = {**config, "metadata": {**secrets, "team": "dates"}, "configurable": secrets}
    runs[kind].invoke(BEGIN if kind == "graph" else "hello", said)
    (start,) = events(quiet_client, "workflow_start")
    assert json.loads(start["metadata"]) == {"store": {"host": "here"}, "team": "dates"}
    assert "sk-" not in str(records(quiet_client))


def test_what_a_node_says_of_itself_is_recorded_without_secrets_and_what_all_share_only_once(quiet_client, config):
    graph = line()
    graph.add_node("parse", lambda state: None, metadata={"region": {"name": "seoul", "token": "sk-1"}})
    graph.add_edge("__start__", "parse")
    graph.compile().invoke(BEGIN, {**config, "metadata": {"store": {"password": "sk-2", "host": "here"}}})
    (node,) = events(quiet_client, "node_start")
    assert json.loads(node["metadata"]) == {"region": {"name": "seoul"}}


SECRET = ["api_key", "apiKey", "x-api-key", "X-API-KEY", "OPENAI_API_KEY", "key", "keys", "access_token", "accessToken",
          "auth", "basicAuth", "db_password", "passwordHash", "pwd", "client_secret", "secretName", "aws_credentials",
          "Authorization", "default_headers", "Set-Cookie", "cookies"]  # fmt: skip


@pytest.mark.parametrize("name", SECRET)
def test_a_name_tells_a_secret(name):
    assert without_secrets({"a": [{name: "sk-1"}], name: "sk-1"}) == {"a": [{}]}


@pytest.mark.parametrize("name", ["keyword", "keywords", "tokenizer", "author", "authority", "header_row", "passenger"])
def test_a_name_that_only_begins_like_one_tells_none(name):
    assert without_secrets({name: "tea"}) == {name: "tea"}


def test_numbers_of_tokens_are_no_secrets():
    said = {"max_tokens": 5, "thinking": {"budget_tokens": 1024}, "return_token_ids": True, "stop_token": None}
    assert without_secrets(said) == said


def test_what_contains_itself_is_looked_through_once():
    said = {"password": "sk-1", "area": "seongsu"}
    said["both"] = [said, said]
    found = without_secrets(said)
    assert found["area"] == "seongsu"
    assert found["both"][0] is found["both"][1] is found
    assert "password" not in found


def test_what_is_nested_too_deeply_is_left_out():
    said = {"password": "sk-1"}
    for _ in range(2000):
        said = {"inner": said}
    assert "sk-1" not in str(without_secrets(said))
