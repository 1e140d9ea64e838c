"""What a client needs to know."""

from __future__ import annotations

import math
import numbers
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tracewire.addresses import Address, parse_addresses
from tracewire.policy import Mask

#: The text that asks for no files.
MEMORY = "memory"


@dataclass(frozen=True)
class Configuration:
    """Every value has a default that suits a service beside its collector. One out of its range is moved into it."""

    #: Where the collector is; tried in this order, should there be several.
    addresses: tuple[Address, ...] = (Address("127.0.0.1", 4747),)
    #: What the collector asks for, where it asks for one. It is never logged.
    token: str | None = field(default=None, repr=False)
    #: Whether connections are encrypted. None: where `tls_ca` names authorities.
    tls: bool | None = None
    #: The PEM file of the authorities that are trusted; None for those of the system. The collector's certificate has to name the
    #: host of its address.
    tls_ca: str | None = None
    #: The PEM files of the client's own certificate and of its private key, where the collector asks for one.
    tls_certificate: str | None = None
    tls_key: str | None = None
    #: Where records wait until they are acknowledged: a directory, or "memory". None: `$XDG_STATE_HOME/tracewire/spool`,
    #: or `~/.local/state/tracewire/spool`.
    spool: str | None = None
    #: Whether anything is recorded.
    enabled: bool = True
    #: How many of the workflows are recorded, from 0 to 1. It is decided by the workflow's identifier, once for all of it.
    #: It is not moved into its range: where it is out of it, nothing is recorded.
    sample_rate: float = 1.0
    #: Is given each value before anything of it is written, and returns what is recorded in its place. Names are no values: the
    #: user, the e-mail address, and what workflows, nodes and models are called, are recorded as they are said.
    mask: Mask | None = field(default=None, repr=False)
    #: Bytes of one value, 1 KiB to 64 MiB. Of a longer text as much is recorded; in place of longer JSON a mark.
    value_limit: int = 8 << 20
    #: For people, in the collector's `status`.
    client_name: str = "tracewire-python"

    #: Bytes of records held in the spool's files. At least 64 KiB.
    spool_limit: int = 1 << 30
    #: Bytes of records held in memory where there are no files. At least 64 KiB.
    memory_limit: int = 64 << 20
    #: Size of a file of the spool, 64 KiB to 64 MiB.
    segment_bytes: int = 1 << 20
    #: Size at which a batch is sent at once, 1 KiB to 64 MiB.
    batch_bytes: int = 256 << 10
    #: Most records in a batch, 1 to 4,096.
    batch_records: int = 1024
    #: Seconds that a record waits for others at most.
    batch_delay: float = 0.05
    #: Batches without an acknowledgement, at least 1.
    batches_in_flight: int = 16
    #: "stream", "frame" or "none", as far as the collector can do it.
    compression: str = "stream"
    #: The window asked for a stream, as a power of two, 10 to 20.
    stream_window_log: int = 20

    #: Seconds that connecting and opening the session may take.
    connect_timeout: float = 5.0
    #: Seconds without a word after which the collector is asked whether it is there; given up after as long again.
    silence_timeout: float = 15.0
    #: Seconds before connecting again: after the first failure, and at most; each wait is drawn from its upper half.
    backoff: tuple[float, float] = (0.1, 10.0)
    #: Seconds to wait after what only a person can mend, such as a wrong token.
    rare_backoff: float = 60.0
    #: Seconds that the process's end waits for what was not delivered. Where files keep it, only while a collector takes it.
    exit_drain: float = 2.0

    @property
    def uses_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.tls_ca is not None if self.tls is None else self.tls

    def clamped(self) -> Configuration:
        """The values in their ranges.

        Raises:
            ValueError: for a value that is none at all.
        """
        if self.compression not in ("stream", "frame", "none"):
            raise ValueError("compression is 'stream', 'frame' or 'none'")
        if not _is_number(self.sample_rate) or not 0 <= self.sample_rate <= 1:
            raise ValueError("sample_rate is a number from 0 to 1")
        if self.tls not in (True, False, None):
            raise ValueError("tls is neither True nor False")
        if self.uses_tls and (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError(
                "a client's certificate and its key go together: set both TRACEWIRE_TLS_CERTIFICATE and TRACEWIRE_TLS_KEY, or "
                "neither"
            )
        if not self.addresses:
            raise ValueError("a collector's address is missing")
        whole: dict[str, Any] = {name: _whole(name, getattr(self, name), *bounds) for name, bounds in _WHOLE_NUMBERS.items()}
        seconds: dict[str, Any] = {name: _seconds(name, getattr(self, name), least) for name, least in _SECONDS.items()}
        return replace(self, backoff=_two_waits(self.backoff), **whole, **seconds)


_MOST = (1 << 63) - 1
#: The least and the most of each whole number.
_WHOLE_NUMBERS = {
    "spool_limit": (64 << 10, _MOST),
    "memory_limit": (64 << 10, _MOST),
    "value_limit": (1 << 10, 64 << 20),
    "segment_bytes": (64 << 10, 64 << 20),
    "batch_bytes": (1 << 10, 64 << 20),
    "batch_records": (1, 4096),
    "batches_in_flight": (1, _MOST),
    "stream_window_log": (10, 20),
}
#: The least of each number of seconds. The most is what the system can wait for.
_SECONDS = {"batch_delay": 0.0, "connect_timeout": 0.001, "silence_timeout": 0.001, "rare_backoff": 0.0, "exit_drain": 0.0}


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not math.isnan(value)


def _whole(name: str, value: int, least: int, most: int) -> int:
    if not _is_number(value) or math.isinf(value):
        raise ValueError(f"{name} is no whole number")
    return min(max(int(value), least), most)


def _seconds(name: str, value: float, least: float = 0.0) -> float:
    if not _is_number(value):
        raise ValueError(f"{name} is no number of seconds")
    return float(min(max(value, least), threading.TIMEOUT_MAX))


def _two_waits(given: tuple[float, float]) -> tuple[float, float]:
    try:
        first, longest = given
    except (TypeError, ValueError):
        raise ValueError("backoff is two numbers of seconds, such as (0.1, 10)") from None
    return _seconds("backoff", first), _seconds("backoff", longest)


def wrong_configuration(error: Exception) -> str:
    """What is wrong, as an exception says that came of reading a configuration."""
    return str(error) if isinstance(error, ValueError) else f"the configuration cannot be used ({type(error).__name__}: {error})"


def configuration_from(environment: Mapping[str, str]) -> Configuration:
    """The defaults, changed by the environment. An empty variable is none.

    Raises:
        ValueError: if a variable is not of its form.
    """
    found = Configuration()
    if text := environment.get("TRACEWIRE_CONNECT"):
        try:
            found = replace(found, addresses=parse_addresses(text))
        except ValueError:
            raise ValueError("TRACEWIRE_CONNECT is not HOST:PORT, such as 127.0.0.1:4747") from None
    if text := environment.get("TRACEWIRE_TOKEN"):
        found = replace(found, token=text)
    if text := environment.get("TRACEWIRE_TLS"):
        found = replace(found, tls=_switch(text, "TRACEWIRE_TLS"))
    if text := environment.get("TRACEWIRE_TLS_CA"):
        found = replace(found, tls_ca=text)
    if text := environment.get("TRACEWIRE_TLS_CERTIFICATE"):
        found = replace(found, tls_certificate=text)
    if text := environment.get("TRACEWIRE_TLS_KEY"):
        found = replace(found, tls_key=text)
    if text := environment.get("TRACEWIRE_SPOOL"):
        found = replace(found, spool=spool_place(text, "TRACEWIRE_SPOOL"))
    if text := environment.get("TRACEWIRE_SAMPLE_RATE"):
        found = replace(found, sample_rate=_rate(text))
    if text := environment.get("TRACEWIRE_ENABLED"):
        found = replace(found, enabled=_switch(text, "TRACEWIRE_ENABLED"))
    return found


def spool_place(place: str | os.PathLike[str], name: str) -> str:
    """A directory, or "memory".

    Raises:
        ValueError: if it is neither.
    """
    try:
        text = os.fsdecode(place)
    except TypeError:
        text = ""
    if text.lower() == MEMORY:
        return MEMORY
    if not text.startswith("/"):
        raise ValueError(f"{name} is neither an absolute path, such as /var/spool/tracewire, nor 'memory'")
    return text


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise ValueError("TRACEWIRE_SAMPLE_RATE is not a number from 0 to 1")
    return rate


def _switch(text: str, name: str) -> bool:
    found = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in found:
        raise ValueError(f"{name} is neither true nor false")
    return found[text.lower()]
