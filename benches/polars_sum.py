#!/usr/bin/env python3
"""The sum of a column by another one, by Polars: KEY<TAB>SUM.

    polars_sum.py FILE.csv KEY COLUMN

Polars takes the number of its threads from POLARS_MAX_THREADS.
"""
import sys

import polars

file, key, column = sys.argv[1:]
rows = polars.scan_csv(file, schema_overrides={key: polars.String}).group_by(key).agg(polars.col(column).sum())
for row in rows.sort(key).collect().iter_rows():
    print(*row, sep="\t")
