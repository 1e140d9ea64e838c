"""Programs that record: the Python SDK's, with a ledger, and the Swift SDK's, which counts its calls."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from rig.run import Run, ended

_PROGRAM = Path(__file__).resolve().parent.parent / "programs" / "recorder.py"


class PythonRecorder:
    """Records with the Python SDK. Each start is a process of its own, with a ledger of its own."""

    def __init__(self, run: Run, name: str, *, address: str, leading: tuple[str, ...] = (), **orders) -> None:
        self.run = run
        self.name = name
        self.leading = leading
        self.environment: dict[str, str] = {}
        self.orders = {
            "spool": str(run.file("spool")), "address": address, "database": "", "rate": 400.0, "records": 0, "flush": 0,
            **orders,
        }  # fmt: skip
        self.starts = 0
        self.process: subprocess.Popen | None = None

    def spawn(self) -> None:
        self.starts += 1
        ledgers = self.run.file("ledgers")
        ledgers.mkdir(exist_ok=True)
        orders = {
            **self.orders, "ledger": str(ledgers / f"{self.name}-{self.starts}.ledger"), "seed": self.run.random.getrandbits(32),
        }  # fmt: skip
        with self.run.file(f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.leading, sys.executable, "-B", str(_PROGRAM), json.dumps(orders)],
                stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **self.environment},
            )  # fmt: skip

    def kill(self) -> None:
        """Ends it as a crash does. It has not ended by itself before."""
        require_killed(self.run, self.name, end(self.process))

    def close(self) -> None:
        """Leaves nothing behind, whatever happened."""
        end(self.process)

    def finished(self, timeout: float = 180) -> dict:
        """What it says of itself when it has recorded all that it was to."""
        assert self.process is not None
        assert self.process.stdout is not None
        output = self.process.stdout.read()
        code = ended(self.process, timeout)
        said = json.loads(output) if output else {}
        self.run.require(code == 0, f"{self.name} ended with {code}: {said.get('report', 'it said nothing')}")
        return said


class SwiftRecorder:
    """Records workflows of waiting nodes with the Swift SDK, and notes how many calls have returned."""

    def __init__(self, run: Run, name: str, *, address: str, spool: str | None = None, nodes: int = 4000) -> None:
        assert run.recording_host is not None
        self.run = run
        self.name = name
        self.address = address
        self.spool = spool or str(run.file("spool"))
        self.nodes = nodes
        self.starts = 0
        self.leading: tuple[str, ...] = ()
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen | None = None

    def spawn(self) -> None:
        self.starts += 1
        progress = self.run.file("progress")
        progress.mkdir(exist_ok=True)
        name = f"{self.name}-{self.starts}"
        command = [
            *self.leading, str(self.run.recording_host), self.spool, self.address, str(progress / name), name, str(self.nodes),
            "0", "start",
        ]  # fmt: skip
        with self.run.file(f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **self.environment}
            )

    def kill(self) -> None:
        """Ends it as a crash does. By itself it ends only when it has delivered all that it was to record."""
        require_killed(self.run, self.name, end(self.process), 0)

    def close(self) -> None:
        """Leaves nothing behind, whatever happened."""
        end(self.process)


def end(process: subprocess.Popen | None) -> int | None:
    """Kills a process, if it runs, and forgets what it would have said; returns how it ended, if there was one."""
    if process is None:
        return None
    process.kill()
    code = process.wait()
    if process.stdout is not None:
        process.stdout.close()
    return code


def require_killed(run: Run, name: str, code: int | None, *others: int) -> None:
    """A program runs until it is killed, or ends with one of the other codes."""
    run.require(code in (None, -signal.SIGKILL, *others), f"{name} ended by itself, with {code}; its log is {name}.log")


def ended_code(process: subprocess.Popen | None, timeout: float) -> int:
    """Waits for a program that says little; returns its exit code."""
    assert process is not None
    return ended(process, timeout)


def progress_of(run: Run) -> dict[str, int]:
    """How many calls of each program of the Swift SDK had returned, by its workflow's name."""
    directory = run.file("progress")
    if not directory.exists():
        return {}
    return {path.name: int.from_bytes(path.read_bytes()[:8], "little") for path in directory.iterdir()}
