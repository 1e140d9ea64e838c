"""Whole conversations that keep every rule."""

from framing import MORE, OPTIONAL, Vector, schema
from samples import (
    CANCELLED,
    FAREWELL,
    NODE,
    WORKFLOW,
    ack,
    batch,
    columns,
    generation,
    hello,
    identifier,
    node_end,
    node_pending,
    node_skip,
    query_hello,
    query_welcome,
    report_query,
    rows,
    sql_query,
    summary,
    user,
    welcome,
    whole_run,
    workflow_end,
    workflow_shed,
    workflow_start,
)


def open_session(vector, **fields):
    return vector.send("client", "HELLO", hello(**fields)).send("collector", "WELCOME", welcome())


def vectors():
    yield "ingest", ingest("none")
    yield "ingest-zstd-frame", ingest("zstd-frame")
    yield "ingest-zstd-stream", ingest("zstd-stream")
    yield "batch-of-three-frames", batch_of_three_frames()
    yield "resend-after-reconnect", resend()
    yield "committed-without-ack", committed_without_ack()
    yield "batch-sent-again", sent_again()
    yield "query-report", query(report_query(), [rows(3)])
    yield "query-sql-in-chunks", query_in_chunks()
    yield "query-cancelled", query_cancelled()
    yield "query-cut-short", query_cut_short()
    yield "watch", watch()
    yield "unknown-optional-frames", unknown_frames()
    yield "unknown-fields", unknown_fields()
    yield "extreme-values", extreme_values()
    yield "goaway", goaway()


def ingest(mode):
    description = f"Two batches with compression {mode}; of the second, two records are not plainly accepted."
    vector = open_session(Vector(description, window_log=20 if mode == "zstd-stream" else 0))
    vector.send("client", "BATCH", batch(*whole_run()[:4]), sequence=1, mode=mode)
    vector.send("collector", "ACK", ack(), sequence=1)
    other = identifier(77)
    records = [generation(), node_end(), node_skip(), node_pending(node=other, workflow=identifier(78)), workflow_end(), workflow_shed()]
    vector.send("client", "BATCH", batch(*records), sequence=2, mode=mode)
    verdicts = [
        schema.Verdict(sequence=2, index=2, code=201, message="a node that is completed cannot become skipped"),
        schema.Verdict(sequence=2, index=3, code=200, message="the workflow has not arrived"),
    ]
    vector.send("collector", "ACK", ack(2 << 20, verdicts), sequence=2)
    vector.send("client", "PING", sequence=5).send("collector", "PONG", sequence=5)
    return vector.send("client", "GOAWAY", schema.Goaway(message="done"))


def batch_of_three_frames():
    vector = open_session(
        Vector("One batch over three frames, the second of them compressed; the body of the last is the whole.")
    )
    message = batch(*whole_run())
    raw = message.SerializeToString(deterministic=True)
    third = len(raw) // 3
    vector.send("client", "BATCH", message, sequence=1, flags=8, raw=raw[:third])
    vector.send("client", "BATCH", message, sequence=1, flags=8, raw=raw[third : 2 * third], mode="zstd-frame")
    vector.send("client", "BATCH", message, sequence=1, raw=raw[2 * third :])
    return vector.send("collector", "ACK", ack(), sequence=1)


def resend():
    vector = Vector("The connection is lost before batch 2 arrives; the client comes back and sends it again.")
    lose_connection(vector)
    vector.send("collector", "WELCOME", welcome(last_committed_sequence=1))
    vector.send("client", "BATCH", batch(workflow_end(CANCELLED)), sequence=2)
    return vector.send("collector", "ACK", ack(), sequence=2)


def committed_without_ack():
    vector = Vector("The connection is lost after batch 2 was committed, before its ACK: the client goes on with 3.")
    lose_connection(vector)
    vector.send("collector", "WELCOME", welcome(last_committed_sequence=2))
    vector.send("client", "BATCH", batch(generation()), sequence=3)
    return vector.send("collector", "ACK", ack(), sequence=3)


def lose_connection(vector):
    """Two batches, one ACK, and the HELLO of the next connection, with a higher epoch."""
    open_session(vector)
    vector.send("client", "BATCH", batch(user(), workflow_start()), sequence=1)
    vector.send("collector", "ACK", ack(), sequence=1)
    vector.send("client", "BATCH", batch(workflow_end(CANCELLED)), sequence=2)
    vector.reconnect()
    vector.send("client", "HELLO", hello(epoch=2, next_sequence=2))


def sent_again():
    """What a client does that has lost count: no fault of the protocol's."""
    vector = open_session(Vector("A batch that comes again on the same connection is acknowledged and not applied."))
    for sequence in (1, 2, 1, 2, 3):
        vector.send("client", "BATCH", batch(user()), sequence=sequence)
    return vector.send("collector", "ACK", ack(), sequence=3)


def open_query_session(description):
    return Vector(description).send("client", "HELLO", query_hello()).send("collector", "WELCOME", query_welcome())


def query(question, chunks):
    vector = open_query_session("A named report: columns, rows, summary.")
    vector.send("client", "QUERY", question, sequence=1).send("collector", "COLUMNS", columns(), sequence=1)
    for chunk in chunks:
        vector.send("collector", "ROWS", chunk, sequence=1)
    return vector.send("collector", "SUMMARY", summary(), sequence=1)


def query_in_chunks():
    vector = open_query_session(
        "Rows in three frames, the first two one chunk; the client grants more credit between them."
    )
    vector.send("client", "QUERY", sql_query(), sequence=1).send("collector", "COLUMNS", columns(), sequence=1)
    vector.send_in_parts("collector", "ROWS", rows(40), 2, sequence=1, mode="zstd-frame")
    vector.send("client", "CREDIT", schema.Credit(credit=1 << 17), sequence=1)
    return vector.send("collector", "ROWS", rows(2), sequence=1).send(
        "collector", "SUMMARY", summary(rows=42), sequence=1
    )


