"""The two ways to run a graph, where its nodes need what LangChain keeps in their context."""

import sys

import pytest

_LATER = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="LangChain passes its context on to coroutines from Python 3.11 on"
)

#: Of tests of nodes that call models without a `config`, or interrupt.
EITHER_WAY = pytest.mark.parametrize("way", ["sync", pytest.param("async", marks=_LATER)])
