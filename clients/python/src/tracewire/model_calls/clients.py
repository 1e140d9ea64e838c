"""Wraps clients: those that send every request with `post`, as the packages of OpenAI and Anthropic do, and compatible ones."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tracewire.model_calls.interface import Interface, at_path
from tracewire.model_calls.namespaces import COPYING, Namespace, has_methods
from tracewire.model_calls.parent import Parent
from tracewire.model_calls.providers import provider_of
from tracewire.model_calls.recorder import Recorder
from tracewire.notices import general

_Client = TypeVar("_Client")

#: How classes end that are the client in another form.
_OTHER_FORMS = ("WithRawResponse", "WithStreamedResponse")
#: Where a wrapped client has its recorder.
_MARK = "_tracewire"


def wrapped(client: _Client, vendor: str, interfaces: tuple[Interface, ...], parent: Parent) -> _Client:
    """A client like the given one, whose calls are recorded. The given one stays as it is; connections are shared.

    What is no client is returned as it is, and the log says so once.
    """
    try:
        if isinstance(_mark_of(client), Recorder):
            client = _unwrapped(client)
        provider, address = provider_of(client, vendor)
        recorder = Recorder(vendor, interfaces, parent, provider, address)
        if _sends_with_post(client):
            return _with_post(client, recorder)
        if has_methods(client, recorder.interfaces):
            return Namespace(client, recorder, functools.partial(_again, recorder))  # type: ignore[return-value]
        general.failure(f"tracewire.{vendor}.wrap was given no client, but a {type(client).__name__}; nothing of it is recorded")
    except Exception as error:
        general.failure(f"tracewire.{vendor}.wrap failed; nothing of the client is recorded", error)
    return client


def _again(recorder: Recorder, client: Any) -> Any:
    return wrapped(client, recorder.vendor, recorder.interfaces, recorder.parent)


def _mark_of(client: Any) -> Any:
    return getattr(client, "__dict__", {}).get(_MARK)


def _sends_with_post(client: Any) -> bool:
    return all(callable(getattr(type(client), name, None)) for name in ("post", "with_options"))


def _unwrapped(client: Any) -> Any:
    """What a wrapped client was made of."""
    if isinstance(client, Namespace):
        return client.__dict__["_target"]
    made = copy.copy(client)
    for name in ("post", *COPYING, _MARK):
        made.__dict__.pop(name, None)
    _renew_parts(made, client)
    return made


def _renew_parts(made: Any, client: Any) -> None:
    """Gives a client's copy resources of its own: a resource keeps the `post` that its client has when it is made."""
    for name, value in list(vars(client).items()):
        if not _is_part(value, client):
            continue
        # Most are made when they are first asked for, and will be again.
        if hasattr(type(client), name):
            del made.__dict__[name]
        else:
            setattr(made, name, type(value)(made))


def _is_part(value: Any, client: Any) -> bool:
    """Whether it is a resource of the client's, or stands for all of them in another form."""
    return getattr(value, "_client", None) is client or type(value).__name__.endswith(_OTHER_FORMS)


def _with_post(client: _Client, recorder: Recorder) -> _Client:
    """A client with the same settings and connections, whose requests are recorded."""
    made: Any = copy.copy(client)
    post = made.post

    @functools.wraps(post)
    def recorded_post(path: str, *arguments: Any, **keywords: Any) -> Any:
        interface = at_path(recorder.interfaces, path) if isinstance(path, str) else None
        if interface is None:
            return post(path, *arguments, **keywords)
        return recorder.call(interface, lambda: _request(keywords), post, (path, *arguments), keywords)

    setattr(made, _MARK, recorder)
    for name in COPYING:
        setattr(made, name, _copying(getattr(made, name), recorder))
    made.post = recorded_post
    _renew_parts(made, client)
    return made  # type: ignore[no-any-return]


def _request(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """The body as it is sent, with what the application adds to it."""
    options = keywords.get("options")
    bodies = (keywords.get("body"), options.get("extra_json") if isinstance(options, Mapping) else None)
    return {name: value for body in bodies if isinstance(body, Mapping) for name, value in body.items()}


def _copying(method: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    @functools.wraps(method)
    def copied(*arguments: Any, **keywords: Any) -> Any:
        return _again(recorder, method(*arguments, **keywords))

    return copied
