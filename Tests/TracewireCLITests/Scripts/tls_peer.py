"""Speaks to a collector over TLS as OpenSSL does: with TLS 1.2, with 1.3 and with 1.1, and then over a connection on which the
collector is asked to stop. Prints as JSON what came of it.

    tls_peer.py HOST:PORT CA_FILE PROCESS
"""
import json
import os
import signal
import socket
import ssl
import struct
import sys
import warnings
import zlib

warnings.simplefilter("ignore", DeprecationWarning)
place, authority, process = sys.argv[1], sys.argv[2], int(sys.argv[3])
host, port = place.rsplit(":", 1)


def frame(kind, body=b"", sequence=0):
    head = b"TWIR" + struct.pack("<BBBBIIQI", 1, kind, 0, 0, len(body), len(body), sequence, zlib.crc32(body))
    return head + struct.pack("<I", zlib.crc32(head)) + body


def connect(version):
    context = ssl.create_default_context(cafile=authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["tracewire"])
    peer = context.wrap_socket(
        socket.create_connection((host, int(port)), timeout=60), server_hostname=host, suppress_ragged_eofs=False)
    # A HELLO that says nothing but that it speaks version 1.
    peer.sendall(frame(1, bytes.fromhex("08011001")))
    return peer


def types(peer, count):
    """The types of so many frames, or of all that come until the other side says goodbye."""
    found, data = [], b""
    while len(found) < count:
        chunk = peer.recv(65536)
        if not chunk:
            break
        data += chunk
        while len(data) >= 32 and len(data) >= (whole := 32 + struct.unpack_from("<I", data, 8)[0]):
            found.append(data[5])
            data = data[whole:]
    return found


said = {}
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    with connect(version) as peer:
        said[peer.version()] = [peer.selected_alpn_protocol(), peer.cipher()[0], types(peer, 2)]
try:
    connect(ssl.TLSVersion.TLSv1_1)
    said["old"] = "taken"
except ssl.SSLError as error:
    said["old"] = error.reason
with connect(ssl.TLSVersion.TLSv1_3) as peer:
    opened = types(peer, 2)
    os.kill(process, signal.SIGTERM)
    try:
        # Without a close_notify the end is an error here.
        said["end"] = [opened, types(peer, 100), "said goodbye"]
    except ssl.SSLError as error:
        said["end"] = [opened, [], error.reason]
print(json.dumps(said))
