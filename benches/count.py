"""Counts the lines of files, in the three ways that a Python script can be run over many.

    count.py one NAME              a process a file
    count.py pool                  names come on standard input, one a line; a reply a name
    count.py many WORKERS NAME...  multiprocessing.Pool
"""
import multiprocessing
import os
import sys


def count(name):
    with open(name, "rb") as file:
        return b"%d\t%s\n" % (sum(1 for _ in file), os.fsencode(name))


def main():
    out = sys.stdout.buffer
    way, names = sys.argv[1], sys.argv[2:]
    if way == "one":
        out.write(count(names[0]))
    elif way == "pool":
        for line in sys.stdin.buffer:
            out.write(count(os.fsdecode(line[:-1])))
            out.flush()
    else:
        with multiprocessing.Pool(int(names[0])) as pool:
            out.writelines(pool.imap(count, names[1:], 64))


if __name__ == "__main__":
    main()
