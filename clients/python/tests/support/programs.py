"""Programs that record, in processes of their own."""

import os
import subprocess
import sys

from .places import PROGRAMS, SOURCES


def python(program, *arguments, **options):
    """Starts one of `tests/programs`."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), **options.pop("environment", {})}
    command = [sys.executable, str(PROGRAMS / program), *map(str, arguments)]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def returned(progress):
    """How many calls had returned when a recorder wrote it last."""
    try:
        return int.from_bytes(progress.read_bytes(), "little")
    except FileNotFoundError:
        return 0
