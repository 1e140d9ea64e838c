"""Tortures the programs of Tracewire, as a machine does on its worst day, and checks what they promised.

    python Torture/torture.py [SCENARIO]... [--quick] [--seed N] [--kills N] [--minutes N]

Runs the scenarios one after the other, all of them if none is named, and prints a line for each. Where one fails the exit code is
1, and its directory, with the database, the spools, the ledgers and the logs, is kept.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))

from rig.run import Failed, Run, Skipped  # noqa: E402

SCENARIOS = (
    "kills",
    "failing-calls",
    "failing-spools",
    "resets",
    "stopped",
    "clocks",
    "slow-peers",
    "overload",
    "full-disk",
    "flips",
)


def main() -> int:
    arguments = _arguments()
    # What is stopped by a signal leaves no program behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().getrandbits(32)
    print(f"seed {seed}{', quick' if arguments.quick else ''}", flush=True)
    outcomes = [_torture(name, seed, arguments) for name in arguments.scenario or SCENARIOS]
    print(f"{outcomes.count('held')} held, {outcomes.count('failed')} failed, {outcomes.count('skipped')} skipped")
    return 1 if "failed" in outcomes else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)}")
    parser.add_argument("--quick", action="store_true", help="a bounded part of each")
    parser.add_argument("--seed", type=int, help="makes the choices of an earlier run again")
    parser.add_argument("--kills", type=int, help="how many, of the scenario kills")
    parser.add_argument("--minutes", type=float, help="how long, of the scenario overload")
    parser.add_argument(
        "--steps", type=int, help="how many faults, sizes or offsets at most, of scenarios that count through them"
    )
    build = _HERE.parent / ".build"
    named = os.environ.get("TRACEWIRE_PROGRAM")
    host = os.environ.get("TRACEWIRE_RECORDING_HOST")
    parser.add_argument("--tracewire", type=Path, default=Path(named) if named else build / "release" / "tracewire")
    parser.add_argument("--recording-host", type=Path, default=Path(host) if host else build / "debug" / "RecordingHost")
    parser.add_argument("--preload", type=Path, default=build / "torture", help="where the libraries to be preloaded are")
    parser.add_argument("--evidence", type=Path, default=build / "torture" / "evidence", help="where what failed is kept")
    arguments = parser.parse_args()
    for name in arguments.scenario:
        if name not in SCENARIOS:
            parser.error(f"there is no scenario {name}; there are {', '.join(SCENARIOS)}")
    if not arguments.tracewire.exists():
        parser.error(f"{arguments.tracewire} is missing; build it with: make build")
    return arguments


def _torture(name: str, seed: int, arguments: argparse.Namespace) -> str:
    directory = Path(tempfile.mkdtemp(prefix=f"tracewire-{name}-"))
    host = arguments.recording_host
    run = Run(
        tracewire=arguments.tracewire.resolve(), recording_host=host.resolve() if host.exists() else None,
        preload=arguments.preload.resolve(), directory=directory, seed=seed, quick=arguments.quick, kills=arguments.kills,
        minutes=arguments.minutes, steps=arguments.steps,
    )  # fmt: skip
    outcome, why = "held", ""
    try:
        importlib.import_module(f"scenarios.{name.replace('-', '_')}").torture(run)
    except Skipped as skipped:
        outcome, why = "skipped", str(skipped)
    except Failed as failed:
        outcome, why = "failed", str(failed)
    except SystemExit:
        run.notes.append("stopped before its end")
        print(f"{name}: {run.counts}")
        raise
    except Exception:
        outcome, why = "failed", traceback.format_exc()
    finally:
        run.progress("")
        kept = _keep(directory, arguments.evidence) if outcome == "failed" else None
        shutil.rmtree(directory, ignore_errors=True)
    counts = ", ".join(f"{value} {label}" for label, value in run.counts.items())
    print(f"{name:14} {outcome:8} {time.monotonic() - run.began:6.0f} s  {counts}", flush=True)
    for text in [*run.notes, *([why] if why else [])]:
        print(f"  {text}")
    if kept is not None:
        print(f"  evidence in {kept}; again with: {_HERE.name}/torture.py {name} --seed {seed}{' --quick' if run.quick else ''}")
    return outcome


def _keep(directory: Path, evidence: Path) -> Path:
    """Moves what a scenario has left to where it is kept."""
    evidence.mkdir(parents=True, exist_ok=True)
    kept = evidence / directory.name
    shutil.copytree(directory, kept, symlinks=True, ignore_dangling_symlinks=True)
    return kept


if __name__ == "__main__":
    sys.exit(main())
