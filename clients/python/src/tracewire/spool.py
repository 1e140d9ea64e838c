"""The directory of spools, and one of them that is this process's (SPOOL.md, sections 1 and 2)."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Mapping

from tracewire.identifiers import new_identifier
from tracewire.owner import OWNER, OwnerFile
from tracewire.segment_files import ENDING

DAMAGED = "damaged"
SHED = "shed"
_TRIES = 3


def default_directory(environment: Mapping[str, str]) -> str | None:
    """Where spools are unless one says so; None where there is no home."""
    state = environment.get("XDG_STATE_HOME", "")
    if state.startswith("/"):
        return os.path.join(state, "tracewire", "spool")
    home = os.path.expanduser("~")
    return os.path.join(home, ".local", "state", "tracewire", "spool") if home.startswith("/") else None


class Spool:
    """A spool that is this process's as long as it holds the lock."""

    def __init__(self, path: str, owner: OwnerFile) -> None:
        self.path = path
        self.owner = owner

    @classmethod
    def make(cls, directory: str, destination: str) -> Spool:
        """A new spool with a new producer.

        Raises:
            OSError: if it cannot be made.
        """
        os.makedirs(directory, 0o700, exist_ok=True)
        for attempt in range(_TRIES):
            path = os.path.join(directory, str(uuid.UUID(bytes=new_identifier())))
            try:
                os.mkdir(path, 0o700)
                return cls(path, _new_owner(path, destination))
            except OSError:
                # Somebody who tidies up may have taken the new spool for an abandoned one.
                with contextlib.suppress(OSError):
                    os.rmdir(path)
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError

    def remove(self) -> None:
        """Removes it, with all that is in it: nothing of it is needed."""
        with contextlib.suppress(OSError):
            for name in os.listdir(self.path):
                if name != OWNER:
                    os.unlink(os.path.join(self.path, name))
            os.unlink(os.path.join(self.path, OWNER))
        with contextlib.suppress(OSError):
            os.rmdir(self.path)
        self.owner.close()


def _new_owner(path: str, destination: str) -> OwnerFile:
    file = os.path.join(path, OWNER)
    owner = OwnerFile.locked(file, os.O_EXCL)
    if owner is None:
        raise BlockingIOError("somebody has taken the new spool")
    try:
        owner.write(new_identifier(), destination)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(file)
        owner.close()
        raise
    return owner


def spool_names(directory: str) -> list[str]:
    """The names of the spools in a directory, the oldest first."""
    with contextlib.suppress(OSError):
        return sorted(name for name in os.listdir(directory) if _is_spool(name))
    return []


def _is_spool(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name and uuid.UUID(name).version == 7
    except ValueError:
        return False


def bytes_of_others(directory: str, own: str) -> int:
    """What the segments of the other spools take of the disk."""
    found = 0
    for name in spool_names(directory):
        path = os.path.join(directory, name)
        if path == own:
            continue
        with contextlib.suppress(OSError), os.scandir(path) as entries:
            found += sum(entry.stat().st_blocks * 512 for entry in entries if entry.name.endswith(ENDING))
    return found
