"""Streams: every piece is passed on as it comes, and told to the call on the way.

A client's own stream stays the object that it is, so that everything it can do goes on working; only the iterator within it is
exchanged. Other streams are wrapped.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from tracewire.model_calls.call import Call
from tracewire.model_calls.reading import field


def is_stream(call: Call, result: Any) -> bool:
    """Whether it is read piece by piece. An answer may be iterable too: pydantic's models are, over their fields."""
    kind = type(result)
    if not call.asks_for_stream or isinstance(result, (Mapping, list, tuple, str)) or hasattr(kind, "model_dump"):
        return False
    return hasattr(kind, "__iter__") or hasattr(kind, "__aiter__")


def read_along(call: Call, stream: Any) -> Any:
    """The stream, or one in its place, whose pieces are told to the call. It ends the call when it ends, however it does."""
    call.expect_stream()
    response = field(stream, "response")
    call.note_response(response)
    iterator = field(stream, "_iterator")
    if iterator is not None and response is not None:
        along = _along(iterator, call)
        stream._iterator = along
        tell_of_close(response, along.leave)
        weakref.finalize(stream, call.leave)
        return stream
    wrapped = AsyncStreamAlong(stream, call) if hasattr(type(stream), "__aiter__") else StreamAlong(stream, call)
    weakref.finalize(wrapped, call.leave)
    return wrapped


def tell_of_close(response: Any, closed: Callable[[], bool]) -> None:
    """Has calls of an HTTP response's `close` and `aclose` told: whatever closes a stream ends there.

    Args:
        closed: returns whether it need not be told of another call.
    """
    names = [name for name in ("close", "aclose") if callable(getattr(response, name, None))]

    def telling(name: str) -> Callable[[], Any]:
        close = getattr(response, name)

        def told() -> Any:
            if closed():
                for one in names:  # The response refers to itself no longer.
                    response.__dict__.pop(one, None)
            return close()

        return told

    for name, method in [(name, telling(name)) for name in names]:
        setattr(response, name, method)


class _Along:
    """What iterators that tell of their items have in common."""

    def __init__(self, items: Any, call: Call) -> None:
        self._items = items
        self._call = call
        self._is_within = False

    def leave(self) -> bool:
        """The response is closed. Where that happens while an item is waited for, how that ends says how the call did."""
        if not self._is_within:
            self._call.leave()
        return True

    def _tell_end(self, error: BaseException) -> None:
        """What was raised in place of an item ends the call. It is no error where the stream ends, or nobody reads it on."""
        is_error = not isinstance(error, (StopIteration, StopAsyncIteration, GeneratorExit))
        self._call.finish(error=error if is_error else None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._items, name)


class ItemsAlong(_Along):
    """An iterator in the place of a stream's own."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._is_within = True
        try:
            item = next(self._items)
        except BaseException as error:
            self._tell_end(error)
            raise
        finally:
            self._is_within = False
        self._call.read(item)
        return item


class AsyncItemsAlong(_Along):
    """An asynchronous iterator in the place of a stream's own."""

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        self._is_within = True
        try:
            item = await self._items.__anext__()
        except BaseException as error:
            self._tell_end(error)
            raise
        finally:
            self._is_within = False
        self._call.read(item)
        return item


def _along(items: Any, call: Call) -> ItemsAlong | AsyncItemsAlong:
    return AsyncItemsAlong(items, call) if hasattr(type(items), "__anext__") else ItemsAlong(items, call)


class _StreamInPlace:
    """A stream that is wrapped, because nothing is known of how it is made."""

    def __init__(self, stream: Any, along: _Along, call: Call) -> None:
        self._stream = stream
        self._along = along
        self._call = call

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class StreamAlong(_StreamInPlace):
    """A stream that is read with `for` or `next`."""

    def __init__(self, stream: Any, call: Call) -> None:
        super().__init__(stream, ItemsAlong(iter(stream), call), call)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._along)

    def __enter__(self) -> Any:
        enter = getattr(self._stream, "__enter__", None)
        entered = self._stream if enter is None else enter()
        return self if entered is self._stream else entered

    def __exit__(self, *how: Any) -> Any:
        self._call.leave()
        leave = getattr(self._stream, "__exit__", None)
        return leave(*how) if leave is not None else None

    def close(self) -> Any:
        self._call.leave()
        return self._stream.close()


class AsyncStreamAlong(_StreamInPlace):
    """A stream that is read with `async for`."""

    def __init__(self, stream: Any, call: Call) -> None:
        super().__init__(stream, AsyncItemsAlong(stream.__aiter__(), call), call)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return await self._along.__anext__()

    async def __aenter__(self) -> Any:
        enter = getattr(self._stream, "__aenter__", None)
        entered = self._stream if enter is None else await enter()
        return self if entered is self._stream else entered

    async def __aexit__(self, *how: Any) -> Any:
        self._call.leave()
        leave = getattr(self._stream, "__aexit__", None)
        return await leave(*how) if leave is not None else None

    async def aclose(self) -> Any:
        self._call.leave()
        return await self._stream.aclose()

    async def close(self) -> Any:
        self._call.leave()
        return await self._stream.close()
