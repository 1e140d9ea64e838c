"""A collector of a test's own, on a port that the system chooses."""

import json
import re
import subprocess

from .places import TRACEWIRE


class Collector:
    """`tracewire serve`, which may be killed and started again on the same port and database."""

    def __init__(self, directory, *options):
        self.options = options
        self.database = directory / "tracewire.db"
        self.port = 0
        self.process = None
        self.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        command = [TRACEWIRE, "serve", "--listen", f"127.0.0.1:{self.port}", "--database", str(self.database), *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found, f"the collector did not say where it listens, but: {line!r}"
        self.port = int(found.group(1))

    def stop(self):
        self._end(self.process.terminate)

    def kill(self):
        self._end(self.process.kill)

    def _end(self, how):
        if self.process.poll() is None:
            how()
            self.process.wait(timeout=60)
        self.process.stdout.close()

    def run(self, *arguments, codes=(0,)):
        """What a command of `tracewire` says of this collector; it ends with one of the codes."""
        command = [TRACEWIRE, *arguments, "--connect", self.address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode in codes, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def rows(self, statement):
        """The rows of an SQL statement, as dictionaries."""
        return [json.loads(line) for line in self.run("sql", statement, "--format", "ndjson").splitlines()]

    def value(self, statement):
        """The only value of an SQL statement."""
        return next(iter(self.rows(statement)[0].values()))

    def events(self):
        """Everything recorded, as events."""
        return [json.loads(line) for line in self.run("export").splitlines()]
