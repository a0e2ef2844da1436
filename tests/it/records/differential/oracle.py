"""fanfold map, told a second time: the plainest code that does what the manual says, one line after another.

Reads a JSON list of command lines from standard input, and prints a JSON list of [stdout, bad lines, bad values], the
first as text of which each character is a byte. It shares nothing with fanfold but the manual.
"""
import csv, fractions, functools, gzip, io, json, math, re, sys
import expression
from expression import DASH, NULL, Word, clock

csv.field_size_limit(1 << 30)

CLF = "host ident user time request method path protocol status bytes referer agent".split()


class Raw(bytes):
    """A value of JSON that is no string, as it is written."""


class Bad(Exception):
    """A line that the format can't read."""


# Numbers and times

def number(text):
    """An integer, or a float that is none, or None."""
    if not re.fullmatch(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        return None
    if re.fullmatch(rb"[+-]?[0-9]+", text) and -(1 << 127) <= int(text) < 1 << 127:
        return int(text)
    value = float(text)
    return None if abs(value) == float("inf") else from_float(value)


def from_float(value):
    return int(value) if value == int(value) and abs(value) < 2.0 ** 127 else value


def show(value):
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, int):
        return b"%d" % value
    digits, exponent = re.fullmatch(r"(-?[0-9.]+)(?:e([+-][0-9]+))?", repr(value)).groups()
    exact = fractions.Fraction(digits) * fractions.Fraction(10) ** int(exponent or 0)
    sign, exact = ("-" if exact < 0 else ""), abs(exact)
    figures = re.sub(r"\.0$", "", digits.lstrip("-")).replace(".", "").strip("0")
    power = 0
    while exact >= 10:
        exact, power = exact / 10, power + 1
    while exact < 1:
        exact, power = exact * 10, power - 1
    # Halfway between two shortest texts, Python takes the even one and Rust the upper.
    scaled = fractions.Fraction(abs(value)) * fractions.Fraction(10) ** (len(figures) - 1 - power)
    if scaled % 1 == fractions.Fraction(1, 2):
        figures = str(int(scaled) + 1)
    if 1e-5 <= abs(value) < 1e16:
        if power < 0:
            return (sign + "0." + "0" * (-power - 1) + figures).encode()
        return (sign + figures[:power + 1].ljust(power + 1, "0") + "." + figures[power + 1:]).encode()
    return (sign + figures[0] + ("." + figures[1:] if figures[1:] else "") + "e" + str(power)).encode()


# Lines into fields: each gives a function from a field's name to its value

def ws(line):
    return by_number([Word(m[0], line[m.start():]) for m in re.finditer(rb"[^ \t]+", line)])


def by_number(fields):
    def get(name):
        at = int(name)
        at = at - 1 if at > 0 else at
        return fields[at] if -len(fields) <= at < len(fields) else None
    return get


CLF_LINE = re.compile(
    rb'(?P<host>[^ ]+(?:(?<=,) [^ ]*)*)(?<!,) (?P<ident>[^ ]*) (?P<user>[^ ]*) \[(?P<time>[^\]]*)\] '
    rb'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}|-) (?P<bytes>\d+|-)'
    rb'(?: "(?P<referer>(?:[^"\\]|\\.)*)"(?: "(?P<agent>(?:[^"\\]|\\.)*)"(?: .*)?)?)? *', re.S)


def clf(line):
    m = CLF_LINE.fullmatch(line)
    if not m:
        raise Bad
    found = m.groupdict()
    if m := re.fullmatch(rb"([^ ]*) (.*?)(?: ([A-Z]+/\d[^ ]*))?", found["request"], re.S):
        found["method"], found["path"], found["protocol"] = m[1], m[2], m[3]

    def get(name):
        value = found.get(CLF[int(name) - 1] if name.isdigit() else name)
        return DASH if value == b"-" else value
    return get


