"""A TCP connection that never waits: what cannot be sent or read now is tried again when the socket is ready."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl

from tracewire.addresses import Address

_READ_BYTES = 1 << 18
_WRITE_BYTES = 1 << 20
#: One TLS record: what is given to TLS at once has to be given again where it could not be sent.
_RECORD_BYTES = 1 << 14
_NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Connection:
    """To the first of an address's hosts that answers.

    Looking up a host's name waits for the system; it happens on the sender's thread. Over TLS, where there is a context for it.
    """

    def __init__(self, address: Address, security: ssl.SSLContext | None = None) -> None:
        self._host = address.host
        self._security = security
        self._write_bytes = _WRITE_BYTES if security is None else _RECORD_BYTES
        # As bytes: for a text Python imports a codec, and a fork in the middle of that leaves the child without it for good.
        try:
            name = address.host.encode("ascii" if address.host.isascii() else "idna")
        except UnicodeError:
            raise OSError("it is no host's name") from None
        self._places = socket.getaddrinfo(name, address.port, type=socket.SOCK_STREAM)
        self._last_error: OSError | None = None
        self.is_connected = False
        #: Whether it goes on when the socket can be written, and not only when it can be read.
        self.wants_write = True
        self._socket = self._begin()

    def fileno(self) -> int:
        return self._socket.fileno()

    def finish_connecting(self) -> bool:
        """Whether the connection stands; called when the socket is what it waits for. Tries the next place where one does not
        answer.

        Raises:
            OSError: if none does, or TLS cannot be agreed on.
        """
        if isinstance(self._socket, ssl.SSLSocket):
            return self._shake_hands(self._socket)
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            if self._security is not None:
                self._socket = self._security.wrap_socket(self._socket, server_hostname=self._host, do_handshake_on_connect=False)
                return self._shake_hands(self._socket)
            self.is_connected, self.wants_write = True, False
            return True
        self._last_error = OSError(code, os.strerror(code))
        self._socket.close()
        self._socket = self._begin()
        return False

    def _shake_hands(self, secured: ssl.SSLSocket) -> bool:
        try:
            secured.do_handshake()
        except ssl.SSLWantReadError:
            self.wants_write = False
            return False
        except ssl.SSLWantWriteError:
            self.wants_write = True
            return False
        self.is_connected, self.wants_write = True, False
        return True

    def send(self, data: bytearray) -> int:
        """Sends from the front of `data` what the system takes, and removes it there. How many bytes that were.

        Raises:
            OSError: if the connection is gone.
        """
        sent = 0
        try:
            while data:
                count = self._socket.send(memoryview(data)[: self._write_bytes])
                del data[:count]
                sent += count
        except _NOT_NOW:
            pass
        return sent

    def receive(self) -> bytes | None:
        """What came; None if there is nothing now, empty bytes at the end.

        Raises:
            OSError: if the connection is gone.
        """
        try:
            return self._socket.recv(_READ_BYTES)
        except _NOT_NOW:
            return None

    def close(self) -> None:
        if self.is_connected and isinstance(self._socket, ssl.SSLSocket):
            # A goodbye that TLS knows. The answer to it is not waited for.
            with contextlib.suppress(OSError, ValueError):
                self._socket.unwrap()
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
