"""Expressions of --where and --having, evaluated in the plainest way: Python's numbers, and no thought of speed."""
import re
from functools import cache
from datetime import date
from fractions import Fraction

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

# What a field may be instead of bytes: missing (None), JSON's null, the dash of clf.
NULL, DASH = "null", "-"


class Word(bytes):
    """A word, and the line from its beginning on."""

    def __new__(cls, word, rest):
        self = super().__new__(cls, word)
        self.rest = rest
        return self


def moment(value, literal):
    """The time that begins in a word and goes on after it, in seconds. A date is compared with dates as it stands."""
    m = re.match(rb"""\[?(\d\d?/\w{3}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4}(?=[] \t,;:|)"'[]|$))?|\d{4}-\d\d-\d\d(?:(?:[Tt]|[ \t]+)\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)?)?)""",
                 rest := getattr(value, "rest", b""))
    # Digits behind a comma go on with a clock, but not with its zone.
    more = rb"" if m and re.search(rb"([Zz]|[+-]\d\d:?\d\d)$", m[1]) and b":" in m[1] else rb"(?![0-9])"
    if not m or not re.match(rb"""[\] \t;|)"']|[,:]""" + more + rb"|$", rest[m.end():]):
        return None
    time = clock(re.sub(rb"[ \t]+", b" ", m[1]))
    if time is None or (clock(value) and b":" not in value and clock(literal) and b":" not in literal):
        return None
    return time[1]


@cache
def clock(text):
    """Year to second by the time's own clock, and the instant in seconds."""
    text, fraction = text.removeprefix(b"[").removesuffix(b"]").decode("latin-1"), ""
    if m := re.fullmatch(r"(\d\d?)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?: ([+-])(\d\d)(\d\d))?", text):
        day, month, year, *rest = m.groups()
        month = month.title()
        if month not in MONTHS:
            return None
        year, month, day = int(year), MONTHS.index(month) + 1, int(day)
        hour, minute, second = map(int, rest[:3])
        zone = rest[3:]
    elif m := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?(?:[Zz]|([+-])(\d\d):(\d\d))?)?", text):
        parts = m.groups()
        year, month, day, hour, minute, second = (int(part or 0) for part in parts[:6])
        fraction = parts[6] or ""
        zone = parts[7:]
    else:
        return None
    ahead = (int(zone[1]) * 3600 + int(zone[2]) * 60) * (-1 if zone[0] == "-" else 1) if zone[0] else 0
    days = date(year, month, day).toordinal()
    instant = ((days * 24 + hour) * 60 + minute) * 60 + second - ahead - date(1970, 1, 1).toordinal() * 86400
    # What is finer than a nanosecond is dropped.
    return (year, month, day, hour, minute, second), instant + Fraction(int(fraction[:9].ljust(9, "0")), 10 ** 9)


