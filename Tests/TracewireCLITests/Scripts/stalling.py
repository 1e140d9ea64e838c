"""Stands before a collector, for one connection: what the client sends goes through, and of what the collector sends
the first BYTES. Then it stalls, until the client ends the connection. It writes where it listens.

    stalling.py HOST:PORT BYTES
"""
import socket
import sys
import threading

host, port = sys.argv[1].rsplit(":", 1)
listener = socket.create_server(("127.0.0.1", 0))
print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
client, _ = listener.accept()
collector = socket.create_connection((host, int(port)))


def answer(left):
    while left and (received := collector.recv(left)):
        client.sendall(received)
        left -= len(received)


threading.Thread(target=answer, args=(int(sys.argv[2]),), daemon=True).start()
while sent := client.recv(65536):
    collector.sendall(sent)
