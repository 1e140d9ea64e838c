"""Compatible clients, of which nothing is known but the names of their methods, such as `client.chat.completions.create`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from tracewire.model_calls.interface import Interface
from tracewire.model_calls.recorder import Recorder

#: What gives another client of the same settings.
COPYING = ("copy", "with_options")


def has_methods(client: Any, interfaces: tuple[Interface, ...]) -> bool:
    """Whether a client has any method of the interfaces."""
    return any(_has(client, method.split(".")) for interface in interfaces for method in interface.methods)


def _has(value: Any, path: list[str]) -> bool:
    for name in path:
        value = getattr(value, name, None)
    return callable(value)


class Namespace:
    """Stands for a client or a part of one, and looks like it; the methods that call models are recorded."""

    def __init__(self, target: Any, recorder: Recorder, again: Callable[[Any], Any], path: str = "") -> None:
        self.__dict__.update(
            _target=target, _recorder=recorder, _again=again, _path=path,
            # What `wrap` tells a wrapped client by.
            _tracewire=recorder,
        )  # fmt: skip

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._target)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        path = f"{self._path}.{name}" if self._path else name
        for interface in self._recorder.interfaces:
            if path in interface.methods and callable(value):
                return self._recorded(interface, value)
        if any(method.startswith(path + ".") for interface in self._recorder.interfaces for method in interface.methods):
            return Namespace(value, self._recorder, self._again, path)
        if not self._path and name in COPYING and callable(value):
            return lambda *arguments, **keywords: self._again(value(*arguments, **keywords))
        return value

    def _recorded(self, interface: Interface, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            return self._recorder.call(interface, lambda: keywords, method, arguments, keywords)

        async def asynchronous_call(*arguments: Any, **keywords: Any) -> Any:
            return await call(*arguments, **keywords)

        # Others ask of a method whether it is a coroutine's.
        recorded = asynchronous_call if inspect.iscoroutinefunction(method) else call
        try:
            return functools.update_wrapper(recorded, method)
        except Exception:  # What says how it is called may raise anything.
            return recorded

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._target, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._target, name)

    def __dir__(self) -> list[str]:
        return dir(self._target)

    def __repr__(self) -> str:
        return repr(self._target)

    def __enter__(self) -> Any:
        self._target.__enter__()
        return self

    def __exit__(self, *how: Any) -> Any:
        return self._target.__exit__(*how)

    async def __aenter__(self) -> Any:
        await self._target.__aenter__()
        return self

    async def __aexit__(self, *how: Any) -> Any:
        return await self._target.__aexit__(*how)
