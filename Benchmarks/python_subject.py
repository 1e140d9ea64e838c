#!/usr/bin/env python3
"""One measurement of the Python SDK, or of the default exporter of `opentelemetry-sdk`, in a process of its own.

    python_subject.py SUBJECT ADDRESS SPOOL calls|bulk|flood|graph COUNT

SUBJECT is `tracewire`, `disabled` or `opentelemetry`; for `graph` the first only. ADDRESS is a collector's, or an OTLP sink's URL. The figures are printed as JSON.
"""

import json
import pathlib
import resource
import statistics
import sys
import time


def state_of(number):
    """5 kB of state, as a node of the date planner has."""
    stops = [{"name": f"stop {one}", "area": "seongsu", "open": True, "rating": 4.5, "text": "quiet " * 8} for one in range(42)]
    return {"user_input": "a calm evening", "step": number, "stops": stops}


class Tracewire:
    """The SDK as it is used: a scope, whose state is recorded when it ends."""

    def __init__(self, address, spool, *, enabled=True, **settings):
        import tracewire

        self.client = tracewire.init(address, spool=spool, enabled=enabled, **settings)
        self.node_scope = tracewire.node
        self.scope = tracewire.workflow("bench")
        self.scope.__enter__()

    def node(self, number):
        with self.node_scope("rank", type="llm") as node:
            node.set_state(state_of.value)

    def finish(self, patience=120):
        self.scope.__exit__(None, None, None)
        report = self.client.shutdown(timeout=patience)
        return {"committed": report.committed, "kept": report.spooled, "lost": report.shed + report.payloads_shed}


class OpenTelemetry:
    """What its documentation begins with: a batch processor with its default limits, and the OTLP exporter over HTTP."""

    def __init__(self, address):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self.provider = TracerProvider()
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=address, timeout=2)))
        self.tracer = self.provider.get_tracer("bench")
        self.context = self.tracer.start_as_current_span("bench")
        self.context.__enter__()

    def node(self, number):
        with self.tracer.start_as_current_span("rank") as span:
            span.set_attribute("state", json.dumps(state_of.value, ensure_ascii=False))

    def finish(self, patience=120):
        self.context.__exit__(None, None, None)
        self.provider.force_flush(patience * 1000)
        self.provider.shutdown()
        return {}


def subject_of(name, address, spool, **settings):
    if name == "opentelemetry":
        return OpenTelemetry(address)
    return Tracewire(address, spool, enabled=name == "tracewire", **settings)


def calls(subject, count):
    """The time of each call, as the thread that makes it sees it; a pause lets the background keep up."""
    taken, cpu = [], 0
    for number in range(count + 200):
        cpu_before = time.thread_time_ns()
        started = time.perf_counter_ns()
        subject.node(number)
        ended = time.perf_counter_ns()
        if number >= 200:
            taken.append(ended - started)
            cpu += time.thread_time_ns() - cpu_before
        if number % 20 == 19:
            time.sleep(0.01)
    subject.finish(patience=0)
    ordered = sorted(taken)
    return {"p50_ns": statistics.median(taken), "p99_ns": ordered[len(ordered) * 99 // 100], "cpu_ns": cpu / count}


def bulk(subject, count):
    """Nodes a second until everything is delivered, from one thread that does nothing else."""
    started = time.perf_counter()
    for number in range(count):
        subject.node(number)
    recorded = time.perf_counter() - started
    became = subject.finish()
    return {"recorded_s": recorded, "seconds": time.perf_counter() - started, **became}


def flood(subject, count):
    """The memory of a process that records while nobody takes it."""
    resident = int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    started = time.perf_counter()
    for number in range(count):
        subject.node(number)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"above_bytes": peak - resident, "peak_bytes": peak, "seconds": seconds}


def graph_of(nodes):
    """A graph of LangGraph's whose nodes wait for a millisecond each, and note that they did."""
    import operator
    from typing import Annotated, TypedDict

    from langgraph.graph import START, StateGraph

    class State(TypedDict):
        area: str
        log: Annotated[list, operator.add]

    def node_called(name):
        def node(state):
            time.sleep(0.001)
            return {"area": name, "log": [name]}

        return node

    graph, before = StateGraph(State), START
    for name in (f"node {number}" for number in range(nodes)):
        graph.add_node(name, node_called(name))
        graph.add_edge(before, name)
        before = name
    return graph.compile()


def graph(subject, count):
    """A run of 20 nodes, by turns without and with the handler, and with one that does nothing."""
    from langchain_core.callbacks import BaseCallbackHandler

    from tracewire.langchain import TracewireHandler

    idle = BaseCallbackHandler()
    idle.run_inline = True
    found = {"without": [], "idle": [], "with": []}
    handlers = {"without": [], "idle": [idle], "with": [TracewireHandler()]}
    compiled = graph_of(20)
    # What is current in the subject's scope would make the graph a part of that.
    subject.scope.__exit__(None, None, None)
    for number in range(count + 5):
        for name, callbacks in handlers.items():
            cpu, started = time.thread_time_ns(), time.perf_counter_ns()
            compiled.invoke({"area": "seongsu", "log": []}, {"callbacks": callbacks})
            if number >= 5:
                found[name].append((time.perf_counter_ns() - started, time.thread_time_ns() - cpu))
    became = subject.client.shutdown(timeout=60)
    medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in found.items()}
    figures = {f"{name}_{kind}_ns": value for name, pair in medians.items() for kind, value in zip(("wall", "cpu"), pair)}
    return {**figures, "committed": became.committed}


def main():
    name, address, spool, measure, count = sys.argv[1:]
    state_of.value = state_of(1)
    settings = {"memory_limit": 64 << 20, "spool_limit": 64 << 20} if measure == "flood" else {}
    found = {"calls": calls, "bulk": bulk, "flood": flood, "graph": graph}[measure](subject_of(name, address, spool, **settings), int(count))
    print(json.dumps(found), flush=True)
    if measure == "flood":
        import os

        os._exit(0)


if __name__ == "__main__":
    main()
