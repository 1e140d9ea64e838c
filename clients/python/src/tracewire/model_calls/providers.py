"""Whose models a client calls, by the address that it calls."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tracewire.model_calls.reading import field

#: How the names of hosts end, and whose they are.
_HOSTS = (
    ("openai.azure.com", "azure"),
    ("services.ai.azure.com", "azure"),
    ("cognitiveservices.azure.com", "azure"),
    ("models.ai.azure.com", "azure"),
    ("azure-api.net", "azure"),
    ("openai.com", "openai"),
    ("anthropic.com", "anthropic"),
    ("deepseek.com", "deepseek"),
    ("groq.com", "groq"),
    ("together.xyz", "together"),
    ("together.ai", "together"),
    ("openrouter.ai", "openrouter"),
    ("mistral.ai", "mistral"),
    ("x.ai", "xai"),
    ("fireworks.ai", "fireworks"),
    ("perplexity.ai", "perplexity"),
    ("cerebras.ai", "cerebras"),
    ("moonshot.ai", "moonshot"),
    ("moonshot.cn", "moonshot"),
    ("generativelanguage.googleapis.com", "google"),
    ("-aiplatform.googleapis.com", "vertex"),
    ("aiplatform.googleapis.com", "vertex"),
    ("amazonaws.com", "bedrock"),
    ("huggingface.co", "huggingface"),
    ("nvidia.com", "nvidia"),
    ("aliyuncs.com", "alibaba"),
    ("cohere.com", "cohere"),
    ("cohere.ai", "cohere"),
)

#: What the names of clients' classes say where the address does not.
_CLASSES = (("azure", "azure"), ("bedrock", "bedrock"), ("vertex", "vertex"), ("foundry", "azure"))


def provider_of(client: Any, default: str) -> tuple[str, str | None]:
    """The provider, and the address if it says nothing of one; `default` is whose client it is."""
    address = _address(client)
    host = (urlsplit(address).hostname or "") if address else ""
    for end, provider in _HOSTS:
        if host == end or host.endswith(end if end.startswith("-") else "." + end):
            return provider, None
    kinds = " ".join(kind.__name__.lower() for kind in type(client).__mro__)
    for word, provider in _CLASSES:
        if word in kinds:
            return provider, _without_secrets(address)
    return default, _without_secrets(address)


def _address(client: Any) -> str:
    found = field(client, "base_url")
    return found if isinstance(found, str) else str(found) if type(found).__name__ == "URL" else ""


def _without_secrets(address: str) -> str | None:
    """The address without a user's name, a password or arguments."""
    try:
        parts = urlsplit(address)
        place = parts.hostname or ""
        return f"{parts.scheme}://{place}:{parts.port}{parts.path}" if parts.port else f"{parts.scheme}://{place}{parts.path}"
    except ValueError:
        return None