def query_cancelled():
    vector = open_query_session("Two queries at once; one is cancelled, the other fails.")
    vector.send("client", "QUERY", sql_query(), sequence=1).send(
        "client", "QUERY", report_query(timeout_ms=10), sequence=2
    )
    vector.send("client", "CANCEL", sequence=1)
    vector.send("collector", "SUMMARY", summary(code=307, message="the client cancelled the query", rows=0), sequence=1)
    return vector.send(
        "collector", "SUMMARY", summary(code=304, message="the query took longer than 10 ms", rows=0), sequence=2
    )


def watch():
    vector = open_query_session("A watch that is answered, the next one, and its end before anything was committed.")
    vector.send("client", "WATCH", schema.Watch(after=41), sequence=1)
    vector.send("collector", "SUMMARY", summary(rows=0, bytes=0, elapsed_us=0, position=44), sequence=1)
    vector.send("client", "WATCH", schema.Watch(after=44), sequence=2).send("client", "CANCEL", sequence=2)
    return vector.send(
        "collector", "SUMMARY", summary(code=307, message="the watch was cancelled", rows=0, bytes=0), sequence=2
    )


def query_cut_short():
    """What came of the second chunk is thrown away."""
    vector = open_query_session("An answer that ends early, inside its second chunk of rows: the first one counts.")
    vector.send("client", "QUERY", sql_query(), sequence=1).send("collector", "COLUMNS", columns(), sequence=1)
    whole, part = rows(3), rows(40).SerializeToString(deterministic=True)[:100]
    vector.send("collector", "ROWS", whole, sequence=1).send("collector", "ROWS", sequence=1, flags=MORE, raw=part)
    late = summary(code=304, message="the query took longer than 5000 ms", rows=3, bytes=whole.ByteSize())
    return vector.send("collector", "SUMMARY", late, sequence=1)


def unknown_frames():
    vector = open_session(
        Vector("Frames of unknown types that are marked optional mean nothing to either side, with a body or without.")
    )
    vector.send_unknown("collector", 250, b"anything", OPTIONAL).send_unknown("client", 99, b"\xff\xfe", OPTIONAL)
    vector.send_unknown("client", 13, b"", OPTIONAL).send_unknown("client", 200, b"", OPTIONAL)
    return vector.send("client", "BATCH", batch(user()), sequence=1).send("collector", "ACK", ack(), sequence=1)


def unknown_fields():
    """Field 1000, of each wire type, in front of and behind what is known."""
    number, fixed32 = b"\xc0\x3e\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\xc5\x3e\1\2\3\4"
    fixed64, text = b"\xc1\x3e\1\2\3\4\5\6\7\x08", b"\xc2\x3e\3\xff\0\xff"
    vector = Vector("Fields that this version does not know are skipped: in a body, in a record, in its event.")
    raw = number + hello().SerializeToString() + text
    vector.send("client", "HELLO", hello(), raw=raw, canonical=False).send("collector", "WELCOME", welcome())
    event = fixed64 + schema.NodeSkip(node=NODE, workflow=WORKFLOW).SerializeToString() + text
    skip = schema.Record(at_ms=5).SerializeToString() + fixed32 + b"\x32" + bytes([len(event)]) + event + number
    raw = text + b"\x0a" + bytes([len(skip)]) + skip + fixed32
    vector.send("client", "BATCH", batch(), sequence=1, raw=raw, canonical=False)
    return vector.send("collector", "ACK", ack(), sequence=1, raw=ack().SerializeToString() + fixed64, canonical=False)


def extreme_values():
    largest, latest = (1 << 53) - 1, 253_402_300_799_999
    text = "NUL \0, a family 👩‍👩‍👧‍👦, right to left \u202e, composed é, decomposed e\u0301"
    first = schema.Generation(
        generation=identifier(9),
        workflow=WORKFLOW,
        model_name="m",
        system_prompt="",
        user_prompt=text,
        output=text,
        temperature=5e-324,
        max_tokens=largest,
        prompt_tokens=0,
        completion_tokens=largest,
        total_tokens=largest,
        latency_ms=0,
        metadata="[" * 512 + "]" * 512,
    )
    second = schema.NodeStart(
        node=NODE,
        workflow=WORKFLOW,
        node_name="n",
        node_type="t",
        execution_order=(1 << 31) - 1,
        input_data='{"a":1e400,"a":"\\ud800", "b" : [-0.0]}',
    )
    records = [schema.Record(at_ms=latest, generation=first), schema.Record(at_ms=0, node_start=second)]
    vector = Vector("Both ends of ranges, empty beside absent, text that is easily damaged; JSON is kept as sent.")
    vector.send("client", "HELLO", hello(epoch=(1 << 64) - 1, next_sequence=1 << 63, client_name=text))
    vector.send("collector", "WELCOME", welcome(credit=(1 << 63) - 1, last_committed_sequence=(1 << 63) - 1))
    vector.send("client", "BATCH", batch(*records), sequence=1 << 63)
    return vector.send("collector", "ACK", ack((1 << 63) - 1), sequence=1 << 63)


def goaway():
    vector = open_session(Vector("The collector stops: it acknowledges what it has and closes."))
    vector.send("client", "BATCH", batch(user()), sequence=1)
    vector.send("collector", "GOAWAY", schema.Goaway(**FAREWELL))
    return vector.send("collector", "ACK", ack(), sequence=1)
