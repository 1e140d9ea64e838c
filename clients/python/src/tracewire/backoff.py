"""When to connect again, and where to."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tracewire.addresses import Address


class Backoff:
    """Doubles from the first to the longest wait; each is drawn at random from its upper half."""

    def __init__(self, first: float, longest: float, chance: random.Random | None = None) -> None:
        self._first = max(first, 0.001)
        self._longest = max(longest, self._first)
        self._next = self._first
        self._chance = chance or random.Random()

    def wait(self) -> float:
        """Seconds to wait now."""
        found = self._next * self._chance.uniform(0.5, 1.0)
        self._next = min(self._next * 2, self._longest)
        return found

    def reset(self) -> None:
        """Something went well."""
        self._next = self._first


class Rotation:
    """Addresses, tried in their order."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = addresses
        self._index = 0

    @property
    def current(self) -> Address:
        return self._addresses[self._index]

    def advance(self) -> bool:
        """The next one. Whether all were tried, so that the first is next."""
        self._index = (self._index + 1) % len(self._addresses)
        return self._index == 0