def json_line(line):
    if not line.strip(b" \t\n\r\f"):
        return None
    try:
        text = line.decode()
        whole = json.loads(text)
    except ValueError:
        raise Bad from None
    if not isinstance(whole, dict):
        raise Bad

    def get(path):
        value = dig(whole, path.split("."))
        if value is None or value is NULL:
            return value
        # The generator writes values other than strings as Python does.
        return value.encode() if isinstance(value, str) else Raw(json.dumps(value).encode())
    return get


def dig(value, path):
    for at, key in enumerate(path):
        if isinstance(value, dict):
            # A key may have dots in it.
            whole = ".".join(path[at:])
            if whole in value:
                return NULL if value[whole] is None else value[whole]
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit():
            if int(key) >= len(value):
                return None
            value = NULL if value[int(key)] is None else value[int(key)]
        else:
            return None
    return value


def logfmt(line):
    found, rest = {}, line
    while rest := rest.lstrip(b" \t\r"):
        key = re.match(rb"[^= \t]*", rest)[0]
        value, rest = b"", rest[len(key):]
        if rest.startswith(b'="'):
            m = re.match(rb'="((?:[^"\\]|\\.)*)"', rest, re.S)
            if not m:
                raise Bad
            ends = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}
            value = re.sub(rb"\\(.)", lambda m: ends.get(m[1], m[1]), m[1], flags=re.S)
            rest = rest[m.end():]
        elif rest.startswith(b"="):
            m = re.match(rb"=([^ \t]*)", rest)
            value, rest = m[1], rest[m.end():]
        found.setdefault(key, value)
    return lambda name: found.get(name.encode())


def extract(pattern):
    regex = re.compile(pattern.encode())

    def split(line):
        m = regex.search(line)
        if not m:
            return None
        groups = regex.groups
        return lambda name: m[name if not name.lstrip("-").isdigit() else int(name) % (groups + 1)]
    return split


@functools.cache
def csv_records(data, delimiter):
    """Line numbers, bytes and fields of records, by the states of RFC 4180, and again by Python's reader."""
    out, fields, field, start, quoted, at = [], [], bytearray(), 0, False, 0
    while at <= len(data):
        byte = data[at:at + 1]
        if quoted and byte:
            if byte == b'"' and data[at + 1:at + 2] == b'"':
                field += b'"'
                at += 1
            elif byte == b'"':
                quoted = False
            else:
                field += byte
        elif byte == b'"' and (at == start or data[at - 1:at] == delimiter):
            quoted = True
        elif byte in (b"", b"\n", b"\r"):
            if at > start:
                out.append((data.count(b"\n", 0, start) + 1, data[start:at], fields + [bytes(field)]))
            fields, field, start = [], bytearray(), at + 1
        elif byte == delimiter:
            fields, field = fields + [bytes(field)], bytearray()
        else:
            field += byte
        at += 1
    reader = csv.reader(io.StringIO(data.decode("latin-1"), newline=""), delimiter=delimiter.decode())
    assert [[cell.encode("latin-1") for cell in row] for row in reader if row] == [fields for *_, fields in out]
    return out


def tsv_records(data):
    """As csv_records, of IANA's TSV with the escapes of fanfold."""
    unescaped = lambda cell: re.sub(rb"\\([tn\\])", lambda m: {b"t": b"\t", b"n": b"\n"}.get(m[1], b"\\"), cell)
    for at, line in enumerate(data.split(b"\n"), 1):
        if line:
            yield at, line.strip(b"\r"), [unescaped(cell) for cell in line.removesuffix(b"\r").split(b"\t")]


# A command line

def parse(argv):
    many = {"--grep", "--not-grep", "--regex", "--where", "--having"}
    flags = {"--unique", "--count", "--no-header"}
    options, inputs, at = {name: [] for name in many}, [], 0
    while at < len(argv):
        word = argv[at]
        if not word.startswith("-"):
            inputs.append(word)
        elif word in flags:
            options[word] = True
        else:
            at += 1
            if word in many:
                options[word].append(argv[at])
            else:
                options[word] = argv[at]
        at += 1
    return options, inputs


