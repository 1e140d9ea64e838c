"""HTTP responses as they came (`with_raw_response`, `with_streaming_response`): passed on, and recorded as far as is known."""

from __future__ import annotations

import inspect
import json
import weakref
from typing import Any

from tracewire.model_calls.call import Call
from tracewire.model_calls.reading import field
from tracewire.model_calls.streams import is_stream, read_along, tell_of_close
from tracewire.notices import general


def is_raw(result: Any) -> bool:
    """Whether it is a response that the application parses itself."""
    return field(result, "http_response") is not None and callable(getattr(type(result), "parse", None))


def record_raw(call: Call, raw: Any) -> None:
    """Records what a body that is there says. Where it is still to be read: when it is closed, or the stream in it ends."""
    response = field(raw, "http_response")
    call.note_response(response)
    answer = _body(response)
    if answer is not None:
        call.finish(answer)
        return
    _read_what_is_parsed(call, raw)
    tell_of_close(response, lambda: _closed(call, response))
    weakref.finalize(raw, _dropped, call)


def _body(response: Any) -> Any:
    """The JSON of a body that was read; None where there is none."""
    try:
        return json.loads(response.content)
    except Exception:  # It has not been read, or is something else.
        return None


def _closed(call: Call, response: Any) -> bool:
    if call.is_read_along:
        return True  # The stream in it says how it ended.
    answer = _body(response)
    # Whoever reads all of a body closes the response before the body is there; the next one to close finds it.
    if answer is None and field(response, "is_stream_consumed") is True and field(response, "is_closed") is not True:
        return False
    call.finish(answer)
    return True


def _dropped(call: Call) -> None:
    if not call.is_read_along:
        call.leave()


def _read_what_is_parsed(call: Call, raw: Any) -> None:
    """Has `parse` give a stream that tells of its pieces, or an answer that is recorded."""
    original = raw.parse

    def taken(result: Any) -> Any:
        try:
            if is_stream(call, result):
                return result if call.is_read_along else read_along(call, result)
            call.finish(result)
        except Exception as error:
            general.failure("the answer of a model could not be recorded", error)
        return result

    async def awaited(result: Any) -> Any:
        return taken(await result)

    def parse(*arguments: Any, **keywords: Any) -> Any:
        result = original(*arguments, **keywords)
        return awaited(result) if inspect.isawaitable(result) else taken(result)

    raw.parse = parse
