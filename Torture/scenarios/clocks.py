"""The clocks of collector and clients jump by hours and years, each by itself: nothing is lost, doubled or rejected."""

from __future__ import annotations

import time

from rig.checks import check_everything
from rig.clock import WrongClock
from rig.collector import Collector
from rig.recorders import PythonRecorder, SwiftRecorder
from rig.run import Run

_HOUR = 3600
_YEAR = 365 * 24 * _HOUR
#: By how many seconds a clock is wrong after a jump.
_WRONG = (0, _HOUR, -_HOUR, 10 * _YEAR, -10 * _YEAR)


def torture(run: Run) -> None:
    jumps = run.steps or (12 if run.quick else 120)
    collector_clock = WrongClock(run, "collector")
    # What waits for a time of its own is looked for every second, and producers that are idle for long are forgotten.
    environment = {"TRACEWIRE_PRODUCERS_EXPIRE_AFTER_SECONDS": "600", **collector_clock.environment}
    collector = Collector(run, environment=environment)
    clients: list = [
        PythonRecorder(run, f"python-{number}", address=collector.address, database=str(collector.database), flush=40)
        for number in range(2)
    ]
    if run.recording_host is not None:
        # More nodes than it records in that time.
        clients.append(SwiftRecorder(run, "swift-0", address=collector.address, nodes=20_000))
    clocks = [collector_clock]
    try:
        collector.start()
        for number, client in enumerate(clients):
            clocks.append(WrongClock(run, f"client-{number}"))
            client.environment = clocks[-1].environment
            client.spawn()
        for _ in range(jumps):
            clock = run.random.choice(clocks)
            clock.jump(run.random.choice(_WRONG))
            run.count("jumps of the collector" if clock is collector_clock else "jumps of clients")
            time.sleep(run.random.uniform(0.05, 0.6))
            if run.random.random() < 0.1:
                collector.kill()
                collector.start()
                run.count("restarts")
            for client in clients:
                if client.process.poll() is not None:
                    run.require(isinstance(client, SwiftRecorder) and client.process.returncode == 0, f"{client.name} has ended")
                    client.spawn()
        for client in clients:
            client.kill()
        run.counts["rows"] = check_everything(run, collector)
        spread = collector.value("SELECT max(created_at) - min(created_at) FROM workflows")
        run.require(spread > _HOUR * 1000, "no clock has jumped")
    finally:
        for client in clients:
            client.close()
        collector.close()
