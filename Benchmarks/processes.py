"""The processes that are measured: a collector, what is run against it, and a proxy that counts bytes."""

import os
import pathlib
import re
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    seconds: float
    cpu_seconds: float
    output: str = ""
    # The most memory that it had resident; no less than what this program had when it started it.
    peak_bytes: int = 0


def run(command, **arguments):
    """Runs `command` to its end; `SystemExit` with what it said if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **arguments)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}\n{output}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, output, usage.ru_maxrss * 1024)


class Collector:
    """`tracewire serve` on a port of its own choosing and a database that does not exist yet."""

    def __init__(self, tracewire, directory):
        self.database = pathlib.Path(directory) / "tracewire.db"
        command = [tracewire, "serve", "--listen", "127.0.0.1:0", "--database", str(self.database)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if not found:
            self.process.kill()
            raise SystemExit(f"the collector did not say where it listens, but: {line!r}")
        self.port = int(found.group(1))

    def peak_bytes(self):
        """The most memory that the process has had resident so far."""
        return self.status_bytes("VmHWM")

    def resident_bytes(self):
        return self.status_bytes("VmRSS")

    def status_bytes(self, name):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) * 1024

    def settled_bytes(self):
        """The size of the database once the collector, which nobody asks for anything, has used no time for a while."""
        deadline = time.monotonic() + 120
        used = self.cpu_seconds()
        while time.monotonic() < deadline:
            time.sleep(3)
            before, used = used, self.cpu_seconds()
            if used - before < 0.02:
                break
        return self.database.stat().st_size

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self):
        """Stops it as an operator does, so that the database is one file again."""
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=60) != 0:
            print(f"the collector ended with {self.process.returncode}", file=sys.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


class CountingProxy:
    """Passes bytes on to a port, and counts those of each direction. It costs time: nothing is timed through it."""

    def __init__(self, port):
        self.target = port
        self.sent = self.received = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.listener:
                        self.accept(selector)
                    elif not self.forward(key):
                        self.end(selector, key)

    def accept(self, selector):
        client, _ = self.listener.accept()
        collector = socket.create_connection(("127.0.0.1", self.target))
        selector.register(client, selectors.EVENT_READ, (collector, True))
        selector.register(collector, selectors.EVENT_READ, (client, False))

    def forward(self, key):
        other, is_sent = key.data
        try:
            data = key.fileobj.recv(1 << 18)
            if data:
                other.sendall(data)
        except OSError:
            return False
        if is_sent:
            self.sent += len(data)
        else:
            self.received += len(data)
        return bool(data)

    def end(self, selector, key):
        selector.unregister(key.fileobj)
        try:
            key.data[0].shutdown(socket.SHUT_WR)
        except OSError:
            pass
