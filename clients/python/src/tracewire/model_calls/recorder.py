"""Calls what a client is asked to call, and records it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tracewire.model_calls.call import Call
from tracewire.model_calls.delivery import deliver
from tracewire.model_calls.interface import Interface
from tracewire.model_calls.parent import Parent
from tracewire.notices import general


@dataclass(frozen=True)
class Recorder:
    """What a wrapped client records with."""

    #: Whose clients are wrapped: `openai` or `anthropic`.
    vendor: str
    interfaces: tuple[Interface, ...]
    parent: Parent
    provider: str
    #: The address, where it says nothing of the provider.
    address: str | None

    def call(
        self,
        interface: Interface,
        request: Callable[[], Any],
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> Any:
        """What the function returns, with which the call is recorded; or a coroutine for that.

        Args:
            request: gives the request's body, or the arguments that stand for it.
        """
        parent = self._parent()
        if parent is None:
            return function(*arguments, **keywords)
        if inspect.iscoroutinefunction(function):
            return self._awaited(interface, parent, request, lambda: function(*arguments, **keywords))
        call = self._begin(interface, parent, request)
        if call is None:
            return function(*arguments, **keywords)
        try:
            result = function(*arguments, **keywords)
        except BaseException as error:
            call.finish(error=error)
            raise
        return _await(call, result) if inspect.isawaitable(result) else deliver(call, result)

    async def _awaited(
        self, interface: Interface, parent: Parent, request: Callable[[], Any], function: Callable[[], Awaitable[Any]]
    ) -> Any:
        """The call begins when it is awaited, and belongs where it was made."""
        call = self._begin(interface, parent, request)
        return await function() if call is None else await _await(call, function())

    def _parent(self) -> Parent | None:
        """None where nothing is recorded."""
        try:
            parent = self.parent.now()
            return parent if parent.is_recording else None
        except Exception as error:
            general.failure("it could not be told where a call of a model belongs, and it is not recorded", error)
            return None

    def _begin(self, interface: Interface, parent: Parent, request: Callable[[], Any]) -> Call | None:
        try:
            body = request()
            columns = interface.request(body)
            columns["provider"] = self.provider
            if self.address is not None:
                columns["metadata"]["base_url"] = self.address
            call = Call(interface, parent, columns, body, f"{self.vendor}.{interface.name}")
            return call if call.is_recording else None
        except Exception as error:
            general.failure("the beginning of a call of a model could not be recorded", error)
            return None


async def _await(call: Call, answer: Awaitable[Any]) -> Any:
    try:
        result = await answer
    except BaseException as error:
        call.finish(error=error)
        raise
    return deliver(call, result)
