#!/usr/bin/env python3
"""Print a CSV file's rows as a JSON array of arrays of texts: read_csv.py FILE"""

import csv
import json
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as file:
    print(json.dumps(list(csv.reader(file, strict=True)), ensure_ascii=False))
