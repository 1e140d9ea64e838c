"""What a client returned, on its way to whoever called: it is told what it is, and recorded now or when it has been read."""

from __future__ import annotations

from typing import Any

from tracewire.model_calls.call import Call
from tracewire.model_calls.raw_responses import is_raw, record_raw
from tracewire.model_calls.streams import is_stream, read_along
from tracewire.notices import general


def deliver(call: Call, result: Any) -> Any:
    """The same, or a stream that does all that the client's does."""
    try:
        if is_raw(result):
            record_raw(call, result)
        elif is_stream(call, result):
            return read_along(call, result)
        else:
            call.finish(result)
    except Exception as error:
        general.failure("the answer of a model could not be recorded", error)
        call.finish()
    return result
