"""Each call that a program makes on the files of its spool fails, once and for good: it records on, and everything is delivered.

A run makes one call fail, the Nth of its kind, in a program of the Python or the Swift SDK that records with a collector there.
The program must not crash, or wait for ever. Whatever its calls returned from arrives, once: by itself, or by `tracewire forward`
when the disk is well again. (A program of the Python SDK that cannot write whose its spool is delivers nothing itself, and says
so.) N counts up from 1, until a run has fewer calls.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

from rig.checks import check_everything
from rig.collector import Collector
from rig.faults import Faults
from rig.recorders import PythonRecorder, SwiftRecorder, ended_code
from rig.run import Failed, Run

_KINDS = (
    ("open", "EIO"), ("make", "ENOSPC"), ("reserve", "ENOSPC"), ("map", "EIO"), ("remove", "EIO"), ("truncate", "EIO"),
    ("write", "EIO"), ("write", "short"), ("read", "EIO"),
)  # fmt: skip
_AT_A_TIME = 2


def torture(run: Run) -> None:
    series = [(sdk, *kind, forever) for sdk in ("python", "swift") for kind in _KINDS for forever in (False, True)]
    if run.recording_host is None:
        run.notes.append("without the Swift SDK's program")
        series = [one for one in series if one[0] == "python"]
    run.random.shuffle(series)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for future in [pool.submit(_count_through, run, *one) for one in series]:
            try:
                future.result()
            except Exception:
                pool.shutdown(cancel_futures=True)
                raise


def _count_through(run: Run, sdk: str, call: str, error: str, forever: bool) -> None:
    number = 1
    for _ in range(run.steps or (1 if run.quick else 200)):
        directory = run.file(f"{sdk}-{call}-{error}-{forever}-{number}")
        directory.mkdir()
        what = f"{sdk}: {call} {number} fails {'for good' if forever else 'once'} with {error}"
        try:
            has_struck = _suffer(replace(run, directory=directory), sdk, call, error, forever, number)
        except Failed as failed:
            raise Failed(f"{what} [{directory.name}]: {failed}") from None
        shutil.rmtree(directory)
        if not has_struck:
            return
        run.count("faults")
        run.progress(what)
        number += Random(f"{run.seed} {what}").randint(1, 4) if run.quick else 1


def _suffer(run: Run, sdk: str, call: str, error: str, forever: bool, number: int) -> bool:
    """Returns whether anything was made to fail."""
    faults = Faults(run, "disk", "/spool/")
    collector = Collector(run)
    if sdk == "python":
        # More than a segment holds.
        client = PythonRecorder(run, sdk, address=collector.address, rate=1e6, records=300, shutdown=5)
    else:
        client = SwiftRecorder(run, sdk, address=collector.address, nodes=600)
    client.environment = faults.environment
    try:
        collector.start()
        # The directory itself is there; what lies in it is the program's.
        run.file("spool").mkdir()
        faults.arm(call, number, forever=forever, error=error)
        client.spawn()
        code = ended_code(client.process, 90)
        run.require(code in (0, 1), f"the program ended with {code}")
        struck = faults.failed > 0
        faults.disarm()
        check_everything(run, collector)
        return struck
    finally:
        client.close()
        collector.close()
