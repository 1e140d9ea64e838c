"""Times as records have them: milliseconds since 1970."""

from __future__ import annotations

import datetime
import time

#: A moment: seconds since 1970, as `time.time()` has them, or a `datetime` (without a time zone: local time).
Moment = float | int | datetime.datetime

_LAST = 253_402_300_799_999


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def moment_ms(moment: Moment | None) -> int:
    """A moment in the range that a collector takes; now, if it is none."""
    if moment is None:
        return now_ms()
    try:
        seconds = moment.timestamp() if isinstance(moment, datetime.datetime) else float(moment)
        return min(max(round(seconds * 1000), 0), _LAST)
    except (TypeError, ValueError, OverflowError, OSError):
        return now_ms()
