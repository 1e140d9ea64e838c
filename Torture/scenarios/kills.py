"""Collector and clients are killed in random order under load: nothing that was recorded is lost, nothing is there twice."""

from __future__ import annotations

import time

from rig.checks import check_everything
from rig.collector import Collector
from rig.recorders import PythonRecorder, SwiftRecorder
from rig.run import Run

#: What is killed at a time, and how often of a hundred.
_VICTIMS = (("collector", 35), ("client", 40), ("both", 15), ("two clients", 10))
#: Seconds that a program lives at most before the next kill, and how often of a hundred: in its first milliseconds, while it
#: recovers, and under load.
_LIVES = ((0.005, 20), (0.03, 25), (0.3, 55))


def torture(run: Run) -> None:
    kills = run.kills or (120 if run.quick else 1000)
    collector = Collector(run)
    clients = _clients(run, collector)
    try:
        collector.start()
        for client in clients:
            client.spawn()
        while sum(v for k, v in run.counts.items() if k.startswith("kills")) < kills:
            _strike(run, collector, clients)
            run.progress(f"{run.counts}")
        for client in clients:
            client.kill()
        collector.wait_until_ready()
        run.counts["starts of clients"] = sum(client.starts for client in clients)
        run.counts["rows"] = check_everything(run, collector)
        run.require(collector.stop() == 0, "the collector did not end as it should")
    finally:
        for client in clients:
            client.close()
        collector.close()


def _clients(run: Run, collector: Collector) -> list[PythonRecorder | SwiftRecorder]:
    database = str(collector.database)
    clients: list[PythonRecorder | SwiftRecorder] = [
        PythonRecorder(run, f"python-{number}", address=collector.address, database=database, flush=40) for number in range(3)
    ]
    if run.recording_host is None:
        run.notes.append("without the Swift SDK's program")
        return clients + [PythonRecorder(run, f"python-{number}", address=collector.address, rate=800) for number in (3, 4)]
    return clients + [SwiftRecorder(run, f"swift-{number}", address=collector.address) for number in range(2)]


def _strike(run: Run, collector: Collector, clients: list) -> None:
    time.sleep(run.random.uniform(0, _chosen(run, _LIVES)))
    what = _chosen(run, _VICTIMS)
    victims = run.random.sample(clients, {"collector": 0, "client": 1, "both": 1, "two clients": 2}[what])
    if what in ("collector", "both"):
        collector.kill()
        run.count("kills of the collector")
    for client in victims:
        client.kill()
        run.count("kills of clients")
    for client in clients:
        if client.process.poll() is not None:
            # Nothing but a kill may have ended it, or that it has delivered everything.
            client.kill()
            client.spawn()
    if not collector.is_running:
        collector.kill()
        collector.spawn()


def _chosen(run: Run, choices: tuple):
    return run.random.choices([choice for choice, _ in choices], [weight for _, weight in choices])[0]
