"""Random lines of each format, read by fanfold and by the readers here: `main.py FANFOLD SEED`.

Prints what differs, and exits with 1 then. Files are written to the working directory.
"""
import json, os, random, subprocess, sys
import log_formats, readers, writers

FANFOLD, SEED = sys.argv[1], int(sys.argv[2])
rng = random.Random(SEED)
wrong = []


def run(options, lines, names):
    """Returns the records that fanfold reads of these lines, and the lines that it can't."""
    ends = rng.choice(["\n", "\r\n"])
    with open("log", "w", newline="") as file:
        file.write(ends.join(lines) + rng.choice([ends, ""]))
    if os.path.exists("bad"):
        os.remove("bad")
    select = ",".join(f"`{name}`" if not name.isidentifier() else name for name in names)
    command = [FANFOLD, "map", "log", *options, "--select", select, "-o", "json", "--bad", "file=bad"]
    done = subprocess.run(command, capture_output=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{command}: {done.stderr.decode()}")
    records = [json.loads(line) for line in done.stdout.decode().splitlines()]
    bad = open("bad", newline="").read().split("\n") if os.path.exists("bad") else [""]
    return records, [line.removesuffix("\r") for line in bad[:-1]], done.stderr.decode()


def compare(what, options, lines, names, read):
    """Compares what fanfold makes of lines with what a reader does, field by field."""
    want, want_bad = [], []
    for line in lines:
        found = read(line)
        if found is None:
            want_bad.append(line)
        elif found != "directive":
            want.append((line, {name: found[name] for name in names if name in found}))
    records, bad, said = run(options, lines, names)
    if not want:
        return
    for line in want_bad:
        if line not in bad:
            wrong.append(f"{what}: it should be bad: {line!r}")
    for line in bad:
        if line not in want_bad:
            wrong.append(f"{what}: it is said to be bad: {line!r}")
    if bad == want_bad:
        for (line, fields), record in zip(want, records):
            record = {name.strip("`"): value for name, value in record.items()}
            if fields != record:
                differ = {name for name in names if fields.get(name) != record.get(name)}
                wrong.append(f"{what}: {line!r}: " + ", ".join(
                    f"{name} is {record.get(name)!r}, not {fields.get(name)!r}" for name in sorted(differ)))
        if len(want) != len(records):
            wrong.append(f"{what}: {len(records)} records, not {len(want)}: {said}")


def mixed(write, number):
    """Lines, of which one in four is damaged; no line is blank, and none begins as another encoding does."""
    lines = [write(rng) for _ in range(number)]
    lines = [line if rng.random() < 0.75 else writers.damaged(rng, line) for line in lines]
    return [line for line in lines if line.strip() and "\n" not in line]


SYSLOG = "time host program pid message priority facility severity msgid structured".split()
compare("syslog", ["-i", "syslog"], mixed(writers.syslog, 300), SYSLOG, readers.syslog)
ALB = [name for name in readers.ALB if name not in ("client", "target")]
ALB += ["client_ip", "client_port", "target_ip", "target_port", "request_verb", "request_url", "request_proto"]
compare("alb", ["-i", "alb"], mixed(writers.alb, 200), ALB, readers.alb)
compare("s3", ["-i", "s3"], mixed(writers.s3, 200), readers.S3 + ["method", "path", "protocol"], readers.s3)

for _ in range(3):
    lines = [line for _ in range(20) for line in writers.w3c(rng)]
    lines = [line if rng.random() < 0.8 or line[0] == "#" else writers.damaged(rng, line) for line in lines]
    seen = {name for line in lines if line.lower().startswith("#fields:") for name in line.split(":", 1)[1].split()}
    compare("w3c", ["-i", "w3c"], [line for line in lines if line.strip()], sorted(seen), readers.W3c())

for _ in range(6):
    string, names, write = log_formats.choose(rng)
    lines = [write() for _ in range(60)]
    table = {line: dict(zip(names, values)) for values, line in lines}
    typed = [name.removeprefix("$") for name in names]
    whole = lambda line: {name.removeprefix("$"): value for name, value in table[line].items()}
    compare(f"--log-format {string!r}", ["--log-format", string], [line for _, line in lines], typed, whole)
    # What is read of a damaged line, with the texts of the format between, must be that line.
    damaged = [writers.damaged(rng, line) for _, line in lines]
    damaged = [line for line in damaged if line.strip()]
    records, bad, _ = run(["--log-format", string], [lines[0][1]] + damaged, typed)
    read = iter(records[1:])
    for line in damaged:
        if bad and line == bad[0]:
            bad.pop(0)
            continue
        record = {name.strip("`"): value for name, value in next(read, {}).items()}
        text = string.replace(">", "")
        for name in sorted(names, key=len, reverse=True):
            value = record.get(name.removeprefix("$"), "MISSING")
            text = text.replace(name, "\0" + (f"[{value}]" if name == "%t" else value).replace("$", "\1").replace("%", "\2"), 1)
        text = text.translate({0: None, 1: "$", 2: "%"})
        if text.rstrip(" ") != line.rstrip(" "):
            wrong.append(f"--log-format {string!r}: {line!r} is read as {record}")

for text in wrong[:20]:
    print(text)
sys.exit(bool(wrong))
