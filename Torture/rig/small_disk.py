"""A file system of a few kilobytes, in a mount namespace of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from rig.run import Skipped, waited


class SmallDisk:
    """A tmpfs at a directory, which only programs see that are started with `leading`."""

    def __init__(self, directory: Path, kib: int) -> None:
        directory.mkdir(parents=True)
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        script = 'mount -t tmpfs -o size="$1"k none "$0" && echo ready && exec sleep 100000'
        self._holder = subprocess.Popen(
            ["unshare", *user, "--mount", "sh", "-c", script, str(directory), str(kib)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"ready\n":
            raise Skipped("this machine lets nobody mount a file system of his own")
        as_user = ["--user", "--preserve-credentials"] if user else []
        self.leading = ("nsenter", "--target", str(self._holder.pid), *as_user, "--mount", "--")
        self._directory = directory
        #: Where others see it.
        self.path = Path(f"/proc/{self._holder.pid}/root{directory}")

    def resize(self, kib: int) -> None:
        """Makes room."""
        command = [*self.leading, "mount", "-o", f"remount,size={kib}k", str(self._directory)]
        subprocess.run(command, check=True, capture_output=True)

    def free(self) -> int:
        facts = os.statvfs(self.path)
        return facts.f_bavail * facts.f_frsize

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()
        if self._holder.stdout is not None:
            self._holder.stdout.close()
        waited(lambda: self._holder.poll() is not None, 10, "the small disk is gone")
