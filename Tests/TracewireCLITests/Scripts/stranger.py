"""Connects to a collector, says something that it does not understand, and reads until it closes; so often.

    stranger.py HOST:PORT TEXT [TIMES]
"""

import socket
import sys

host, port = sys.argv[1].rsplit(":", 1)
for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else 1):
    with socket.create_connection((host, int(port))) as peer:
        peer.sendall(sys.argv[2].encode())
        try:
            while peer.recv(1 << 16):
                pass
        except ConnectionResetError:
            pass
