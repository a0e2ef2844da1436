#!/usr/bin/env python3
"""Hits by status, most first, by DuckDB: COUNT<TAB>STATUS.

    duckdb_status.py THREADS FILE.gz...
"""
import sys

import duckdb

COLUMNS = ["host", "ident", "user", "time", "zone", "request", "status", "size", "referer", "agent"]

db = duckdb.connect()
db.execute(f"SET threads = {int(sys.argv[1])}")
logs = db.read_csv(
    sys.argv[2:],
    delimiter=" ",
    quotechar='"',
    escapechar='"',
    header=False,
    compression="gzip",
    auto_detect=False,
    columns={name: "VARCHAR" for name in COLUMNS},
)
counts = db.sql("SELECT count(*) AS n, status FROM logs GROUP BY status ORDER BY n DESC, status")
for count, status in counts.fetchall():
    print(f"{count}\t{status}")
