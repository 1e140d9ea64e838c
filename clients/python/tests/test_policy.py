"""What is done to values before anything of them is written. The marks are those of the Swift SDK."""

import json

import pytest

from support.recorded import events, silent_client
from tracewire.events import VALUES


@pytest.fixture
def masked_client():
    made = []

    def make(mask=None, **settings):
        made.append(silent_client(mask=mask, **settings))
        return made[-1]

    yield make
    for client in made:
        client.shutdown(timeout=0.0)


def everything(client):
    """Records a value of every kind."""
    workflow = client.start_workflow(
        "w", user="mina@mail.example", user_input="secret", time_settings=["secret"], date_theme=["secret"],
        user_intent=["secret"], tags=["secret"], metadata=["secret"],
    )  # fmt: skip
    node = workflow.start_node("n", input=["secret"], tags=["secret"], metadata=["secret"])
    node.record_generation(
        "m", system_prompt="secret", user_prompt="secret", output="secret", parsed_output=["secret"],
        error_message="secret", metadata=["secret"],
    )  # fmt: skip
    node.end("failed", state=["secret"], output=["secret"], error_message="secret", error_traceback="secret")
    workflow.end(user_intent=["secret"], final_itinerary=["secret"])


def everything_recorded(client):
    return json.dumps(
        [
            {key: str(value) for key, value in one.items()}
            for name in ("workflow_start", "node_start", "generation", "node_end", "workflow_end")
            for one in events(client, name)
        ]
    )


def test_a_mask_sees_every_value_and_nothing_else(masked_client):
    seen = set()

    def mask(field, value):
        seen.add(field)
        assert isinstance(value, str)
        return value.replace("secret", "***")

    client = masked_client(mask)
    everything(client)
    assert seen == set(VALUES)
    assert "secret" not in everything_recorded(client)
    assert events(client, "user")[0]["username"] == "mina@mail.example"


def test_a_mask_may_leave_a_value_out(masked_client):
    client = masked_client(lambda field, value: None)
    everything(client)
    assert "secret" not in everything_recorded(client)
    assert "input_data" not in events(client, "node_start")[0]


@pytest.mark.parametrize("answer", ["no json", "{", "NaN", "[" * 600 + "]" * 600])
def test_a_mask_that_makes_no_json_of_json_leaves_a_mark(masked_client, answer):
    client = masked_client(lambda field, value: answer)
    everything(client)
    assert events(client, "node_end")[0]["state_data"] == '"[tracewire: the masked value is no JSON]"'
    assert events(client, "workflow_start")[0]["user_input"] == answer
    assert "secret" not in everything_recorded(client)


def test_a_mask_that_raises_hides_the_value(masked_client, caplog):
    def mask(field, value):
        raise KeyError(value)

    client = masked_client(mask)
    everything(client)
    assert "secret" not in everything_recorded(client)
    assert "secret" not in caplog.text
    assert events(client, "node_end")[0]["state_data"] == '"[tracewire: the mask failed]"'
    assert client.report().failures > 0


def test_a_mask_that_answers_with_no_text_hides_the_value(masked_client):
    client = masked_client(lambda field, value: 5)
    everything(client)
    assert "secret" not in everything_recorded(client)


def test_long_texts_are_cut_at_a_character_and_long_json_left_out(masked_client):
    client = masked_client(value_limit=1024)
    client.start_workflow("w", user_input="성" * 1000, metadata=["성" * 1000])
    (start,) = events(client, "workflow_start")
    assert start["user_input"] == "성" * 341 + "[tracewire: cut, 3000 bytes, more than 1024]"
    assert start["metadata"] == '"[tracewire: left out, 3004 bytes, more than 1024]"'


def test_values_within_the_limit_are_recorded_as_they_are(masked_client):
    client = masked_client(value_limit=1024)
    client.start_workflow("w", user_input="x" * 1024)
    assert events(client, "workflow_start")[0]["user_input"] == "x" * 1024