@cache
def instant(text):
    """A time, or a number as an epoch, in seconds."""
    if time := clock(text):
        return Fraction(time[1])
    value = number(text)
    if value is None:
        return None
    for limit, per_second in ((10 ** 11, 1), (10 ** 14, 10 ** 3), (10 ** 17, 10 ** 6), (None, 10 ** 9)):
        if limit is None or abs(int(value // 1)) < limit:
            # There is no time beyond the year 9999.
            return value / per_second if -377705023201 <= value / per_second < 253402207201 else None


@cache
def number(text):
    if not re.fullmatch(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        return None
    return Fraction(re.sub(r"\.(?=$|[eE])", "", text.decode()))


@cache
def plain(text):
    """A number that is written plainly."""
    return Fraction(text.decode()) if re.fullmatch(rb"-?(0|[1-9][0-9]*)(\.[0-9]+)?", text) else None


def is_equal(value, literal):
    if value in (None, NULL, DASH):
        return value is not None and value.encode() == literal
    if value == literal:
        return True
    if plain(literal) is None:
        # A time against a time, or an epoch.
        time = clock(literal) and moment(value, literal)
        if time is not None and time is not False:
            return time == instant(literal)
        return bool(clock(literal)) and instant(value) == instant(literal)
    if plain(value) is not None:
        return plain(value) == plain(literal)
    return len(re.match(rb"-?[0-9]*", literal)[0]) > 8 and bool(clock(value)) and instant(value) == instant(literal)


UNITS = {unit: i + 1 for i, unit in enumerate("kMGTPE")} | {"K": 1}


def ordered(value, literal):
    """The sign of value - literal, or None when they are of different kinds."""
    if value in (None, NULL, DASH):
        return None
    bound = number(literal)
    if clock(literal) or (bound is not None and len(literal) > 8):
        time = moment(value, literal)
        if time is not None:
            return (time > instant(literal)) - (time < instant(literal))
    if m := re.fullmatch(r"(-?[0-9]+(?:\.[0-9]+)?)([kKMGTPE])(i?)B?", literal.decode("utf-8")):
        bound = Fraction(m[1]) * (1024 if m[3] else 1000) ** UNITS[m[2]]
    if bound is not None:
        other = number(value)
        if other is None and clock(value):
            bound, other = instant(b"%d" % bound if bound == int(bound) else literal), instant(value)
    elif clock(literal):
        bound, other = instant(literal), instant(value)
    else:
        bound, other = literal, value
    return None if other is None or bound is None else (other > bound) - (other < bound)


def test(op, literals, value):
    if op == "exists":
        return value is not None and value is not DASH
    if op == "in":
        return any(is_equal(value, literal) for literal in literals)
    if op == "~":
        return isinstance(value, bytes) and bool(re.search(literals[0].replace(b"$", rb"\Z"), value))
    sign = ordered(value, literals[0])
    return sign is not None and {"<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0}[op]


class Parser:
    """By the words: what a test is made of is cut off the front by regular expressions."""

    def __init__(self, text):
        self.rest, self.fields = text, []

    def take(self, pattern):
        m = re.match(r"\s*(?:" + pattern + ")", self.rest, re.S)
        self.rest = self.rest[m.end():] if m else self.rest
        return m

    def disjunction(self):
        tests = [self.conjunction()]
        while self.take(r"or(?=[\s(!])|\|\|"):
            tests.append(self.conjunction())
        return lambda get: any(test(get) for test in tests)

    def conjunction(self):
        tests = [self.negation()]
        while self.take(r"and(?=[\s(!])|&&"):
            tests.append(self.negation())
        return lambda get: all(test(get) for test in tests)

    def negation(self):
        if self.take(r"not(?=[\s(!])|!"):
            inner = self.negation()
            return lambda get: not inner(get)
        if self.take(r"\("):
            inner = self.disjunction()
            assert self.take(r"\)"), self.rest
            return inner
        return self.comparison()

    def comparison(self):
        field = self.take(r"((?:`[^`]*`|[^=!<>~`])+?)\s*(?=[=!<>~]|\s(?:not\s+)?in\s|\sexists\b)")[1].strip()
        self.fields.append(field)
        op = self.take(r"==|=|!=|<=|>=|<|>|!~|~|not\s+in|in|exists")[0].strip()
        literals, wanted = [], True
        if op in ("!=", "!~") or op.startswith("not"):
            op, wanted = {"!": "=", "n": "in"}[op[0]] if op != "!~" else "~", False
        if op in ("=", "=="):
            op = "in"
            literals = [self.value("")]
        elif op == "in":
            literals = [self.value(",")]
            while self.take(","):
                literals.append(self.value(","))
        elif op != "exists":
            literals = [self.value("")]
        return lambda get: test(op, literals, get(field)) == wanted

    def value(self, end):
        if m := self.take(r"'([^']*)'|\"([^\"]*)\""):
            return (m[1] if m[1] is not None else m[2]).encode()
        self.take("")
        at, depth = 0, 0
        while at < len(self.rest):
            rest = self.rest[at:]
            if not depth and (re.match(r"\s(and|or)(\s|$|[(!])|&&|\|\||\)", rest) or (end and rest[0] == end)):
                break
            depth += {"(": 1, ")": -1}.get(rest[0], 0)
            at += 1
        text, self.rest = self.rest[:at], self.rest[at:]
        return text.strip().encode()


def parse(text):
    """A function from a function that gets a field's value; and the fields."""
    parser = Parser(text)
    root = parser.disjunction()
    assert not parser.rest.strip(), parser.rest
    return root, parser.fields
