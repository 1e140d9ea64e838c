"""Frames and conversations of which the last frame breaks a rule: in each vector exactly one."""

import zstandard

from codes import code
from framing import MORE, OPTIONAL, TYPES, Vector, header, schema
from samples import (
    GREASE,
    ack,
    batch,
    columns,
    hello,
    query_hello,
    query_welcome,
    report_query,
    rows,
    sql_query,
    summary,
    user,
    welcome,
    whole_run,
)

BATCH, HELLO = TYPES["BATCH"], TYPES["HELLO"]
GIBIBYTE = 1 << 30


def broken(rule, name, **facts):
    return Vector(f"Breaks section {rule}.", rule=rule, code=code(name), **facts)


def opened(rule, name, limits=None, window_log=0, features=3, last=0, **fields):
    """A vector that breaks its rule in a session that is open, with `features` and no others."""
    vector = broken(rule, name, window_log=window_log)
    vector.send("client", "HELLO", hello(offered_features=features | GREASE, stream_window_log=window_log))
    granted = welcome(limits, features=features, stream_window_log=window_log, last_committed_sequence=last, **fields)
    return vector.send("collector", "WELCOME", granted)


def headers():
    """What the first frame of a connection may be wrong in. The body is a HELLO in each."""
    body = hello().SerializeToString()
    magic, version = "2, check 1: a frame starts with the bytes TWIR", "2, check 2: a frame is of version 1"
    yield "http-request", broken(magic, "not_tracewire").append("client", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    yield "tls-client-hello", broken(magic, "not_tracewire").append(
        "client", bytes.fromhex("1603010200010001fc0303") + bytes(64)
    )
    yield "wrong-magic", broken(magic, "not_tracewire").append("client", header(HELLO, body, magic=b"TWIS") + body)
    yield "short-wrong-magic", broken(magic, "not_tracewire").append("client", b"TWIX")
    yield "version-2", broken(version, "unsupported_version").append("client", header(HELLO, body, version=2) + body)
    yield "version-0", broken(version, "unsupported_version").append("client", header(HELLO, body, version=0) + body)
    rule = "2, check 4: the reserved byte is 0"
    yield "reserved-byte", broken(rule, "invalid_header").append("client", header(HELLO, body, reserved=1) + body)
    for bit in range(4, 8):
        vector = broken("2, check 4: flags that have no meaning are 0", "invalid_header")
        yield f"undefined-flag-{bit}", vector.append("client", header(HELLO, body, flags=1 << bit) + body)
    rule = "2, check 4: compression 3 does not exist"
    yield "compression-3", broken(rule, "invalid_header").append("client", header(HELLO, body, flags=3) + body)
    damaged = bytearray(header(HELLO, body) + body)
    damaged[8] ^= 1
    yield "header-checksum", broken("2, check 3: the header's checksum matches", "checksum_mismatch").append(
        "client", bytes(damaged)
    )
    damaged = header(HELLO, body) + body[:-1] + bytes([body[-1] ^ 1])
    yield "body-checksum", broken("2, check 10: the body's checksum matches", "checksum_mismatch").append(
        "client", damaged
    )
    rule = "2, check 5: a body that is not compressed is as long as it says twice"
    yield "two-lengths", broken(rule, "invalid_header").append(
        "client", header(HELLO, body, raw_length=len(body) + 1) + body
    )
    rule = "2, check 5: of the known types only BATCH and ROWS go on in another frame"
    yield "more-on-hello", broken(rule, "invalid_header").append("client", header(HELLO, body, flags=MORE) + body)


def lengths():
    first = "2, check 5: before the session is open a body has at most 16384 bytes"
    yield "hello-too-large", broken(first, "frame_too_large").append("client", header(HELLO, b"", wire_length=16385))
    largest = (1 << 32) - 1
    yield "hello-of-4-gib", broken(first, "frame_too_large").append("client", header(HELLO, b"", wire_length=largest))
    rule = "2, check 5: a body has at most frame_wire_bytes as sent"
    vector = opened(rule, "frame_too_large").append(
        "client", header(BATCH, b"", wire_length=(4 << 20) + 1, raw_length=1, flags=1, sequence=1)
    )
    yield "wire-length-over-limit", vector
    rule = "2, check 5: a body has at most frame_raw_bytes inflated"
    vector = opened(rule, "frame_too_large").append(
        "client", header(BATCH, b"", wire_length=1, raw_length=(4 << 20) + 1, flags=1, sequence=1)
    )
    yield "raw-length-over-limit", vector
    rule = "2, check 5: a compressed body is not longer than one that did not compress"
    yield "compressed-beyond-raw", opened(rule, "invalid_header").append(
        "client", header(BATCH, b"", wire_length=100 + 1025, raw_length=100, flags=1, sequence=1)
    )
    rule = "2, check 6: a frame of this type has a body"
    yield "hello-without-body", broken(rule, "malformed_body").append("client", header(HELLO, b""))
    yield "batch-without-body", opened(rule, "malformed_body").append("client", header(BATCH, b"", sequence=1))
    vector = opened("2, check 6: PING has no body", "malformed_body")
    yield "ping-with-body", vector.append("client", header(TYPES["PING"], b"x") + b"x")


def openings():
    first = "4: the first frame of a client is HELLO, not compressed"
    yield "batch-before-hello", broken(first, "unexpected_frame").send("client", "BATCH", batch(user()), sequence=1)
    yield "ping-before-hello", broken(first, "unexpected_frame").send("client", "PING")
    yield "compressed-hello", broken(first, "unexpected_frame").send("client", "HELLO", hello(), mode="zstd-frame")
    yield "unknown-frame-before-hello", broken(first, "unexpected_frame").send_unknown("client", 200, b"x", OPTIONAL)
    vector = broken("4: the collector speaks a version that the client speaks", "unsupported_version")
    yield "later-versions-only", vector.send("client", "HELLO", hello(minimum_version=2, maximum_version=9))
    vector = broken("4: the collector has what the client requires", "missing_feature")
    yield "required-feature", vector.send("client", "HELLO", hello(required_features=1 << 40))
    vector = broken("2, check 12: HELLO is a message", "malformed_body")
    yield "hello-is-no-message", vector.send("client", "HELLO", raw=b"\x0a\xff")
    vector = broken("2, check 12: a producer is 16 bytes", "malformed_body")
    yield "producer-of-15-bytes", vector.send("client", "HELLO", hello(producer=bytes(range(15))))
    vector = broken("2, check 12: a text is UTF-8", "malformed_body")
    yield "client-name-not-utf8", vector.send("client", "HELLO", raw=hello().SerializeToString() + b"\x2a\x02\xff\xfe")
    yield "hello-twice", opened("4: HELLO comes once", "unexpected_frame").send("client", "HELLO", hello())
    vector = broken("4: nothing follows HELLO before WELCOME", "unexpected_frame").send("client", "HELLO", hello())
    yield "batch-before-welcome", vector.send("client", "BATCH", batch(user()), sequence=1)


def sessions():
    own = "3: a client sends no frames of the collector"
    for name, message in [
        ("WELCOME", welcome()),
        ("ACK", ack()),
        ("COLUMNS", columns()),
        ("ROWS", rows()),
        ("SUMMARY", summary()),
    ]:
        yield f"{name.lower()}-from-client", opened(own, "unexpected_frame").send("client", name, message, sequence=1)
    vector = opened("2, check 7: a frame of an unknown type is marked optional", "unknown_frame_type")
    yield "unknown-required-frame", vector.send_unknown("client", 200, b"x", 0)
    vector = opened("4: a watch has an id of its own", "unexpected_frame")
    vector.send("client", "WATCH", schema.Watch(after=5), sequence=1)
    yield "watch-twice", vector.send("client", "WATCH", schema.Watch(after=5), sequence=1)
    gap = "5: sequences have no gaps"
    yield "sequence-gap", opened(gap, "sequence_gap", last=4).send("client", "BATCH", batch(user()), sequence=6)
    yield "sequence-0", opened(gap, "sequence_gap").send("client", "BATCH", batch(user()), sequence=0)
    vector = opened("5: a client sends no more than it was granted", "credit_exceeded", credit=60)
    vector.send("client", "BATCH", batch(user()), sequence=1)
    yield "credit-exceeded", vector.send("client", "BATCH", batch(user()), sequence=2)
    vector = opened("5: a batch is whole before the next begins", "unexpected_frame")
    vector.send("client", "BATCH", batch(), sequence=1, flags=MORE, raw=b"\x0a\x01")
    yield "batches-interleaved", vector.send("client", "BATCH", batch(user()), sequence=2)
    vector = opened("8: a batch has at most batch_bytes", "batch_too_large", limits={"batch_bytes": 1024})
    yield "batch-of-too-many-bytes", vector.send("client", "BATCH", batch(*whole_run(), *whole_run()), sequence=1)
    vector = opened("8: a batch has at most batch_records", "batch_too_large")
    yield "batch-of-too-many-records", vector.send("client", "BATCH", batch(*[schema.Record()] * 4097), sequence=1)
    vector = opened("2, check 12: a batch is a list of records", "malformed_body")
    yield "batch-is-no-message", vector.send("client", "BATCH", sequence=1, raw=b"\x0a\x7f\x00")
    rule = "4: a client that names no producer sends no batches"
    vector = (
        broken(rule, "unexpected_frame")
        .send("client", "HELLO", query_hello())
        .send("collector", "WELCOME", query_welcome())
    )
    yield "batch-without-producer", vector.send("client", "BATCH", batch(user()), sequence=1)
    vector = opened("10: the id of a query is free", "unexpected_frame").send(
        "client", "QUERY", report_query(), sequence=1
    )
    yield "query-id-in-use", vector.send("client", "QUERY", sql_query(), sequence=1)
    vector = opened("2, check 12: QUERY is a message", "malformed_body")
    yield "query-is-no-message", vector.send("client", "QUERY", sequence=1, raw=b"\x12\x05\x0a\x05")


def compression():
    negotiated = "2, check 8: a mode of compression is used after it was negotiated"
    vector = opened(negotiated, "missing_feature", features=0)
    yield "frame-compression-not-negotiated", vector.send(
        "client", "BATCH", batch(user()), sequence=1, mode="zstd-frame"
    )
    vector = opened(negotiated, "missing_feature", features=1)
    vector.window_log = 20
    yield "stream-not-granted", vector.send("client", "BATCH", batch(user()), sequence=1, mode="zstd-stream")
    raw = batch(*whole_run()).SerializeToString()
    body = zstandard.ZstdCompressor(level=1).compress(raw)
    damaged = body[:20] + bytes([body[20] ^ 0xFF, body[21] ^ 0xFF]) + body[22:]
    valid, exact = (
        "2, check 11: a compressed body is what zstd writes",
        "2, check 11: a body inflates to raw_length bytes, no fewer and no more",
    )
    yield "zstd-corrupt", inflating(valid, damaged, len(raw))
    yield "zstd-not-zstd", inflating(valid, b"this is not zstd", 100)
    yield "zstd-truncated", inflating(valid, body[:-7], len(raw))
    yield "zstd-raw-length-too-small", inflating(exact, body, len(raw) - 1)
    yield "zstd-raw-length-too-large", inflating(exact, body, len(raw) + 1)
    one = "6: a body is one complete zstd frame"
    skippable = bytes.fromhex("502a4d18 04000000 01020304")
    yield "zstd-two-frames", inflating(one, body + body, 2 * len(raw))
    yield "zstd-skippable-frame-behind", inflating(one, body + skippable, len(raw))
    window = "6: a frame's window is at most 2^23"
    yield "zstd-frame-window-too-large", inflating(window, windowed(raw, 24), len(raw))
    yield "zstd-bomb", inflating(exact, bomb(True), 65536)
    yield "zstd-bomb-of-undeclared-size", inflating(exact, bomb(False), 65536)
    yield "zstd-bomb-in-stream", inflating(exact, bomb(False), 65536, mode=2)
    stream = Vector("", window_log=20).stream("client")
    flushed = stream(raw)
    yield "zstd-stream-truncated", inflating(valid, flushed[:-9], len(raw), mode=2)
    yield "zstd-stream-second-body-corrupt", second_body_corrupt(valid, raw)
    wide = Vector("", window_log=20).stream("client", window_log=22)
    yield "zstd-stream-window-too-large", inflating(
        "6: a stream's window is at most what was granted", wide(raw), len(raw), mode=2
    )
    ended = windowed(raw, 20)
    # Version 0.7, before RFC 8878: its magic, a window of 2^27, then a block as it is.
    older = bytes.fromhex("27b52ffd 0088") + bytes([0x40, len(raw) >> 8, len(raw) & 255]) + raw
    yield "zstd-stream-of-older-format", inflating("6: zstd is RFC 8878", older, len(raw), mode=2)
    yield "zstd-stream-ends", inflating("6: a stream's zstd frame never ends", ended, len(raw), mode=2)


def inflating(rule, body, raw_length, mode=1):
    vector = opened(rule, "decompression_failed", window_log=20 if mode == 2 else 0)
    return vector.append("client", header(BATCH, body, flags=mode, raw_length=raw_length, sequence=1) + body)


def windowed(raw, window_log):
    """A frame that does not say what it inflates to, and so has to say its window."""
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=window_log, write_content_size=False)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return compressor.compress(raw) + compressor.flush()


