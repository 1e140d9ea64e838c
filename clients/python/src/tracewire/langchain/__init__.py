"""LangChain and LangGraph: what they run, recorded by a callback handler.

    from tracewire.langchain import TracewireHandler

    graph.invoke(state, config={"callbacks": [TracewireHandler()]})

A graph's run is a workflow, each of its nodes a node, each call of a model a generation. It needs `langchain-core`, which whoever
uses LangChain has; importing `tracewire` alone does not.
"""

try:
    import langchain_core as _langchain_core
except ImportError as error:
    raise ImportError(
        "tracewire.langchain needs LangChain, which is not installed: "
        "pip install 'langgraph>=1.2.19' (or langchain-core, without graphs)"
    ) from error

from tracewire.langchain.handler import TracewireHandler

__all__ = ["TracewireHandler"]

del _langchain_core
