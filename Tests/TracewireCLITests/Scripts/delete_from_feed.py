"""Takes the events out of a database's feed, but for those of the last commit.

    delete_from_feed.py DATABASE
"""
import sqlite3
import sys

with sqlite3.connect(sys.argv[1]) as database:
    database.execute("DELETE FROM feed WHERE position < (SELECT max(position) FROM feed)")
