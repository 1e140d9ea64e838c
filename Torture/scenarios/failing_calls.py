"""Each call that a collector makes on its database fails, once and for good: what is acknowledged survives that, and a power cut.

A run makes one call fail, the Nth of its kind: as the collector starts, on a database that it has to recover, or under load.
Where it struck under load the collector goes on, or it is killed at once and started again; where it did not, it is stopped, so
that it strikes while the log is emptied. When the disk is well again the client gets everything acknowledged. Then the power is
cut: the database is what was synced. All that was ever acknowledged has to be in it, once. N counts up from 1, until a run has
fewer calls.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from random import Random

from rig.checks import check_database, check_rows, check_values, expected_of
from rig.collector import Collector
from rig.faults import Faults
from rig.inline import InlineClient
from rig.run import Failed, Run, stopping_early, waited

#: What fails, with what. A short write is one that the program may try to finish. What is mapped is the memory that the
#: connections to a database share (-shm), and what is removed the log, when the last of them closes.
_KINDS = (
    ("sync", "EIO"), ("write", "EIO"), ("write", "ENOSPC"), ("write", "short"), ("truncate", "EIO"), ("open", "EIO"),
    ("read", "EIO"), ("map", "EIO"), ("remove", "EIO"), ("reserve", "ENOSPC"),
)  # fmt: skip
#: Runs at a time: they wait most of the time, as a client does after a failure.
_AT_A_TIME = 4


@dataclass(frozen=True)
class Case:
    """One run: which call fails, when, and what is done about it."""

    phase: str
    call: str
    error: str
    forever: bool
    #: Whether the collector is killed when it has struck.
    kills: bool
    at: int

    def __str__(self) -> str:
        often = "for good" if self.forever else "once"
        return f"{self.phase}: {self.call} {self.at} fails {often} with {self.error}{', and it is killed' if self.kills else ''}"


def torture(run: Run) -> None:
    series = [
        Case(phase, call, error, forever, kills, 0)
        for phase in ("load", "start")
        for call, error in _KINDS
        for forever in (False, True)
        for kills in ((False, True) if phase == "load" else (False,))
    ]
    run.random.shuffle(series)
    with stopping_early(ThreadPoolExecutor(_AT_A_TIME)) as pool:
        futures = {pool.submit(_count_through, run, case) for case in series}
        while futures:
            done, futures = wait(futures, return_when=FIRST_COMPLETED)
            for future in done:
                if future.exception() is not None:
                    pool.shutdown(cancel_futures=True)
                    future.result()
    # Nothing is reserved by the SQLite of today.
    never = {call for call, _ in _KINDS} - {"reserve"} - {name.split()[0] for name in run.counts}
    run.require(not never, f"a collector makes no call of these kinds that could fail: {never}")


def _count_through(run: Run, series: Case) -> None:
    """Runs a case with N = 1, 2, 3, … until there are fewer calls than that."""
    for number in _numbers(run, series):
        case = replace(series, at=number)
        directory = run.file(f"{case.phase}-{case.call}-{case.error}-{case.forever}-{case.kills}-{number}")
        try:
            has_struck = _Ordeal(run, case, directory).suffer()
        except Failed as failed:
            raise Failed(f"{case} [{directory.name}]: {failed}") from None
        shutil.rmtree(directory)
        if not has_struck:
            return
        run.count(f"{case.call} faults")
        run.progress(str(case))


def _numbers(run: Run, series: Case) -> Iterator[int]:
    number, limit = 1, run.steps or (2 if run.quick else 1 << 30)
    for _ in range(limit):
        yield number
        # In a quick run some of the first ones: the same calls come again and again.
        number += Random(f"{run.seed} {series} {number}").randint(1, 12) if run.quick else 1


class _Ordeal:
    def __init__(self, run: Run, case: Case, directory) -> None:
        directory.mkdir()
        self.run = replace(run, directory=directory)
        self.case = case
        self.faults = Faults(self.run, "disk", "traces.db", keeps_durable=True)
        self.collector = Collector(self.run, environment=self.faults.environment)
        self.client = InlineClient(self.collector.address, Random(f"{run.seed} {case}").getrandbits(32))
        #: Whether it was ended, or has refused to start. It never ends otherwise.
        self.has_ended = False

    def suffer(self) -> bool:
        """Returns whether anything was made to fail."""
        try:
            if self.case.phase == "start":
                self._start_badly()
            else:
                self._record_badly()
            struck = self.faults.failed > 0
            self.faults.disarm()
            self._recover()
            return struck
        finally:
            self.client.client.shutdown(0)
            self.collector.close()

    def _arm(self) -> None:
        self.faults.arm(self.case.call, self.case.at, forever=self.case.forever, error=self.case.error)

    def _start_badly(self) -> None:
        """The fault is there when a collector starts that had been killed."""
        self.collector.start()
        self.client.record(2)
        self.run.require(self.client.flush(30), "nothing is acknowledged before anything fails")
        self.collector.kill()
        self._arm()
        try:
            self.collector.start()
        except Failed:
            code = self.collector.stop()
            self.run.require(code == 1 and "rror" in self.collector.log_text(), f"it did not start, with {code} and no word")
            self.has_ended = True
        else:
            self._acknowledge(3)

    def _record_badly(self) -> None:
        self.collector.start()
        self._acknowledge(1)
        self._arm()
        if self.case.kills:
            # Before the client has sent anything again.
            self.client.record(3)
            waited(lambda: self.faults.failed or self.client.client.report().unknown == 0, 30, "a failure, or all acknowledged")
            if self.faults.failed:
                self.collector.kill()
                self.has_ended = True
                return
        else:
            self._acknowledge(3)
        if self.faults.failed == 0:
            code = self.collector.stop()
            self.run.require(code in (0, 1), f"it was to stop, and ended with {code}: {self.collector.log_text()[-300:]}")
            self.has_ended = True

    def _acknowledge(self, workflows: int) -> None:
        """Records runs, and looks for each that is acknowledged. Where commits fail for good, that is to be said."""
        for _ in range(workflows):
            self.client.record(1)
            if self._is_acknowledged():
                check_rows(self.run, self.collector.database, expected_of([self.client.ledger], acknowledged_only=True))
                continue
            self.run.require(self.collector.is_running, f"the collector has ended: {self.collector.log_text()[-300:]}")
            self.run.require(self.faults.failed > 0, "nothing failed, and nothing is acknowledged")
            self.run.require(self.case.forever, f"nothing is acknowledged, 30 s after one failure: {self.client.client.report()}")
            if self.case.call != "read":
                waited(lambda: self.collector.figures()["store_error"], 20, "status says why nothing is acknowledged")
            return

    def _is_acknowledged(self) -> bool:
        """Whether all is, in 30 s; or soon after something has failed that fails for good."""
        for _ in range(75):
            if self.client.flush(0.4):
                return True
            if self.case.forever and self.faults.failed:
                return False
        return False

    def _recover(self) -> None:
        self.run.require(self.collector.is_running or self.has_ended, f"it has ended: {self.collector.log_text()[-300:]}")
        if self.has_ended:
            self.collector.start()
        self.client.record(1)
        report = self.client.shut_down(60)
        self.run.require(report.is_complete, f"the disk is well again, and not all is acknowledged: {report}")
        self.collector.kill()
        self.faults.cut_power(self.collector.directory)
        self.collector.environment = {}
        self.collector.start()
        expected = expected_of([self.client.ledger])
        check_database(self.run, self.collector)
        check_rows(self.run, self.collector.database, expected)
        check_values(self.run, self.collector, expected)
