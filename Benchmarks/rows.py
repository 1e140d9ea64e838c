"""What lies in a database after a run: its schema, and a fingerprint of its rows."""

import contextlib
import hashlib
import sqlite3

from segments import Segments

TABLES = ("users", "workflows", "nodes", "generations")
# The design's columns but for the integer keys, which follow the order of insertion; a join stands for each of them.
ROWS = {
    "users": "SELECT username, email, created_at FROM users ORDER BY username",
    "workflows": """
        SELECT w.uuid, u.username, w.name, w.status, value(w.user_input), w.input_type, value(w.time_settings),
               value(w.date_theme), value(w.user_intent), w.search_radius, value(w.final_itinerary), w.created_at,
               w.completed_at
        FROM workflows w LEFT JOIN users u ON u.id = w.user_id ORDER BY w.uuid""",
    "nodes": """
        SELECT n.uuid, w.uuid, n.node_name, n.node_type, n.execution_order, n.status, value(n.state_data),
               value(n.input_data), value(n.output_data), value(n.error_message), value(n.error_traceback),
               n.started_at, n.completed_at, n.duration_ms
        FROM nodes n JOIN workflows w ON w.id = n.workflow_id ORDER BY n.uuid""",
    "generations": """
        SELECT g.uuid, w.uuid, n.uuid, g.model_name, g.model_provider, value(g.system_prompt), value(g.user_prompt),
               value(g.output), value(g.parsed_output), g.temperature, g.max_tokens, g.prompt_tokens,
               g.completion_tokens, g.total_tokens, g.latency_ms, value(g.error_message), g.created_at
        FROM generations g JOIN workflows w ON w.id = g.workflow_id LEFT JOIN nodes n ON n.id = g.node_id
        ORDER BY g.uuid""",
}


def open_read_only(path):
    return contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True))


def schema(path):
    """The statements that make the four tables and their indexes."""
    marks = ", ".join("?" * len(TABLES))
    with open_read_only(path) as database:
        statement = f"SELECT sql FROM sqlite_master WHERE tbl_name IN ({marks}) AND sql IS NOT NULL ORDER BY rowid"
        return "".join(f"{sql};\n" for (sql,) in database.execute(statement, TABLES))


def fingerprints(path):
    """Of each table the number of its rows and a hash of what they say."""
    with open_read_only(path) as database:
        database.create_function("value", 1, reader(database))
        return {table: fingerprint(database.execute(statement)) for table, statement in ROWS.items()}


def reader(database):
    """What reads the payload columns of a database: the loader's hold every value themselves."""
    (has_segments,) = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'segments'").fetchone()
    return Segments(database).value if has_segments else lambda stored: stored


def fingerprint(rows):
    digest, count = hashlib.sha256(), 0
    for row in rows:
        digest.update(repr(row).encode())
        count += 1
    return count, digest.hexdigest()
