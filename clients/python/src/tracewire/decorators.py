"""Functions, coroutines and generators whose calls are recorded."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tracewire import context
from tracewire.items import Items
from tracewire.node_handle import NodeHandle
from tracewire.notices import general

if TYPE_CHECKING:
    from tracewire.scopes import Scope

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Call:
    """A call of a decorated function."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        self.name: str = getattr(function, "__name__", type(function).__name__)
        self._function = function
        self._arguments = arguments
        self._keywords = keywords

    def input(self) -> Any:
        """What the function is given: the value of its only argument, else all by name. `self` and `cls` are none."""
        try:
            bound = inspect.signature(self._function).bind(*self._arguments, **self._keywords).arguments
        except (TypeError, ValueError):  # The call fails in the same way, or the function does not say what it takes.
            return None
        given = {name: value for name, value in bound.items() if name not in ("self", "cls")}
        return next(iter(given.values())) if len(given) == 1 else given or None


def recorded(function: _Function, scope: Scope[Any]) -> _Function:
    """The function, each call of which is recorded in a scope like the given one."""
    if inspect.isasyncgenfunction(function):
        wrapper = _async_generator(function, scope)
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator(function, scope)
    elif inspect.iscoroutinefunction(function):
        wrapper = _coroutine(function, scope)
    else:
        wrapper = _plain(function, scope)
    return functools.wraps(function)(wrapper)  # type: ignore[return-value]


def _scope_of_call(
    scope: Scope[Any], function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> Scope[Any]:
    try:
        return scope.for_call(Call(function, arguments, keywords))
    except Exception as error:
        general.failure("the beginning of a decorated function's call could not be described", error)
        return scope.for_call(Call(lambda: None, (), {}))


def _plain(function: Callable[..., Any], scope: Scope[Any]) -> Callable[..., Any]:
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        call = _scope_of_call(scope, function, arguments, keywords)
        with call:
            result = function(*arguments, **keywords)
            call.conclude(result)
            return result

    return wrapper


def _coroutine(function: Callable[..., Any], scope: Scope[Any]) -> Callable[..., Any]:
    async def wrapper(*arguments: Any, **keywords: Any) -> Any:
        call = _scope_of_call(scope, function, arguments, keywords)
        with call:
            result = await function(*arguments, **keywords)
            call.conclude(result)
            return result

    return wrapper


class _Steps:
    """The scope of a generator: current only while its body runs, and not in whoever reads it."""

    def __init__(self, scope: Scope[Any]) -> None:
        self.scope = scope
        self.handle = scope.open()
        self._items = _items_of(scope, self.handle)

    def __enter__(self) -> None:
        self._place = context.Place(*self.scope._within(self.handle))

    def __exit__(self, *_: Any) -> None:
        self._place.leave()

    def yields(self, item: Any) -> None:
        """The generator is about to yield something."""
        if self._items is None:
            return
        try:
            self._items.add(item)
        except Exception as error:
            general.failure("what a decorated generator yields could not be kept", error)
            self._items = None

    def close(self, error: BaseException | None) -> None:
        try:
            if self._items is not None:
                self.scope.conclude(self._items.value())
        except Exception as failure:
            general.failure("what a decorated generator has yielded could not be recorded", failure)
        self.scope.close(error)


def _items_of(scope: Scope[Any], handle: Any) -> Items | None:
    """What keeps what a generator yields; none, where it is not to be recorded."""
    workflow = handle.workflow if isinstance(handle, NodeHandle) else getattr(handle, "_workflow", handle)
    client = workflow._client
    if not scope.captures or client is None or not client.is_recording:
        return None
    return Items(client.configuration.value_limit)


def _generator(function: Callable[..., Any], scope: Scope[Any]) -> Callable[..., Any]:
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        steps = _Steps(_scope_of_call(scope, function, arguments, keywords))
        ended: BaseException | None = None
        try:
            generator = function(*arguments, **keywords)
            step: Callable[[], Any] = functools.partial(next, generator)
            while True:
                try:
                    with steps:
                        item = step()
                except StopIteration as stop:
                    return stop.value
                steps.yields(item)
                try:
                    step = functools.partial(generator.send, (yield item))
                except GeneratorExit:
                    generator.close()  # Nothing is made current: it may be a destructor that comes here.
                    raise
                except BaseException as thrown:
                    step = functools.partial(generator.throw, thrown)
        except BaseException as error:
            ended = error
            raise
        finally:
            steps.close(ended)

    return wrapper


def _async_generator(function: Callable[..., Any], scope: Scope[Any]) -> Callable[..., Any]:
    async def wrapper(*arguments: Any, **keywords: Any) -> Any:
        steps = _Steps(_scope_of_call(scope, function, arguments, keywords))
        ended: BaseException | None = None
        try:
            generator = function(*arguments, **keywords)
            step: Callable[[], Any] = generator.__anext__
            while True:
                try:
                    with steps:
                        item = await step()
                except StopAsyncIteration:
                    return
                steps.yields(item)
                try:
                    step = functools.partial(generator.asend, (yield item))
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as thrown:
                    step = functools.partial(generator.athrow, thrown)
        except BaseException as error:
            ended = error
            raise
        finally:
            steps.close(ended)

    return wrapper
