"""A collector of a scenario's own, and the commands that ask it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

from rig.run import Failed, Run, ended

#: Seconds in which a collector has to be ready, and a command to end. The machine may be busy.
PATIENCE = 60.0


#: Below those that a connection is given for itself: a client that calls again and again while no collector is there would get
#: the collector's in the end, be connected with itself, and be in its way when it comes back.
_PORTS = itertools.cycle(random.SystemRandom().sample(range(10_000, 32_000), 22_000))


def free_port() -> int:
    """A port that nobody listens on now, and that nobody else of this process was given."""
    for port in itertools.islice(_PORTS, 22_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise Failed("no port between 10000 and 32000 is free")


class Collector:
    """`tracewire serve`: it may be killed, stopped and started again with the same port and database."""

    def __init__(
        self,
        run: Run,
        directory: Path | None = None,
        *,
        arguments: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        leading: tuple[str, ...] = (),
    ) -> None:
        self.run = run
        self.directory = directory or run.directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.database = self.directory / "traces.db"
        self.port = free_port()
        self.arguments = arguments
        self.environment = environment or {}
        self.leading = leading
        self.process: subprocess.Popen | None = None
        #: Where the figures are served, if `--metrics` is among the arguments.
        self.metrics: str | None = None
        self._output = b""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it has written to standard error."""
        return self.directory / "collector.log"

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def spawn(self) -> None:
        """Starts it, and does not wait until it is ready."""
        command = [
            *self.leading, str(self.run.tracewire), "serve", "--listen", self.address, "--database", str(self.database),
            *self.arguments,
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **self.environment}
            )
        self._output = b""

    def start(self) -> Collector:
        """Starts it, and waits until it is ready."""
        self.spawn()
        self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        """Waits for the line that says where it listens."""
        assert self.process is not None
        assert self.process.stdout is not None
        lines = 2 if "--metrics" in self.arguments else 1
        end = time.monotonic() + PATIENCE
        while self._output.count(b"\n") < lines:
            readable, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 4096) if readable else b""
            if not data:
                raise Failed(f"the collector did not become ready: {self._output!r}; {self.log_text()[-500:]}")
            self._output += data
        if lines == 2:
            found = re.search(rb"http://(127\.0\.0\.1:\d+)|metrics.*?(127\.0\.0\.1:\d+)", self._output)
            self.metrics = (found.group(1) or found.group(2)).decode() if found else None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """Ends it as a crash does. It has not ended by itself before."""
        code = self._end(signal.SIGKILL)
        self.run.require(code == -signal.SIGKILL, f"the collector ended by itself, with {code}: {self.log_text()[-500:]}")

    def stop(self) -> int:
        """Ends it as an operator does; returns its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self.process is not None
        self.signal(number)
        code = ended(self.process, PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def close(self) -> None:
        """Leaves nothing behind, whatever happened."""
        if self.process is not None:
            with contextlib.suppress(Exception):
                self.process.send_signal(signal.SIGCONT)
            self._end(signal.SIGKILL)

    # ---- What it says ----

    def ask(self, *arguments: str, codes: tuple[int, ...] = (0,), timeout: float = PATIENCE) -> str:
        """What a command of `tracewire` says of this collector; it ends with one of the codes."""
        command = [str(self.run.tracewire), *arguments, "--connect", self.address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, errors="replace")
        if done.returncode not in codes:
            raise Failed(
                f"tracewire {' '.join(arguments)} ended with {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}"
            )
        return done.stdout

    def rows(self, statement: str) -> list[dict]:
        return [json.loads(line) for line in self.ask("sql", statement, "--format", "ndjson").splitlines()]

    def value(self, statement: str):
        return next(iter(self.rows(statement)[0].values()))

    def figures(self) -> dict:
        """The figures of `tracewire status`, by their names."""
        lines = self.ask("status", "--format", "ndjson", codes=(0, 1)).splitlines()
        return {row["name"]: row["value"] for row in map(json.loads, lines)}

    def health(self) -> int:
        """What `/healthz` answers."""
        assert self.metrics is not None
        host, port = self.metrics.split(":")
        with socket.create_connection((host, int(port)), 10) as peer:
            peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            return int(peer.recv(4096).split()[1])
