"""The messages that the vectors carry: one workflow of a date planner, and questions about it."""

import json

from framing import schema

STARTED = 1_760_000_000_000
PENDING, RUNNING, COMPLETED, FAILED, CANCELLED, SKIPPED = range(1, 7)
ZSTD_FRAME, ZSTD_STREAM, GREASE = 1, 2, 1 << 63
FAREWELL = dict(code=117, message="the collector is stopping", retry_after_ms=1000)


def identifier(number):
    """A UUID of version 7 that is easy to recognise."""
    return (STARTED << 80 | 0x7 << 76 | 0b10 << 62 | number).to_bytes(16, "big")


PRODUCER, WORKFLOW, NODE, GENERATION = (identifier(number) for number in range(1, 5))


def as_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def record(after_ms=0, **event):
    return schema.Record(at_ms=STARTED + after_ms, **event)


def user():
    return record(user=schema.User(username="user00001", email="user00001@mail.example"))


def workflow_start():
    return record(
        workflow_start=schema.WorkflowStart(
            workflow=WORKFLOW,
            username="user00001",
            name="date_course",
            user_input="홍대에서 전시 데이트하고 싶어",
            input_type="text",
            time_settings=as_json({"start": "11:00", "end": "21:30"}),
            date_theme=as_json({"theme": "전시", "mood": ["조용한", "감성"]}),
            search_radius=1000,
            tags=as_json(["seoul"]),
            metadata=as_json({"build": 7}),
        )
    )


def node_pending(node=NODE, workflow=WORKFLOW):
    return record(
        node_pending=schema.NodePending(
            node=node, workflow=workflow, node_name="parse_input", node_type="llm", execution_order=1
        )
    )


def node_start(node=NODE):
    return record(
        5,
        node_start=schema.NodeStart(node=node, workflow=WORKFLOW, input_data=as_json({"radius": 1000, "area": "홍대"})),
    )


def node_skip(node=NODE):
    return record(5, node_skip=schema.NodeSkip(node=node, workflow=WORKFLOW))


def node_end(status=COMPLETED):
    end = schema.NodeEnd(node=NODE, workflow=WORKFLOW, status=status, state_data=as_json({"parsed_location": "홍대"}))
    if status == FAILED:
        end.error_message = "parse_input: upstream returned 503"
        end.error_traceback = '  File "planner/parse_input.py", line 12'
    else:
        end.output_data = as_json({"updated": "parsed_location", "count": 1})
    return record(905, node_end=end)


def generation():
    return record(
        800,
        generation=schema.Generation(
            generation=GENERATION,
            workflow=WORKFLOW,
            node=NODE,
            model_name="gpt-4o-mini",
            model_provider="openai",
            system_prompt="당신은 분석가입니다.",
            user_prompt="홍대에서 전시 데이트하고 싶어",
            output=as_json({"area": "홍대"}),
            parsed_output=as_json({"area": "홍대"}),
            temperature=0.2,
            max_tokens=512,
            prompt_tokens=64,
            completion_tokens=0,
            total_tokens=64,
            latency_ms=780,
        ),
    )


def workflow_end(status=COMPLETED):
    end = schema.WorkflowEnd(workflow=WORKFLOW, status=status, user_intent=as_json({"location": "홍대"}))
    if status == COMPLETED:
        end.final_itinerary = as_json([{"order": 1, "place": "홍대 푸른 미술관"}])
    return record(1000, workflow_end=end)


def workflow_shed():
    return record(1010, workflow_shed=schema.WorkflowShed(workflow=WORKFLOW, source=identifier(5), records=3, payloads=12))


def whole_run():
    return [user(), workflow_start(), node_pending(), node_start(), generation(), node_end(), workflow_end()]


def batch(*records):
    return schema.Batch(records=records)


def hello(**fields):
    defaults = dict(
        minimum_version=1,
        maximum_version=1,
        offered_features=ZSTD_FRAME | ZSTD_STREAM | GREASE,
        client_name="vectors",
        producer=PRODUCER,
        epoch=1,
        next_sequence=1,
        stream_window_log=20,
    )
    return schema.Hello(**{**defaults, **fields})


def query_hello():
    return hello(producer=b"", epoch=0, next_sequence=0, stream_window_log=0)


def welcome(limits=None, **fields):
    all_limits = dict(
        frame_wire_bytes=4 << 20,
        frame_raw_bytes=4 << 20,
        batch_bytes=96 << 20,
        batch_records=4096,
        record_bytes=80 << 20,
        value_bytes=64 << 20,
    )
    defaults = dict(
        version=1, features=ZSTD_FRAME | ZSTD_STREAM, credit=1 << 20, stream_window_log=20, collector_name="collector"
    )
    return schema.Welcome(limits=schema.Limits(**{**all_limits, **(limits or {})}), **{**defaults, **fields})


def query_welcome():
    return welcome(stream_window_log=0)


def report_query(**fields):
    argument = schema.Argument(name="limit", value=schema.Value(integer=20))
    return schema.Query(report=schema.Report(name="workflows", arguments=[argument]), credit=1 << 16, **fields)


def sql_query():
    parameters = [
        schema.Value(integer=1),
        schema.Value(text="홍대"),
        schema.Value(real=0.5),
        schema.Value(blob=b"\0\xff"),
        schema.Value(),
    ]
    sql = schema.Sql(text="SELECT ?1, ?2, ?3, ?4, ?5", parameters=parameters)
    return schema.Query(sql=sql, credit=1 << 16, timeout_ms=5000, maximum_rows=1000, maximum_bytes=1 << 20)


def columns():
    named = [schema.Column(name="id", declared_type="INTEGER"), schema.Column(name="name", declared_type="TEXT")]
    return schema.Columns(columns=named + [schema.Column(name="count(*)")])


def rows(count=3):
    values = [
        (schema.Value(integer=index - 1), schema.Value(text=f"row {index}"), schema.Value()) for index in range(count)
    ]
    return schema.Rows(rows=[schema.Row(values=row) for row in values])


def summary(**fields):
    return schema.Summary(**{**dict(rows=3, bytes=120, elapsed_us=950), **fields})


def ack(credit=1 << 20, verdicts=()):
    return schema.Ack(credit=credit, verdicts=verdicts)
