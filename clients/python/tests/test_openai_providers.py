"""Whose models a client calls."""

import types

import openai
import pytest

from tracewire.model_calls.providers import provider_of


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://mine.openai.azure.com/openai/v1", "azure"),
        ("https://api.deepseek.com", "deepseek"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://api.x.ai/v1", "xai"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://us-east5-aiplatform.googleapis.com/v1", "vertex"),
        ("https://bedrock-runtime.us-east-1.amazonaws.com", "bedrock"),
    ],
)
def test_a_provider_is_told_by_its_address(address, provider):
    assert provider_of(openai.OpenAI(api_key="key", base_url=address), "openai") == (provider, None)


@pytest.mark.parametrize("address", ["http://models.internal:8000/v1", "https://fax.ai/v1", "https://openai.com.example/v1"])
def test_an_address_that_says_nothing_is_kept(address):
    assert provider_of(openai.OpenAI(api_key="key", base_url=address), "openai") == ("openai", address + "/")


def test_an_address_is_kept_without_secrets():
    client = types.SimpleNamespace(base_url="https://mina:secret@models.internal:8000/v1?key=secret")
    assert provider_of(client, "openai") == ("openai", "https://models.internal:8000/v1")


@pytest.mark.parametrize("address", [None, "", "http://[", 7])
def test_a_client_without_an_address_is_of_its_package(address):
    assert provider_of(types.SimpleNamespace(base_url=address), "openai") == ("openai", None)


def test_a_client_of_another_package_is_told_by_its_name():
    kind = type("Groq", (), {"__module__": "groq._client", "base_url": "http://127.0.0.1:1/"})
    assert provider_of(kind(), "openai") == ("groq", "http://127.0.0.1:1/")
