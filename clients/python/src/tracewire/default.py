"""The client that the module's functions use."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from tracewire.addresses import Address, parse_addresses
from tracewire.client import Client
from tracewire.configuration import Configuration, configuration_from, spool_place, wrong_configuration
from tracewire.notices import general

_lock = threading.RLock()
_client: Client | None = None

_SETTINGS = {field.name for field in fields(Configuration)} - {"addresses"}


def init(connect: str | None = None, **settings: Any) -> Client:
    """Makes the client that `tracewire.workflow` and the other functions use, and returns it.

    Without it they make one of the environment when they are first used. What is given here comes before the environment:

    | argument | variable | default |
    | --- | --- | --- |
    | `connect` | `TRACEWIRE_CONNECT` | `127.0.0.1:4747`; with commas between them, more to fall back on |
    | `token` | `TRACEWIRE_TOKEN` | none; beyond loopback the collector asks for one |
    | `tls` | `TRACEWIRE_TLS` | off, but on where authorities are named |
    | `tls_ca` | `TRACEWIRE_TLS_CA` | the authorities of the system; a PEM file of others |
    | `tls_certificate`, `tls_key` | `TRACEWIRE_TLS_CERTIFICATE`, `TRACEWIRE_TLS_KEY` | none; PEM files |
    | `spool` | `TRACEWIRE_SPOOL` | a directory, or `memory`; `$XDG_STATE_HOME/tracewire/spool`, else below `~/.local/state` |
    | `sample_rate` | `TRACEWIRE_SAMPLE_RATE` | 1 |
    | `enabled` | `TRACEWIRE_ENABLED` | on |

    All others are those of `Configuration`. Where a value is none, nothing is recorded, and the log says so once. A client
    that was made before goes on with its workflows, and delivers them, until it is shut down or the process ends.
    """
    global _client
    made = Client(*_configured(connect, settings, os.environ))
    with _lock:
        _client = made
    return made


def client() -> Client:
    """The client of `init`, or one of the environment."""
    global _client
    if _client is not None:
        return _client
    with _lock:
        if _client is None:
            _client = Client(*_configured(None, {}, os.environ))
        return _client


def _configured(
    connect: str | None, settings: Mapping[str, Any], environment: Mapping[str, str]
) -> tuple[Configuration, str | None]:
    """The configuration, and what is wrong with it."""
    try:
        return _configuration(connect, settings, environment), None
    except Exception as error:
        what = wrong_configuration(error)
        general.once(logging.ERROR, f"{what}; nothing is recorded")
        return Configuration(enabled=False), what


def _addresses(connect: str) -> tuple[Address, ...]:
    if not isinstance(connect, str):
        raise ValueError("connect is no text, such as '127.0.0.1:4747'")
    try:
        return parse_addresses(connect)
    except ValueError as error:
        raise ValueError(f"connect is not HOST:PORT, such as 127.0.0.1:4747: {error}") from None


def _configuration(connect: str | None, settings: Mapping[str, Any], environment: Mapping[str, str]) -> Configuration:
    unknown = set(settings) - _SETTINGS
    if unknown:
        raise ValueError(f"tracewire.init has no argument {', '.join(sorted(unknown))}")
    given = {name: value for name, value in settings.items() if value is not None}
    if "spool" in given:
        given["spool"] = spool_place(given["spool"], "spool")
    if connect is not None:
        given["addresses"] = _addresses(connect)
    # A variable that is not used need not be right.
    used = {name: text for name, text in environment.items() if _VARIABLES.get(name, "") not in given}
    return replace(configuration_from(used), **given).clamped()


_VARIABLES = {
    "TRACEWIRE_CONNECT": "addresses",
    "TRACEWIRE_TOKEN": "token",
    "TRACEWIRE_TLS": "tls",
    "TRACEWIRE_TLS_CA": "tls_ca",
    "TRACEWIRE_TLS_CERTIFICATE": "tls_certificate",
    "TRACEWIRE_TLS_KEY": "tls_key",
    "TRACEWIRE_SPOOL": "spool",
    "TRACEWIRE_SAMPLE_RATE": "sample_rate",
    "TRACEWIRE_ENABLED": "enabled",
}


def _lock_of_fork() -> None:
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_lock_of_fork)
