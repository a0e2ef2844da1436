"""The lines of each file whose name comes in, compressed or not: one reply a name.

    fanfold run 'examples/logs/*.gz' --pool -- python3 examples/pool/count.py
"""
import gzip
import os
import sys

# Names are bytes: no name is refused for its encoding.
for line in sys.stdin.buffer:
    name = os.fsdecode(line.rstrip(b"\n"))
    opened = gzip.open(name) if name.endswith(".gz") else open(name, "rb")
    with opened as file:
        lines = sum(1 for _ in file)
    # Without the flush the reply waits in a buffer for more, and fanfold for the reply.
    sys.stdout.buffer.write(b"%d\t%s\n" % (lines, os.fsencode(name)))
    sys.stdout.buffer.flush()
