"""A graph's node, or a tool, is the current one of the code that it runs, so that clients of models that are wrapped, and scopes
within it, find their place. The handler itself goes by the ids of runs only."""

from __future__ import annotations

from tracewire import context
from tracewire.node_handle import NodeHandle


class Activation(context.Place):
    """Makes a node current, until it ends: also where its end is told in another context than its beginning.

    LangChain tells the ends of asynchronous runs in tasks of their own. What such a run leaves behind in the context of its
    beginning says what was current before, and the next one takes its place.
    """

    __slots__ = ("_has_ended",)

    def __init__(self, node: NodeHandle) -> None:
        super().__init__(node.workflow, node)
        self._has_ended = False
        before = self._before
        if type(before) is Activation:
            self._before = before.not_ended

    @property
    def not_ended(self) -> context.Place | None:
        """What is current here, or was so before."""
        place: context.Place | None = self
        while type(place) is Activation and place._has_ended:
            place = place._before
        return place

    def end(self) -> None:
        """The node has ended."""
        before = self._before
        self._has_ended = True
        self.workflow, self.node = (before.workflow, before.node) if before is not None else (None, None)
        self.leave()