def modified(value, modifiers):
    for modifier in modifiers:
        if m := re.fullmatch(r"(\d*):(\d*)", modifier):
            value = value[int(m[1] or 0):int(m[2]) if m[2] else None]
        elif modifier == "noquery":
            value = value.split(b"?")[0]
        elif modifier == "lower":
            value = value.lower()
        else:
            time = clock(value)
            y, mo, d, h, mi, _ = time[0] if time else [0] * 6
            shapes = {"day": f"{y:04}-{mo:02}-{d:02}", "hour": f"{y:04}-{mo:02}-{d:02}T{h:02}",
                      "minute": f"{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}", "hod": f"{h:02}"}
            value = shapes[modifier].encode() if time else b""
    return value


def source(field):
    """The field's name, and its modifiers."""
    name = re.match(r"[^:\[]*", field)[0]
    return name, re.findall(r"(?<=:)[a-z]+|(?<=\[)\d*:\d*(?=\])", field[len(name):])


def escaped(value):
    return value.replace(b"\\", rb"\\").replace(b"\t", rb"\t").replace(b"\n", rb"\n")


def row(output, names, cells, whole=False):
    """Cells are bytes, or (number,), or (bytes,) of a time."""
    texts = [show(*cell) if isinstance(cell, tuple) else cell for cell in cells]
    if output == "md":
        cell = lambda text: re.sub(rb"([|\\\\])", rb"\\\1", text).replace(b"\n", b"<br>")
        return b"| " + b" | ".join(map(cell, texts)) + b" |\n"
    if output == "json":
        def one(name, cell, text):
            plain = isinstance(cell, tuple) and not isinstance(cell[0], bytes)
            value = (text.decode() or "null") if plain or isinstance(cell, Raw) else string(text)
            return string(name.encode()) + ":" + value
        return ("{" + ",".join(map(one, names, cells, texts)) + "}").encode() + b"\n"
    if output == "csv":
        def quote(text):
            if re.search(rb'[,"\r\n]', text) or (not text and len(texts) == 1):
                return b'"' + text.replace(b'"', b'""') + b'"'
            return text
        return b",".join(map(quote, texts)) + b"\n"
    return b"\t".join(text if whole else escaped(text) for text in texts) + b"\n"


def string(text):
    return json.dumps(text.decode(errors="replace"), ensure_ascii=False)


def root(square):
    """The nearest double to the root: of 200 bits, with one below for what is cut off."""
    shift = max(0, 200 - square.numerator.bit_length() + square.denominator.bit_length()) // 2
    scaled = square * 4 ** shift
    found = math.isqrt(int(scaled))
    exact = 2 * found + (found * found != scaled)
    return float(fractions.Fraction(exact, 2 ** (shift + 1)))


def ordered(text):
    """A number or a time on one scale, and what is printed of it."""
    value = number(text)
    if value is not None:
        return fractions.Fraction(value), 0, b"", value
    time = clock(text)
    if time is None:
        return None
    return fractions.Fraction(time[1]), 1, text, text


def split_list(text):
    """The parts between commas that are not in brackets; those of an expression are balanced."""
    depth, parts = 0, [""]
    for c in text:
        depth += {"(": 1, ")": -1}.get(c, 0)
        if c == "," and not depth:
            parts.append("")
        else:
            parts[-1] += c
    return parts


