#!/usr/bin/env python3
"""Writes the golden vectors: valid/NAME.bin and invalid/NAME.bin, each beside what it means in NAME.json.

make.py            writes them
make.py --check    fails if what lies there is not what would be written
"""

import pathlib
import sys

import bad_records
import conversations
import invalid
import invalid_collector
import single_frames

HERE = pathlib.Path(__file__).resolve().parent


def files():
    groups = {
        "valid": [*single_frames.vectors(), *conversations.vectors()],
        "invalid": [*invalid.vectors(), *invalid_collector.vectors(), *bad_records.vectors()],
    }
    for group, vectors in groups.items():
        for name, vector in vectors:
            yield HERE / group / f"{name}.bin", bytes(vector.data)
            yield HERE / group / f"{name}.json", vector.encoded()


def write(expected):
    for path, content in expected.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    for path in strays(expected):
        path.unlink()


def strays(expected):
    return [path for group in ("valid", "invalid") for path in (HERE / group).glob("*") if path not in expected]


def check(expected):
    wrong = [path for path, content in expected.items() if not path.exists() or path.read_bytes() != content]
    for path in wrong + strays(expected):
        print(f"{path.relative_to(HERE)} is not what make.py writes", file=sys.stderr)
    return not wrong and not strays(expected)


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        raise SystemExit(__doc__)
    all_files = dict(files())
    if not sys.argv[1:]:
        write(all_files)
    elif not check(all_files):
        raise SystemExit(1)
