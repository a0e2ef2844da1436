#!/usr/bin/env python3
"""The rows of a ClickHouse query, by chdb: tab-separated.

    chdb_query.py THREADS QUERY

The query has what files hold as its own text: FROM file('logs/*.gz', LineAsString).
"""
import sys

import chdb

print(chdb.query(f"{sys.argv[2]} SETTINGS max_threads = {int(sys.argv[1])}", "TSV"), end="")