def second_body_corrupt(rule, raw):
    vector = opened(rule, "decompression_failed", window_log=20)
    vector.send("client", "BATCH", batch(*whole_run()), sequence=1, mode="zstd-stream")
    body = vector.stream("client")(raw)
    damaged = bytes([body[0] | 0b110]) + body[1:]
    return vector.append("client", header(BATCH, damaged, flags=2, raw_length=len(raw), sequence=2) + damaged)


def bomb(declares_size):
    """A GiB of zeros in 32 kB."""
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=20, write_content_size=declares_size)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj(
        size=GIBIBYTE if declares_size else -1
    )
    zeros = bytes(1 << 24)
    return b"".join(compressor.compress(zeros) for _ in range(GIBIBYTE // len(zeros))) + compressor.flush()


def without_bodies():
    """Headers that are answered before their bodies have come."""

    def alone(vector, number, **fields):
        return vector.append("client", header(number, b"", wire_length=1000, **fields))

    vector = broken("4: the first frame of a client is HELLO, not compressed", "unexpected_frame")
    yield "batch-header-before-hello", alone(vector, BATCH, sequence=1)
    vector = opened("3: a client sends no frames of the collector", "unexpected_frame")
    yield "ack-header-from-client", alone(vector, TYPES["ACK"])
    vector = opened("2, check 7: a frame of an unknown type is marked optional", "unknown_frame_type")
    yield "unknown-required-header", alone(vector, 200)
    vector = opened("2, check 8: a mode of compression is used after it was negotiated", "missing_feature", features=0)
    yield "compressed-header-not-negotiated", alone(vector, BATCH, flags=1, sequence=1)
    vector = opened("5: sequences have no gaps", "sequence_gap")
    yield "batch-header-beyond-next", alone(vector, BATCH, sequence=2)
    vector = opened("5: a client sends no more than it was granted", "credit_exceeded", credit=999)
    yield "batch-header-beyond-credit", alone(vector, BATCH, sequence=1)


def vectors():
    for group in (headers, lengths, openings, sessions, without_bodies, compression):
        yield from group()
