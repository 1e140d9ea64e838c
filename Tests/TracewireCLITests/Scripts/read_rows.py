#!/usr/bin/env python3
"""Print what a statement gives as a JSON array of objects: read_rows.py DATABASE SQL"""

import json
import sqlite3
import sys

database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
rows = database.execute(sys.argv[2])
names = [column[0] for column in rows.description]
json.dump([dict(zip(names, row)) for row in rows], sys.stdout)
