"""What the way in which a block ended says of a workflow, a node or a call."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """How something ended."""

    #: Of a workflow: `completed`, `failed` or `cancelled`.
    workflow: str
    #: Of a node: `completed` or `failed`.
    node: str
    message: str | None = None
    traceback: str | None = None


COMPLETED = Outcome("completed", "completed")


def outcome_of(error: BaseException | None) -> Outcome:
    """What an exception, or none, means.

    | the block | workflow | node and call |
    | --- | --- | --- |
    | ends, or `SystemExit` with code 0 | completed | completed |
    | `GeneratorExit`: nobody reads on | cancelled | completed |
    | `CancelledError`, `KeyboardInterrupt` and others that are no `Exception` | cancelled | failed |
    | anything else | failed | failed |
    """
    if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
        return COMPLETED
    if isinstance(error, GeneratorExit):
        return Outcome("cancelled", "completed")
    workflow = "cancelled" if _is_cancellation(error) else "failed"
    return Outcome(workflow, "failed", message_of(error), traceback_of(error))


def message_of(error: BaseException) -> str:
    """The exception's type and what it says."""
    try:
        text = str(error)
    except Exception:
        text = "its message cannot be read"
    name = type(error).__qualname__
    return f"{name}: {text}" if text else name


def traceback_of(error: BaseException) -> str | None:
    """As Python prints it, with the exceptions that it came from."""
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except Exception:
        return None


def _is_cancellation(error: BaseException) -> bool:
    if not isinstance(error, (Exception, SystemExit)):
        return True
    futures = sys.modules.get("concurrent.futures")
    return futures is not None and isinstance(error, futures.CancelledError)
