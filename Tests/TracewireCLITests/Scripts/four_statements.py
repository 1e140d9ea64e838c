#!/usr/bin/env python3
"""Ask the four statements of NDJSON that is loaded here: four_statements.py EVENTS STATEMENTS [DATABASE]

STATEMENTS is a JSON array of SQL texts. With DATABASE they are asked of that file instead. Prints an array of arrays of
rows whose values are texts, NULL as the empty one. The tables are this script's own, made from what FORMAT.md says.
"""

import json
import sqlite3
import sys

TABLES = """
CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT, email TEXT, created_at INTEGER);
CREATE TABLE workflows (id INTEGER PRIMARY KEY, uuid TEXT, user_id INTEGER, name TEXT, status TEXT, user_input TEXT,
    input_type TEXT, created_at INTEGER, completed_at INTEGER);
CREATE TABLE nodes (id INTEGER PRIMARY KEY, uuid TEXT, workflow_id INTEGER, node_name TEXT, node_type TEXT,
    execution_order INTEGER, status TEXT, error_message TEXT, started_at INTEGER, completed_at INTEGER, duration_ms INTEGER);
CREATE TABLE generations (id INTEGER PRIMARY KEY, uuid TEXT, workflow_id INTEGER, node_id INTEGER, model_name TEXT,
    output TEXT, total_tokens INTEGER, latency_ms INTEGER, created_at INTEGER);
"""


class Loader:
    def __init__(self):
        self.database = sqlite3.connect(":memory:")
        self.database.executescript(TABLES)

    def key(self, table, uuid):
        row = self.database.execute(f"SELECT id FROM {table} WHERE uuid = ?", (uuid,)).fetchone()
        return row and row[0]

    def load(self, event):
        kind = event["event"].replace(".", "_")
        getattr(self, kind)(event)

    def user(self, e):
        self.database.execute("INSERT INTO users (username, email, created_at) VALUES (?, ?, ?)", (e["username"], e.get("email"), e["at_ms"]))

    def workflow_start(self, e):
        user = self.database.execute("SELECT id FROM users WHERE username = ?", (e.get("username"),)).fetchone()
        self.database.execute(
            "INSERT INTO workflows (uuid, user_id, name, status, user_input, input_type, created_at) VALUES (?, ?, ?, 'running', ?, ?, ?)",
            (e["workflow"], user and user[0], e["name"], e.get("user_input"), e.get("input_type"), e["at_ms"]))

    def describe(self, e, status):
        self.database.execute(
            "INSERT INTO nodes (uuid, workflow_id, node_name, node_type, execution_order, status) VALUES (?, ?, ?, ?, ?, ?)",
            (e["node"], self.key("workflows", e["workflow"]), e["node_name"], e["node_type"], e["execution_order"], status))

    def node_pending(self, e):
        self.describe(e, "pending")

    def node_start(self, e):
        if "node_name" in e:
            self.describe(e, "running")
        self.database.execute("UPDATE nodes SET status = 'running', started_at = ? WHERE uuid = ?", (e["at_ms"], e["node"]))

    def node_skip(self, e):
        self.database.execute("UPDATE nodes SET status = 'skipped', completed_at = ? WHERE uuid = ?", (e["at_ms"], e["node"]))

    def node_end(self, e):
        self.database.execute(
            "UPDATE nodes SET status = ?, error_message = ?, completed_at = ?, duration_ms = coalesce(?, ? - started_at) WHERE uuid = ?",
            (e["status"], e.get("error_message"), e["at_ms"], e.get("duration_ms"), e["at_ms"], e["node"]))

    def generation(self, e):
        self.database.execute(
            "INSERT INTO generations (uuid, workflow_id, node_id, model_name, output, total_tokens, latency_ms, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (e["generation"], self.key("workflows", e["workflow"]), self.key("nodes", e.get("node")), e["model_name"],
             e.get("output"), e.get("total_tokens"), e.get("latency_ms"), e["at_ms"]))

    def workflow_end(self, e):
        self.database.execute("UPDATE workflows SET status = ?, completed_at = ? WHERE uuid = ?", (e["status"], e["at_ms"], e["workflow"]))


def text(value):
    return "" if value is None else str(value)


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        statements = json.load(file)
    if len(sys.argv) > 3:
        database = sqlite3.connect(f"file:{sys.argv[3]}?mode=ro", uri=True)
    else:
        loader = Loader()
        with open(sys.argv[1], encoding="utf-8") as lines:
            for line in lines:
                loader.load(json.loads(line))
        database = loader.database
    answers = [database.execute(statement).fetchall() for statement in statements]
    print(json.dumps([[[text(value) for value in row] for row in rows] for rows in answers], ensure_ascii=False))


if __name__ == "__main__":
    main()
