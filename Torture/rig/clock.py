"""Lets the clocks of programs jump, by the library that `preload/clock.c` is."""

from __future__ import annotations

import struct

from rig.run import Run, Skipped


class WrongClock:
    """By how many seconds the clock of the programs is wrong that get `environment`."""

    def __init__(self, run: Run, name: str) -> None:
        library = run.preload / "clock.so"
        if not library.exists():
            raise Skipped(f"{library} is not built; scripts/torture.sh builds it")
        self._file = run.file(f"{name}.clock")
        self._file.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": str(library), "TORTURE_CLOCK": str(self._file)}

    def jump(self, seconds: int) -> None:
        """So far it is off from now on."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("<q", seconds))
