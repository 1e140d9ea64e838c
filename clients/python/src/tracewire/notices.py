"""What the SDK has to say about itself: each thing once, through `logging`, and counted."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

logger = logging.getLogger("tracewire")

_MOST_SAID = 256
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Notices:
    """What was said and counted on behalf of one client."""

    def __init__(self) -> None:
        self.refusals = 0
        self.failures = 0
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def renew(self) -> None:
        """In the child of a fork, where another thread may have held the lock. What was counted is the parent's."""
        self._lock = threading.Lock()
        self.refusals = self.failures = 0

    def refused(self, what: str) -> None:
        """Something that was to be recorded breaks a rule."""
        self.refusals += 1
        self.once(logging.WARNING, what)

    def failure(self, what: str, error: BaseException | None = None) -> None:
        """Something went wrong within the SDK, which the application must not feel.

        What the exception says is not repeated: it may quote the values that were to be recorded, which are private.
        """
        self.failures += 1
        self._say(logging.WARNING, what, lambda: _kind_and_place(error) if error is not None else "")

    def once(self, level: int, what: str, error: BaseException | None = None) -> None:
        """Says something, and what an exception says that has seen no values."""
        self._say(level, what, lambda: f" ({type(error).__name__}: {error})" if error is not None else "")

    def _say(self, level: int, what: str, more: Callable[[], str]) -> None:
        if what in self._said or not self._lock.acquire(blocking=False):
            return
        try:
            if len(self._said) >= _MOST_SAID:
                return
            self._said.add(what)
        finally:
            self._lock.release()
        try:
            logger.log(level, "tracewire: %s", what + more())
        except Exception:
            self.failures += 1


def _kind_and_place(error: BaseException) -> str:
    """An exception's type, and the function that raised it."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return f" ({type(error).__name__}" + (")" if place is None else f" in {place.tb_frame.f_code.co_name})")


#: Of what belongs to no client.
general = Notices()
os.register_at_fork(after_in_child=general.renew)


def never_raises(default: Any = None) -> Callable[[_Function], _Function]:
    """Of a call of the application's: whatever goes wrong in it is counted and said once, and `default` returned.

    The object that the method belongs to has its client's notices in `_notices`.
    """

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def guarded(*arguments: Any, **keywords: Any) -> Any:
            try:
                return function(*arguments, **keywords)
            except Exception as error:
                notices = getattr(arguments[0], "_notices", general) if arguments else general
                notices.failure(f"{function.__qualname__} failed, and recorded nothing", error)
                return default

        return guarded  # type: ignore[return-value]

    return decorate
