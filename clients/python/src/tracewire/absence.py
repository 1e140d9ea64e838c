"""What a program is told of a collector that is not there: once in a process, and once that it is there."""

from __future__ import annotations

import logging

from tracewire.addresses import Address
from tracewire.notices import general
from tracewire.security import trouble
from tracewire.unwritable import UnwritableFile

_NEXT = "start one with 'tracewire serve', or name another with TRACEWIRE_CONNECT or tracewire.init"


def unreachable(address: Address, error: OSError) -> str:
    """Why no connection could be made, and what to do about it."""
    return _known(address, error) or f"{address} cannot be reached: {error.strerror or error}; {_NEXT}"


def broken(address: Address, error: OSError) -> str:
    """Why a connection that stood has ended."""
    return _known(address, error) or f"the connection to {address} failed: {error.strerror or error}"


def _known(address: Address, error: OSError) -> str | None:
    """What has words of its own, as it has nothing to do with the network."""
    if isinstance(error, UnwritableFile):
        return f"{error}; that is tried again, and nothing is lost: make room on its disk, or look at its permissions"
    return trouble(address, error)


def unauthorized(collector: str, message: str, shows_token: bool) -> str:
    """Why a collector lets nobody in who shows this token, or none, and what to do about it."""
    if not shows_token:
        return f"{collector} wants a token: set TRACEWIRE_TOKEN, or token of tracewire.init"
    return f"{collector} refused: {message}; set TRACEWIRE_TOKEN, or token of tracewire.init, to a token that it takes"


class Absence:
    """As one link finds it. Several of one process say the same things, and each is said once."""

    def __init__(self) -> None:
        self._is_told = False
        self._is_over = False

    def found(self, what: str) -> None:
        """Nothing can be delivered, at any address."""
        if not self._is_told:
            self._is_told = True
            general.once(logging.WARNING, f"nothing is delivered, and what is recorded waits: {what}")

    def ended(self, address: Address) -> None:
        """A collector has answered."""
        if self._is_told and not self._is_over:
            self._is_over = True
            general.once(logging.INFO, f"the collector at {address} is there now; what waited is delivered")
