"""Records that are refused one by one, in a batch of which the others go through."""

from codes import code
from framing import Vector, schema
from samples import hello, node_pending, node_skip, user, welcome, workflow_start


def vectors():
    """A batch of which some records are refused: the others go through, and the connection stays open."""
    vector = Vector(
        "A verdict for each of these records but the first and the last.",
        rule="7: a record keeps the rules of its kind",
    )
    vector.send("client", "HELLO", hello()).send("collector", "WELCOME", welcome())
    bad = [record for _, record in bad_records()]
    raw = b"".join(entry(record) for record in [user(), *bad, workflow_start()])
    vector.send("client", "BATCH", sequence=1, raw=raw)
    vector.document["verdicts"] = [
        {"index": index, "code": code(name)} for index, (name, _) in enumerate(bad_records(), 1)
    ]
    yield "batch-with-bad-records", vector


def entry(record):
    """`record`, a message or bytes that are none, as one of a batch's."""
    if isinstance(record, bytes):
        return b"\x0a" + bytes([len(record)]) + record
    return schema.Batch(records=[record]).SerializeToString()


def changed(record, kind, **fields):
    for name, value in fields.items():
        setattr(getattr(record, kind), name, value)
    return record


def bad_records():
    start, pending = "workflow_start", "node_pending"
    end = schema.WorkflowEnd(workflow=bytes(range(16)), status=9)
    yield "unknown_status", schema.Record(workflow_end=end)
    yield "invalid_json", changed(workflow_start(), start, date_theme="{'single': 'quotes'}")
    yield "invalid_json", changed(workflow_start(), start, date_theme="")
    yield "invalid_json", changed(workflow_start(), start, tags="[" * 513 + "]" * 513)
    yield "invalid_utf8", b"\x12\x04\x12\x02\xc3\x28"
    yield "invalid_utf8", b"\x12\x05\x12\x03\xed\xa0\x80"
    yield "value_out_of_range", changed(workflow_start(), start, search_radius=-1)
    yield "value_out_of_range", changed(workflow_start(), start, search_radius=1 << 53)
    yield "value_out_of_range", changed(node_pending(), pending, execution_order=1 << 31)
    yield "value_out_of_range", schema.Record(at_ms=-1, user=user().user)
    yield "value_out_of_range", schema.Record(at_ms=253_402_300_800_000, user=user().user)
    call = schema.Generation(
        generation=bytes(range(16)), workflow=bytes(range(16)), model_name="m", temperature=float("nan")
    )
    yield "value_out_of_range", schema.Record(generation=call)
    yield "too_large", changed(workflow_start(), start, name="n" * 1025)
    yield "missing_field", changed(workflow_start(), start, workflow=b"")
    yield "missing_field", changed(workflow_start(), start, name="")
    yield "missing_field", schema.Record(user=schema.User(email="nobody@mail.example"))
    yield "invalid_identity", changed(node_skip(), "node_skip", node=b"short")
    yield "unknown_record", schema.Record(at_ms=5)
    yield "unknown_record", b"\x08\x05\xf2\x01\x00"
    yield "malformed_record", b"\x12\x7f"
    yield "malformed_record", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
