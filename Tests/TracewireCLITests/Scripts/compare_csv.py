#!/usr/bin/env python3
"""Compare the CSV files of an export with a plain SQLite database of the same runs: compare_csv.py DIRECTORY DATABASE

The csv module reads the files strictly. As it cannot tell an empty field from "", a reader of RFC 4180 written here does
that, and has to agree with it otherwise.
"""

import csv
import pathlib
import sqlite3
import sys

csv.field_size_limit(sys.maxsize)
TABLES = ["users", "workflows", "nodes", "generations"]


def records(text):
    """The records of RFC 4180, section 2, with line feeds between them: a field is its text and whether it was quoted."""
    record, position = [], 0
    while position < len(text):
        quoted = text[position] == '"'
        if quoted:
            end = position + 1
            while text[end] != '"' or text[end + 1 : end + 2] == '"':
                end += 2 if text[end] == '"' else 1
            field, position = text[position + 1 : end].replace('""', '"'), end + 1
        else:
            end = min(place for place in (text.find(",", position), text.find("\n", position)) if place >= 0)
            field, position = text[position:end], end
            assert not set(field) & set('"\r\n'), f"{field!r} has to be quoted"
        record.append((field, quoted))
        if text[position] == ",":
            position += 1
            if text[position : position + 1] == "\n":
                record.append(("", False))
        if text[position : position + 1] == "\n":
            position += 1
            yield record
            record = []
    assert not record, "the last record has no end"


def value(field, expected):
    """What a field says, as a value of the type that is expected."""
    text, quoted = field
    if text == "" and not quoted:
        return None
    return type(expected)(text) if isinstance(expected, (int, float)) else text


def compare(table, directory, database):
    path = directory / f"{table}.csv"
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    header, *rows = records(text)
    with open(path, encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, strict=True)) == [[field for field, _ in row] for row in [header, *rows]]
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    assert [field for field, _ in header] == names, f"{table}: {header}"
    expected = database.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY id").fetchall()
    rows.sort(key=lambda row: int(row[0][0]))
    assert len(rows) == len(expected), f"{table}: {len(rows)} rows, not {len(expected)}"
    for row, values in zip(rows, expected):
        for name, field, one in zip(names, row, values, strict=True):
            assert value(field, one) == one, f"{table} {values[0]} {name}: {field!r:.200} is not {one!r:.200}"
    return len(rows)


def main():
    directory = pathlib.Path(sys.argv[1])
    database = sqlite3.connect(f"file:{sys.argv[2]}?mode=ro", uri=True)
    assert sorted(path.name for path in directory.iterdir()) == sorted(f"{table}.csv" for table in TABLES)
    print(*(compare(table, directory, database) for table in TABLES))


if __name__ == "__main__":
    main()
