#!/usr/bin/env python3
"""The hosts that fetched /robots.txt, by multiprocessing.Pool: the usual Python for it, to compare with.

    findrobots.py FILE.gz...
"""
import gzip
import multiprocessing
import sys


def find_robots(name):
    hosts = set()
    with gzip.open(name) as lines:
        for line in lines:
            fields = line.split()
            if fields[6] == b"/robots.txt":
                hosts.add(fields[0])
    return hosts


if __name__ == "__main__":
    with multiprocessing.Pool() as pool:
        found = set().union(*pool.imap_unordered(find_robots, sys.argv[1:]))
    for host in sorted(found):
        sys.stdout.write(host.decode() + "\n")
