"""Programs record far more than the collector takes: both keep to their memory, and what there was no room for is counted."""

from __future__ import annotations

import signal
import subprocess
import time

from rig.checks import check_database, with_database
from rig.collector import Collector
from rig.memory import Samples
from rig.run import Run, Skipped, ended

#: Bytes that each program may hold of records.
_ROOM = 2 << 20
#: Most that each may have in memory: itself, what is being sent, and the queue.
_COLLECTOR_MOST, _PROGRAM_MOST = 200 << 20, 160 << 20
#: By how much the last third of the time may be above the second: what an allocator keeps comes and goes.
_FLAT = 24 << 20
#: Seconds for which the collector runs, and is stopped, in turn.
_RUNNING, _STOPPED = 0.004, 0.296
#: Calls for each whose value the collector takes, and in a quick run, of which a larger part is what programs hold at the end.
_OVERLOAD, _QUICK_OVERLOAD = 10, 2


def torture(run: Run) -> None:
    if run.recording_host is None:
        raise Skipped("the Swift SDK's program is not built: swift build --product RecordingHost")
    seconds = round(60 * (run.minutes or (0.25 if run.quick else 60)))
    collector = Collector(run)
    floods: dict[str, subprocess.Popen] = {}
    try:
        collector.start()
        assert collector.process is not None
        for spool in ("memory", str(run.file("spool"))):
            command = [str(run.recording_host), "flood", spool, collector.address, str(seconds), str(_ROOM), "drain"]
            floods[spool] = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        of_collector, of_programs = Samples(), {spool: Samples() for spool in floods}
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            _hold_back(collector, min(0.5, left))
            of_collector.take(collector.process.pid)
            for spool, samples in of_programs.items():
                samples.take(floods[spool].pid)
            run.require(collector.is_running, "the collector has ended")
            run.progress(f"{left:.0f} s left, {of_collector.bytes[-1] >> 20} MiB")
        calls, committed, shed = _outcome(run, floods)
        _expect_flat(run, "the collector", of_collector, _COLLECTOR_MOST)
        for spool, samples in of_programs.items():
            _expect_flat(run, f"the program with {'memory' if spool == 'memory' else 'files'}", samples, _PROGRAM_MOST)
        ratio = calls / max(1, _payloads(collector))
        run.counts |= {
            "s of load": seconds,
            "calls": calls,
            "committed": committed,
            "shed": shed,
            "calls a value kept": round(ratio, 1),
        }
        least = _QUICK_OVERLOAD if run.quick else _OVERLOAD
        run.require(ratio > least, f"it was no overload: {ratio:.1f} calls for each whose value was kept")
        check_database(run, collector)
        counted = collector.value("SELECT sum(records) FROM sheds")
        run.require(counted == shed, f"{shed} records were shed, and the collector counts {counted}")
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
    for spool, flood in floods.items():
        output, _ = flood.communicate(timeout=180)
        run.require(ended(flood) == 0, f"the program with {spool} ended with {flood.returncode}: {output}")
        figures = [int(text) for text in output.split()]
        for index in range(3):
            totals[index] += figures[index]
    return totals[0], totals[1], totals[2]


def _payloads(collector: Collector) -> int:
    return with_database(
        collector.database,
        lambda database: database.execute("SELECT count(*) FROM generations WHERE output IS NOT NULL").fetchone()[0],
    )


def _expect_flat(run: Run, name: str, samples: Samples, most: int) -> None:
    run.notes.append(f"{name}: {samples.range_text()}")
    run.require(samples.most() < most, f"{name} had {samples.most() >> 20} MiB, more than {most >> 20}")
    run.require(samples.growth() < _FLAT, f"{name} grows: {samples.range_text()}, by {samples.growth() >> 20} MiB in a third")
