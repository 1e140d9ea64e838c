"""Where the repository has what the tests need."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[4]
SOURCES = ROOT / "clients" / "python" / "src"
PROGRAMS = pathlib.Path(__file__).resolve().parents[1] / "programs"
VECTORS = ROOT / "protocol" / "vectors"
TRACEWIRE = os.environ.get("TRACEWIRE_PROGRAM") or str(ROOT / ".build" / "debug" / "tracewire")
#: The Swift program that records and kills itself.
RECORDING_HOST = os.environ.get("TRACEWIRE_RECORDING_HOST") or str(ROOT / ".build" / "debug" / "RecordingHost")

sys.path.insert(0, str(ROOT / "Tests" / "Oracle"))
