"""A TCP connection that never waits: what cannot be sent or read now is tried again when the socket is ready."""

from __future__ import annotations

import contextlib
import errno
import os
import socket

from tracewire.addresses import Address

_READ_BYTES = 1 << 18


class Connection:
    """To the first of an address's hosts that answers.

    Looking up a host's name waits for the system; it happens on the sender's thread.
    """

    def __init__(self, address: Address) -> None:
        # As bytes: for a text Python imports a codec, and a fork in the middle of that leaves the child without it for good.
        try:
            name = address.host.encode("ascii" if address.host.isascii() else "idna")
        except UnicodeError:
            raise OSError("it is no host's name") from None
        self._places = socket.getaddrinfo(name, address.port, type=socket.SOCK_STREAM)
        self._last_error: OSError | None = None
        self.is_connected = False
        self._socket = self._begin()

    def fileno(self) -> int:
        return self._socket.fileno()

    def finish_connecting(self) -> bool:
        """Whether the connection stands; called when the socket is writable. Tries the next place where one does not answer.

        Raises:
            OSError: if none does.
        """
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            self.is_connected = True
            return True
        self._last_error = OSError(code, os.strerror(code))
        self._socket.close()
        self._socket = self._begin()
        return False

    def send(self, data: bytearray) -> int:
        """Sends from the front of `data` what the system takes, and removes it there. How many bytes that were.

        Raises:
            OSError: if the connection is gone.
        """
        sent = 0
        try:
            while data:
                count = self._socket.send(memoryview(data)[: 1 << 20])
                del data[:count]
                sent += count
        except (BlockingIOError, InterruptedError):
            pass
        return sent

    def receive(self) -> bytes | None:
        """What came; None if there is nothing now, empty bytes at the end.

        Raises:
            OSError: if the connection is gone.
        """
        try:
            return self._socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return None

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()

    def _begin(self) -> socket.socket:
        while self._places:
            family, kind, protocol, _, place = self._places.pop(0)
            made = socket.socket(family, kind, protocol)
            try:
                made.setblocking(False)
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                code = made.connect_ex(place)
                if code in (0, errno.EINPROGRESS, errno.EINTR):
                    return made
                self._last_error = OSError(code, os.strerror(code))
            except OSError as error:
                self._last_error = error
            made.close()
        raise self._last_error or OSError("the host has no address")