class Table:
    """Groups of records with equal keys."""

    def __init__(self, options, keys):
        self.options, self.keys, self.groups, self.bad = options, keys, {}, 0
        text = options.get("--agg", "count") if "--by" in options or "--agg" in options else None
        self.aggregates = split_list(text) if text else []
        if self.aggregates and not keys:
            self.groups[(), None] = []

    def add(self, key, kept, values):
        """A key is its texts, and what JSON keeps of them, where it keeps their kinds."""
        self.groups.setdefault((key, kept), []).append(values)

    def aggregate(self, name, place, records):
        if name == "count":
            return len(records)
        kind = name.split(":")[0]
        values = [record[place] for record in records]
        if kind == "count":
            return sum(values)
        if kind == "distinct":
            return len(set(values))
        if kind in ("min", "max"):
            found = sorted(filter(None, map(ordered, values)), key=lambda found: found[:3])
            return found[0 if kind == "min" else -1][3] if found else None
        numbers = sorted(n for n in map(number, values) if n is not None)
        if not numbers:
            return None
        n, total = len(numbers), sum(map(fractions.Fraction, numbers))
        ints = all(isinstance(n, int) for n in numbers)
        rounded = lambda exact: int(exact) if ints and exact == int(exact) else from_float(float(exact))
        if kind in ("sum", "mean"):
            return rounded(total if kind == "sum" else total / n)
        if kind == "stddev":
            squares = sum(fractions.Fraction(x) ** 2 for x in numbers)
            return from_float(root((n * squares - total ** 2) / (n * (n - 1)))) if n > 1 else None
        rank = -(-fractions.Fraction(kind[1:]) * len(numbers) // 100)
        return numbers[max(int(rank), 1) - 1]

    def result(self, values):
        options = self.options
        rows = []
        for (key, kept), records in self.groups.items():
            aggregates = [(self.aggregate(name, values.index(name.split(":", 1)[1]) if ":" in name else None, records),)
                          for name in self.aggregates]
            counted = [(len(records),)] if "--count" in options else []
            marked = [text + bytes([mark]) for text, (mark, _) in zip(key, kept)] if kept else key
            order = marked[0] if len(key) == 1 else b"\t".join(map(escaped, marked))
            printed = [cell for _, cell in kept] if kept else list(key)
            rows.append((order, counted + list(key) + aggregates, counted + printed + aggregates))
        names = (["count"] if "--count" in options else []) + self.keys + self.aggregates
        for condition in options["--having"]:
            holds, _ = expression.parse(condition)
            text = lambda cell: (None if cell[0] is None else show(*cell)) if isinstance(cell, tuple) else bytes(cell)
            rows = [r for r in rows if holds(lambda name: text(r[1][names.index(name)]))]
        rows.sort(key=lambda r: r[0])
        column = options.get("--sort")
        if not column and "--count" in options:
            column = "-count"
        if not column and "--top" in options and self.aggregates:
            column = "-" + self.aggregates[0]
        if column:
            down = column not in names
            self.sort(rows, names.index(column[1:] if down else column), down)
        return names, [cells for *_, cells in rows[:int(options.get("--top", len(rows)))]]

    @staticmethod
    def sort(rows, place, down):
        def classed(cells):
            cell = cells[place]
            value = cell[0] if isinstance(cell, tuple) else cell
            if value is None:
                return 3, 0
            if not isinstance(value, bytes):
                return 0, value
            if number(value) is not None:
                return 0, number(value)
            return (1, clock(value)[1]) if clock(value) else (2, value)
        # Sorting is stable: equal ones stay in the order of their keys.
        parts = [[r for r in rows if classed(r[1])[0] == which] for which in (0, 1, 2, 3)]
        rows[:] = [r for part in parts for r in sorted(part, key=lambda r: classed(r[1])[1], reverse=down)]


def lines(data):
    parts = data.split(b"\n")
    return parts[:-1] if not parts[-1] else parts


def records(options, name, data):
    """Each record of a file: the number of its line, its bytes, and what splits it."""
    form, delimiter = options.get("--input-format", "ws"), options.get("--delimiter")
    if form in ("csv", "tsv"):
        found = list(tsv_records(data)) if form == "tsv" else csv_records(data, (delimiter or ",").encode())
        header = []
        if "--no-header" not in options and found:
            header, found = [cell.decode("latin-1") for cell in found[0][2]], found[1:]
        for at, line, fields in found:
            get = by_number(fields)
            yield at, line, lambda l, f=get: lambda name: f(str(header.index(name) + 1) if name in header else name)
        return
    split = {"ws": ws, "clf": clf, "json": json_line, "logfmt": logfmt, "lines": lambda l: lambda name: Word(l, l)}[form]
    if delimiter:
        split = lambda line: by_number(line.split(delimiter.encode()))
    if "--extract" in options:
        split = extract(options["--extract"])
    for at, line in enumerate(lines(data), 1):
        yield at, line, lambda line: split(line)


def run(argv):
    options, inputs = parse(argv)
    listed = lambda name: options[name].split(",") if name in options else []
    folds = {"--unique", "--count", "--by", "--agg"} & options.keys()
    keys = listed("--by") if {"--by", "--agg"} & options.keys() else listed("--select")
    table = Table(options, keys or ([] if {"--by", "--agg"} & options.keys() else ["line"]))
    values = list(dict.fromkeys(name.split(":", 1)[1] for name in table.aggregates if ":" in name))
    numeric = {name.split(":", 1)[1] for name in table.aggregates
               if ":" in name and not name.startswith(("distinct:", "count:"))}
    counted = {field: expression.parse(field[1:-1])[0] for field in values if field.startswith("(")}
    wheres = [expression.parse(text) for text in options["--where"]]
    output, bad, printed = options.get("--output-format", "tsv"), 0, []
    for name in inputs:
        data = open(name, "rb").read()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        for at, whole, split in records(options, name, data):
            line = whole.removesuffix(b"\r")
            if not (all(text.encode() in line for text in options["--grep"])
                    and not any(text.encode() in line for text in options["--not-grep"])
                    and all(re.search(regex.encode(), line) for regex in options["--regex"])):
                continue
            try:
                get = split(line)
            except Bad:
                bad += 1
                continue
            if get is None:
                continue

            @functools.cache
            def value(field):
                base, modifiers = source(field)
                special = {"0": Word(line, line), "@file": name.encode(), "@line": b"%d" % at}
                found = special[base] if base in special else get(base)
                return modified(found, modifiers) if isinstance(found, bytes) else found

            def printed_value(field):
                found = value(field)
                return modified(b"-", source(field)[1]) if found is DASH else found if isinstance(found, bytes) else b""

            def kept_value(field):
                """As JSON keeps it: None when it is missing."""
                found = value(field)
                return (None,) if found is NULL else None if found is None else printed_value(field)

            def marked_value(field):
                """Its kind as a number, and as JSON keeps it."""
                found = kept_value(field)
                rank = 1 if found is None else 2 if found == (None,) else 3 if isinstance(found, Raw) else 4
                return rank, found

            if not all(holds(value) for holds, _ in wheres):
                continue
            for field in numeric:
                # A record need not have all fields in these formats.
                may_lack = "--extract" in options or options.get("--input-format") in ("clf", "json", "logfmt")
                absent = not isinstance(value(field), bytes) and may_lack
                reads = number if any(name.startswith(("sum:", "mean:", "stddev:", "p")) and name.split(":", 1)[1] == field
                                      for name in table.aggregates) else ordered
                table.bad += not absent and reads(printed_value(field)) is None
            key = tuple(map(printed_value, keys)) if keys else (() if table.aggregates else (line,))
            if folds:
                # The keys of a fold are text, except from JSON to JSON.
                keeps = keys and output == "json" and options.get("--input-format") == "json"
                kept = tuple(map(marked_value, keys)) if keeps else None
                table.add(tuple(map(bytes, key)), kept, [counted[field](value) if field in counted else printed_value(field) for field in values])
            else:
                lasting = list(key) if keys or output != "tsv" else [whole]
                printed.append([kept_value(field) for field in keys] if output == "json" else lasting)
    names = keys or ["line"]
    if folds:
        names, printed = table.result(values)
    elif "--first" in options:
        printed = printed[:int(options["--first"])]
    if output == "json":
        pairs = [[(n, c) for n, c in zip(names, cells) if c is not None] for cells in printed]
        return b"".join(row(output, *zip(*some) if some else ((), ())) for some in pairs), bad, table.bad
    head = row(output, names, [n.encode() for n in names]) if output in ("csv", "md") else b""
    head += b"|" + b" --- |" * len(names) + b"\n" if output == "md" else b""
    whole = output == "tsv" and not keys and not table.aggregates
    return head + b"".join(row(output, names, cells, whole) for cells in printed), bad, table.bad


answers = [run(argv) for argv in json.load(sys.stdin)]
json.dump([[out.decode("latin-1"), bad, bad_values] for out, bad, bad_values in answers], sys.stdout)
