"""A relay between clients and a collector that cuts a conversation after exactly so many bytes."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading


class Relay:
    """Takes connections; the one that is to be cut is reset on both sides, and others are let through."""

    def __init__(self, address: str) -> None:
        host, port = address.rsplit(":", 1)
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        #: Bytes of each direction, by the connections in their order: to the collector, and from it.
        self.passed: list[list[int]] = []
        #: Whether the connection that was to be cut was.
        self.has_cut = False
        self._cut: tuple[int, int] | None = None
        #: How many connections are let through before it.
        self._before = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def cut_next(self, direction: int, after: int, behind: int = 0) -> None:
        """Resets the next connection, or one behind it, when so many bytes have passed to the collector (0) or from it (1)."""
        self.passed.clear()
        self.has_cut = False
        self._before, self._cut = behind, (direction, after)

    def close(self) -> None:
        # A thread that waits in accept is woken by this, not by closing.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _take_cut(self) -> tuple[int, int] | None:
        """Where the connection that has come is to be cut."""
        if self._cut is not None and self._before > 0:
            self._before -= 1
            return None
        cut, self._cut = self._cut, None
        return cut

    def _relay(self, client: socket.socket) -> None:
        cut = self._take_cut()
        passed = [0, 0]
        self.passed.append(passed)
        try:
            collector = socket.create_connection(self._target, 10)
        except OSError:
            client.close()
            return
        peers = (client, collector)
        for peer in peers:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            if cut is not None and cut[1] == 0:
                self._reset(peers)
                return
            while self._pass_on(peers, passed, cut):
                pass
        for peer in peers:
            peer.close()

    def _pass_on(self, peers: tuple, passed: list[int], cut: tuple[int, int] | None) -> bool:
        readable, _, _ = select.select(peers, [], [], 60)
        for peer in readable:
            direction = peers.index(peer)
            most = 1 << 16 if cut is None or cut[0] != direction else cut[1] - passed[direction]
            data = peer.recv(most)
            if not data:
                return False
            peers[1 - direction].sendall(data)
            passed[direction] += len(data)
            if cut == (direction, passed[direction]):
                self._reset(peers)
                return False
        return bool(readable)

    def _reset(self, peers: tuple) -> None:
        """Ends both connections as a cut cable and a rebooted router do: with RST, and without what waits to be sent."""
        self.has_cut = True
        for peer in peers:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
