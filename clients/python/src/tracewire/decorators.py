"""Functions, coroutines and generators whose calls are recorded."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tracewire import context
from tracewire.notices import general

if TYPE_CHECKING:
    from tracewire.scopes import Scope

_Function = TypeVar("_Function", bound=Callable[..., Any])

#: Of what a generator yields, so many items are recorded.
MOST_ITEMS = 1000


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


class Items:
    """What a generator has yielded: texts put together, of anything else a list."""

    def __init__(self) -> None:
        self._items: list[Any] = []
        self._count = 0

    def add(self, item: Any) -> None:
        self._count += 1
        if self._count <= MOST_ITEMS or isinstance(item, str):
            self._items.append(item)

    def value(self) -> Any:
        if self._items and all(isinstance(item, str) for item in self._items):
            return "".join(self._items)
        if self._count > MOST_ITEMS:
            return [*self._items[:MOST_ITEMS], f"[tracewire: {self._count} items, more than {MOST_ITEMS}]"]
        return self._items


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
        self.items = Items()

    def __enter__(self) -> None:
        self._place = context.Place(*self.scope._within(self.handle))

    def __exit__(self, *_: Any) -> None:
        self._place.leave()

    def close(self, error: BaseException | None) -> None:
        self.scope.conclude(self.items.value())
        self.scope.close(error)


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
                steps.items.add(item)
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
                steps.items.add(item)
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
