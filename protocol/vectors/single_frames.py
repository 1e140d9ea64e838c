"""Each type of frame in each mode of compression that it may have."""

from framing import MODES, Vector, schema
from samples import FAREWELL, ack, batch, columns, hello, query_hello, rows, sql_query, summary, welcome, whole_run


def vectors():
    yield "frame-hello", Vector("The first frame of every client.").send("client", "HELLO", hello())
    yield "frame-hello-query-only", Vector("A client that sends no batches names no producer.").send(
        "client", "HELLO", query_hello()
    )
    yield "frame-welcome", Vector("The session is open.").send("collector", "WELCOME", welcome())
    refusal = schema.Refuse(code=115, message="the token is not known")
    yield "frame-refuse", Vector("The session will not be opened.").send("collector", "REFUSE", refusal)
    yield "frame-cancel", Vector("The client wants no more of query 7. No body.").send("client", "CANCEL", sequence=7)
    yield "frame-ping", Vector("Is the other side there? No body.").send("client", "PING", sequence=1 << 63)
    yield "frame-pong", Vector("It is: the same sequence as in PING. No body.").send(
        "collector", "PONG", sequence=1 << 63
    )
    for mode in MODES:
        yield from compressible_frames(mode)


def compressible_frames(mode):
    verdict = schema.Verdict(sequence=9, index=2, code=200, message="the workflow has not arrived", retryable=False)
    settled = "All batches up to 9 are durable, but for what the verdicts say."
    bodies = [
        ("BATCH", "client", batch(*whole_run()), 9, "Every kind of record but one that is skipped."),
        ("ACK", "collector", ack(verdicts=[verdict]), 9, settled),
        ("CREDIT", "collector", schema.Credit(credit=1 << 40), 0, "Sequence 0: credit for batches, in all."),
        ("CREDIT", "client", schema.Credit(credit=1 << 20), 7, "Credit for the rows of query 7, in all."),
        ("QUERY", "client", sql_query(), 7, "A statement with a parameter of each type."),
        ("WATCH", "client", schema.Watch(after=1 << 40), 8, "To be told of what is committed behind that event."),
        ("COLUMNS", "collector", columns(), 7, "What the values of the rows mean."),
        ("ROWS", "collector", rows(), 7, "A value of no kind is NULL."),
        ("SUMMARY", "collector", summary(), 7, "Query 7 is over."),
        ("GOAWAY", "collector", schema.Goaway(**FAREWELL), 0, "The connection ends, and why."),
        ("GOAWAY", "client", schema.Goaway(message="done"), 0, "The client takes its leave."),
    ]
    for name, sender, message, sequence, description in bodies:
        if mode == "zstd-stream":
            if sender == "client":
                yield f"frame-{name.lower()}-from-client-{mode}", twice(description, name, message, sequence)
        else:
            vector = Vector(description).send(sender, name, message, sequence=sequence, mode=mode)
            yield f"frame-{name.lower()}-from-{sender}-{mode}", vector


def twice(description, name, message, sequence):
    """A body of a stream, and one more: only clients send streams."""
    vector = Vector(f"{description} The second frame goes on with the stream of the first.", window_log=20)
    for _ in range(2):
        vector.send("client", name, message, sequence=sequence, mode="zstd-stream")
    return vector
