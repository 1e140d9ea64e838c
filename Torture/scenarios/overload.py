"""Programs record far more than the collector takes: both keep to their memory, and what there was no room for is counted.

In the first phase the collector is held back: it is stopped (SIGSTOP) but for a moment now and then, so that two programs
overload it many times. In the second it runs all the time, on a disk whose syncs are slow, and more programs record all that
they can.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from rig.checks import check_database, with_database
from rig.collector import Collector
from rig.faults import Faults
from rig.memory import Samples
from rig.run import Run, Skipped, ended

#: Bytes that each program may hold of records.
_ROOM = 2 << 20
#: Most that each may have in memory: itself, what is being sent, and the queue.
_COLLECTOR_MOST, _PROGRAM_MOST = 200 << 20, 160 << 20
#: By how much the last third of the time may be above the second: what an allocator keeps comes and goes.
_FLAT = 24 << 20
#: Seconds for which a collector that is held back runs, and is stopped, in turn.
_RUNNING, _STOPPED = 0.004, 0.296
#: Seconds that a sync of the slow disk takes longer.
_SYNC = 0.5
#: Calls for each whose value the collector takes, and in a quick run, of which a larger part is what programs hold at the end.
_OVERLOAD, _QUICK_OVERLOAD = 10, 2


@dataclass(frozen=True)
class _Phase:
    """One way to overload a collector, and for how long."""

    name: str
    seconds: int
    #: Programs that record, half of them in memory and half in files.
    programs: int
    #: What is done to the collector for so many seconds.
    lets_pass: Callable[[Collector, float], None]
    environment: dict[str, str]


def torture(run: Run) -> None:
    if run.recording_host is None:
        raise Skipped("the Swift SDK's program is not built: swift build --product RecordingHost")
    seconds = round(60 * (run.minutes or (0.5 if run.quick else 60)))
    disk = Faults(run, "disk", "traces.db")
    disk.slow_down(_SYNC)
    _overload(run, _Phase("held back", seconds // 2, 2, _hold_back, {}))
    _overload(run, _Phase("running", seconds // 2, 6, lambda _, seconds: time.sleep(seconds), disk.environment))


def _overload(whole: Run, phase: _Phase) -> None:
    run = replace(whole, directory=whole.file(phase.name.replace(" ", "-")))
    collector = Collector(run, environment=phase.environment)
    floods: dict[str, subprocess.Popen] = {}
    try:
        collector.start()
        assert collector.process is not None
        for number in range(phase.programs):
            spool = "memory" if number % 2 == 0 else str(run.file(f"spool-{number}"))
            command = [str(run.recording_host), "flood", spool, collector.address, str(phase.seconds), str(_ROOM), "drain"]
            name = f"program {number + 1}, with {'memory' if spool == 'memory' else 'files'}"
            floods[name] = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        of_collector, of_programs = Samples(), {name: Samples() for name in floods}
        end = time.monotonic() + phase.seconds
        while (left := end - time.monotonic()) > 0:
            phase.lets_pass(collector, min(0.5, left))
            of_collector.take(collector.process.pid)
            for name, samples in of_programs.items():
                samples.take(floods[name].pid)
            run.require(collector.is_running, "the collector has ended")
            run.progress(f"{phase.name}: {left:.0f} s left, {of_collector.bytes[-1] >> 20} MiB")
        calls, committed, shed = _outcome(run, floods)
        _expect_flat(run, phase, "the collector", of_collector, _COLLECTOR_MOST)
        for name, samples in of_programs.items():
            _expect_flat(run, phase, name, samples, _PROGRAM_MOST)
        ratio = calls / max(1, _payloads(collector))
        run.notes.append(
            f"{phase.name}: {phase.seconds} s of load, {calls} calls, {committed} committed, {shed} shed,"
            f" {ratio:.1f} calls a value kept"
        )
        run.count("calls", calls)
        run.count("s of load", phase.seconds)
        least = _QUICK_OVERLOAD if run.quick else _OVERLOAD
        run.require(ratio > least, f"{phase.name}: it was no overload: {ratio:.1f} calls for each whose value was kept")
        check_database(run, collector)
        counted = collector.value("SELECT sum(records) FROM sheds") or 0
        run.require(counted == shed, f"{phase.name}: {shed} records were shed, and the collector counts {counted}")
    finally:
        for flood in floods.values():
            flood.kill()
            flood.wait()
        collector.close()


def _hold_back(collector: Collector, seconds: float) -> None:
    """Lets the collector run for a small part of the time only: one that keeps up is not overloaded."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        collector.signal(signal.SIGSTOP)
        time.sleep(_STOPPED)
        collector.signal(signal.SIGCONT)
        time.sleep(_RUNNING)


def _outcome(run: Run, floods: dict[str, subprocess.Popen]) -> tuple[int, int, int]:
    """Calls, and how many records were committed and shed, of all programs."""
    totals = [0, 0, 0]
    for name, flood in floods.items():
        output, _ = flood.communicate(timeout=180)
        run.require(ended(flood) == 0, f"{name} ended with {flood.returncode}: {output}")
        figures = [int(text) for text in output.split()]
        for index in range(3):
            totals[index] += figures[index]
    return totals[0], totals[1], totals[2]


def _payloads(collector: Collector) -> int:
    return with_database(
        collector.database,
        lambda database: database.execute("SELECT count(*) FROM generations WHERE output IS NOT NULL").fetchone()[0],
    )


def _expect_flat(run: Run, phase: _Phase, name: str, samples: Samples, most: int) -> None:
    what = f"{phase.name}: {name}"
    run.notes.append(f"{what}: {samples.range_text()}")
    run.require(samples.most() < most, f"{what} had {samples.most() >> 20} MiB, more than {most >> 20}")
    run.require(samples.growth() < _FLAT, f"{what} grows: {samples.range_text()}, by {samples.growth() >> 20} MiB in a third")
