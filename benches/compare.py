#!/usr/bin/env python3
"""Time commands side by side: in turn, several rounds, medians, and the ratio to the first.

    compare.py [-r ROUNDS] [--may-differ NAME] [--no-answer NAME] [--share NAME=N] NAME='shell command' ...

Absolute times differ from machine to machine and from hour to hour; the ratio in one run is what to quote.
`x first` says how many times longer a command took than the first one.
The commands' sorted outputs must be equal, in every round. --may-differ: a difference of this one is told but is
no failure; --no-answer: this one prints something else (a floor, say); --share: this one does the Nth part of the
work, its times are multiplied by N and marked so, and its answer is not compared. `peak MB` is of the largest process
(and not below this script's own, about 15).
Exit 1 if a command failed or outputs differ.
"""
import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time


class Command:
    """A command, and what its rounds gave."""

    def __init__(self, text):
        self.name, separator, self.shell = text.partition("=")
        if not separator:
            sys.exit(f"compare.py: '{text}' is not NAME='shell command'")
        self.share = 1
        self.walls, self.cpus, self.peaks, self.answers, self.failure = [], [], [], [], None

    def run(self, counted):
        # A file, not a pipe: reading the output would take a core from the command.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            start = time.perf_counter()
            child = subprocess.Popen(
                ["bash", "-o", "pipefail", "-c", self.shell],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, "LC_ALL": "C"},
            )
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.perf_counter() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0 and self.failure is None:
                err.seek(0)
                tail = err.read()[-300:].decode(errors="replace").strip()
                self.failure = f"exit {child.returncode}: {tail}"
            out.seek(0)
            lines = sorted(out.read().splitlines())
        digest = hashlib.sha256(b"\n".join(lines)).hexdigest()[:8]
        answer = f"{len(lines)} lines {digest}"
        if answer not in self.answers:
            self.answers.append(answer)
        if counted:
            self.walls.append(wall * self.share)
            self.cpus.append((usage.ru_utime + usage.ru_stime) * self.share)
            self.peaks.append(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6)


def print_table(commands):
    width = max(len(c.name) for c in commands)
    print(f"{'':{width}} {'median s':>9} {'min s':>9} {'cpu s':>9} {'peak MB':>8} {'x first':>8}  answer")
    first = statistics.median(commands[0].walls)
    for c in commands:
        middle = statistics.median(c.walls)
        answer = " or ".join(c.answers) if c.share == 1 else f"times {c.share}: it did 1/{c.share} of the work"
        print(
            f"{c.name:{width}} {middle:9.3f} {min(c.walls):9.3f} {statistics.median(c.cpus):9.3f}"
            f" {max(c.peaks):8.1f} {middle / first:8.2f}  {answer}"
        )


def check(commands, may_differ, no_answer):
    """Says what failed or differs; true if nothing did that must not."""
    good = True
    right = commands[0].answers
    for c in commands:
        if c.failure:
            good = False
            print(f"failed: {c.name}: {c.failure}", file=sys.stderr)
        if c.share > 1 or c.name in no_answer or c.answers == right and len(right) == 1:
            continue
        if c.name in may_differ:
            print(f"note: {c.name} gives another answer", file=sys.stderr)
        else:
            good = False
            print(f"differs: {c.name}: {' or '.join(c.answers)}, not {' or '.join(right)}", file=sys.stderr)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-r", "--rounds", type=int, default=5)
    parser.add_argument("--may-differ", action="append", default=[], metavar="NAME")
    parser.add_argument("--no-answer", action="append", default=[], metavar="NAME")
    parser.add_argument("--share", action="append", default=[], metavar="NAME=N")
    parser.add_argument("commands", nargs="+", type=Command)
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("at least one round")
    shares = dict(share.rsplit("=", 1) for share in options.share)
    for command in options.commands:
        command.share = int(shares.get(command.name, 1))
    for turn in range(options.rounds + 1):  # the first round warms the caches and is not counted
        for command in options.commands:
            command.run(counted=turn > 0)
    print_table(options.commands)
    sys.stdout.flush()
    return 0 if check(options.commands, options.may_differ, options.no_answer) else 1


if __name__ == "__main__":
    sys.exit(main())
