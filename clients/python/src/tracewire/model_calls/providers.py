"""Whose models a client calls, by the address that it calls."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, urlsplit

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
    place = _place(client)
    host = place.hostname or "" if place is not None else ""
    for end, provider in _HOSTS:
        if host == end or host.endswith(end if end.startswith("-") else "." + end):
            return provider, None
    return _by_class(client, default), None if place is None else _without_secrets(place)


def _by_class(client: Any, default: str) -> str:
    kinds = " ".join(kind.__name__.lower() for kind in type(client).__mro__)
    for word, provider in _CLASSES:
        if word in kinds:
            return provider
    package = type(client).__module__.partition(".")[0]
    return package if any(package == provider for _, provider in _HOSTS) else default


def _place(client: Any) -> SplitResult | None:
    """The address; None where there is none that can be read."""
    found = field(client, "base_url")
    if not isinstance(found, str) and type(found).__name__ != "URL":
        return None
    try:
        place = urlsplit(str(found))
        return place if place.hostname else None
    except ValueError:
        return None


def _without_secrets(place: SplitResult) -> str:
    """The address without a user's name, a password or arguments."""
    return f"{place.scheme}://{place.netloc.rpartition('@')[2]}{place.path}"
