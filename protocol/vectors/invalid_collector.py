"""What a client answers to a collector that breaks a rule: the last frame of each vector is the collector's."""

from codes import code
from framing import MORE, TYPES, Vector, header, schema
from samples import (
    ack,
    batch,
    columns,
    hello,
    query_hello,
    query_welcome,
    report_query,
    rows,
    summary,
    user,
    welcome,
    workflow_start,
)


def broken(rule, name):
    return Vector(f"Breaks section {rule}.", rule=rule, code=code(name)).send("client", "HELLO", hello())


def opened(rule, name, **fields):
    return broken(rule, name).send("collector", "WELCOME", welcome(**fields))


def asked(rule, name, question=None):
    vector = Vector(f"Breaks section {rule}.", rule=rule, code=code(name))
    vector.send("client", "HELLO", query_hello()).send("collector", "WELCOME", query_welcome())
    return vector.send("client", "QUERY", question or report_query(), sequence=1)


def openings():
    unchecked = "4: WELCOME names what the client offered"
    vector = broken(unchecked, "unsupported_version")
    yield "welcome-of-version-2", vector.send("collector", "WELCOME", welcome(version=2))
    vector = broken(unchecked, "malformed_body")
    yield "welcome-feature-not-offered", vector.send("collector", "WELCOME", welcome(features=3 | 1 << 7))
    vector = broken(unchecked, "malformed_body")
    yield "welcome-window-too-large", vector.send("collector", "WELCOME", welcome(stream_window_log=21))
    least = "8: WELCOME announces room for a record of 1024 bytes at least"
    for name, limit in [("no-records", {"batch_records": 0}), ("small-records", {"record_bytes": 1023})]:
        yield f"welcome-with-{name}", broken(least, "malformed_body").send("collector", "WELCOME", welcome(limit))
    once = "4: WELCOME comes once, first of all"
    yield "welcome-twice", opened(once, "unexpected_frame").send("collector", "WELCOME", welcome())
    yield "ack-before-welcome", broken(once, "unexpected_frame").send("collector", "ACK", ack())
    refusal = schema.Refuse(code=117, message="the collector is stopping")
    vector = opened("4: REFUSE comes before WELCOME", "unexpected_frame")
    yield "refuse-after-welcome", vector.send("collector", "REFUSE", refusal)
    vector = opened("3: HELLO comes from clients", "unexpected_frame")
    yield "hello-from-collector", vector.send("collector", "HELLO", hello())
    vector = opened("2, check 7: a frame of an unknown type is marked optional", "unknown_frame_type")
    yield "unknown-required-frame-from-collector", vector.send_unknown("collector", 200, b"x", 0)
    body = ack().SerializeToString()
    damaged = header(TYPES["ACK"], body) + body[:-1] + bytes([body[-1] ^ 1])
    vector = opened("2, check 10: the body's checksum matches", "checksum_mismatch")
    yield "body-checksum-from-collector", vector.append("collector", damaged)
    vector = opened("2, check 12: ACK is a message", "malformed_body")
    yield "ack-is-no-message", vector.send("collector", "ACK", raw=b"\x0a\x05\x08")


def acknowledgements():
    sent = "5: ACK names batches that were sent"
    vector = opened(sent, "unexpected_frame").send("client", "BATCH", batch(user()), sequence=1)
    yield "ack-of-batch-not-sent", vector.send("collector", "ACK", ack(), sequence=2)
    vector = opened("5: ACK is cumulative", "unexpected_frame", last_committed_sequence=4)
    vector.send("client", "BATCH", batch(user()), sequence=5).send("collector", "ACK", ack(), sequence=5)
    yield "ack-goes-back", vector.send("collector", "ACK", ack(), sequence=4)
    named = "5: a verdict names a record that was sent"
    for name, sequence, index in [("record", 1, 2), ("batch", 2, 0)]:
        verdict = schema.Verdict(sequence=sequence, index=index, code=205, message="")
        vector = opened(named, "unexpected_frame").send("client", "BATCH", batch(user(), workflow_start()), sequence=1)
        yield f"verdict-of-unknown-{name}", vector.send("collector", "ACK", ack(verdicts=[verdict]), sequence=1)


def answers():
    order = "10: the answer is COLUMNS, ROWS, SUMMARY"
    yield "rows-before-columns", asked(order, "unexpected_frame").send("collector", "ROWS", rows(), sequence=1)
    vector = asked(order, "unexpected_frame").send("collector", "COLUMNS", columns(), sequence=1)
    yield "columns-twice", vector.send("collector", "COLUMNS", columns(), sequence=1)
    vector = asked("10: an answer names a query that runs", "unexpected_frame")
    yield "summary-of-unknown-query", vector.send("collector", "SUMMARY", summary(), sequence=2)
    vector = asked("10: a row has a value for each column", "malformed_body")
    vector.send("collector", "COLUMNS", schema.Columns(columns=columns().columns[:2]), sequence=1)
    yield "row-of-too-many-values", vector.send("collector", "ROWS", rows(), sequence=1)
    vector = asked("10: a chunk of rows is whole before a SUMMARY with ok", "unexpected_frame")
    vector.send("collector", "COLUMNS", columns(), sequence=1)
    vector.send("collector", "ROWS", rows(), sequence=1, flags=MORE, raw=rows().SerializeToString()[:5])
    yield "summary-inside-chunk", vector.send("collector", "SUMMARY", summary(), sequence=1)


def vectors():
    for group in (openings, acknowledgements, answers):
        yield from group()
