"""Makes calls of a program fail, by the library that `preload/faults.c` is."""

from __future__ import annotations

import errno
import mmap
import os
import shutil
import struct
from pathlib import Path

from rig.run import Run, Skipped

#: `enum call` of faults.c.
CALLS = {"write": 1, "sync": 2, "truncate": 4, "open": 8, "reserve": 16, "map": 32, "remove": 64, "make": 128, "read": 256}
#: What a call fails with. Half of a write is done where it is short.
ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "short": 0}
#: `struct control` of faults.c: seven numbers, by how much syncs are slower, a path, the names of files, and which of their pages
#: are not synced.
_NUMBERS = struct.Struct("<7q")
_DELAY = struct.Struct("<q")
_PATH, _PATH_BYTES = _NUMBERS.size + _DELAY.size, 192
_BYTES = _PATH + _PATH_BYTES + 8 * 64 + 8 * 65536


class Faults:
    """What is to fail in the programs that get `environment`."""

    def __init__(self, run: Run, name: str, path: str, *, keeps_durable: bool = False) -> None:
        library = run.preload / "faults.so"
        if not library.exists():
            raise Skipped(f"{library} is not built; scripts/torture.sh builds it")
        control = run.file(f"{name}.faults")
        control.write_bytes(bytes(_BYTES))
        with control.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _BYTES)
        self._map[_PATH : _PATH + _PATH_BYTES] = path.encode().ljust(_PATH_BYTES, b"\0")
        self.environment = {"LD_PRELOAD": str(library), "TORTURE_FAULTS": str(control)}
        self.durable = run.file(f"{name}.durable")
        if keeps_durable:
            self.durable.mkdir()
            self.environment["TORTURE_DURABLE"] = str(self.durable)

    def arm(self, call: str, at: int, *, forever: bool, error: str) -> None:
        """From now on the call of that number fails, and all behind it if it is for ever."""
        self._map[: _NUMBERS.size] = _NUMBERS.pack(0, CALLS[call], at, forever, ERRORS[error], 0, 0)
        self._map[:8] = struct.pack("<q", 1)

    def slow_down(self, seconds: float) -> None:
        """Each sync takes so much longer from now on."""
        self._map[_NUMBERS.size : _PATH] = _DELAY.pack(round(seconds * 1_000_000))

    def disarm(self) -> None:
        """The disk is well again."""
        self._map[:8] = bytes(8)

    @property
    def seen(self) -> int:
        """Calls that could have failed since it was armed."""
        return _NUMBERS.unpack(self._map[: _NUMBERS.size])[5]

    @property
    def failed(self) -> int:
        return _NUMBERS.unpack(self._map[: _NUMBERS.size])[6]

    def cut_power(self, directory: Path) -> None:
        """Leaves in a directory of databases what is on the disk, when no program has them open any more."""
        for path in directory.iterdir():
            if ".db" in path.name and not path.name.endswith(".lock"):
                path.unlink()
        for path in self.durable.iterdir():
            shutil.copy(path, directory / path.name)
        os.sync()
