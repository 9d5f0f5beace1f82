"""What Python's sqlite3 reads in a database of ours: its state, and a table's rows in order."""

import json
import sqlite3
import sys


def plain(value):
    """Bytes as hexadecimal digits, everything else as it is."""
    return value.hex() if isinstance(value, bytes) else value


def main(path, table):
    """Print an object: integrity, journal mode, rows."""
    database = sqlite3.connect(path)
    cursor = database.execute(f"SELECT * FROM {table} ORDER BY 1")
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, map(plain, row), strict=True)) for row in cursor]
    print(
        json.dumps(
            {
                "integrity": database.execute("PRAGMA integrity_check").fetchone()[0],
                "journal": database.execute("PRAGMA journal_mode").fetchone()[0],
                "rows": rows,
            }
        )
    )


main(*sys.argv[1:])
