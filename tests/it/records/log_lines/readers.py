"""Slow readers of log lines: one regular expression for each form, as the manual and the formats' own pages say.

A reader returns the fields of a line as a dict, or None for a bad line. It shares nothing with fanfold but the manual.
"""
import re

ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.,:+Z-]*"
OLD = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)  ?\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d+)?"
ELEMENT = r'\[[^ =\]"]+(?: [^ =\]"]+="(?:\\.|[^"\\])*")*\]'
MODERN = re.compile(
    rf"(?P<time>-|{ISO}) (?P<host>[^ ]+) (?P<program>[^ ]+) (?P<pid>[^ ]+) (?P<msgid>[^ ]+) "
    rf"(?P<structured>-|(?:{ELEMENT})+)(?: \ufeff?(?P<message>.*))?", re.A | re.S)
OLDER = re.compile(rf"(?P<time>{ISO}|{OLD})(?: (?P<rest>.+))", re.A | re.S)
# A program is one word before a colon; with a number in brackets it may have blanks.
TAG = re.compile(r"(?P<program>[^ :\[]+)(?:\[(?P<pid>[^ \]]+)\])?:(?: |$)|(?P<name>[^:\[\"]{1,48})\[(?P<number>\d+)\]:(?: |$)",
                 re.A | re.S)


def syslog(line):
    found = {}
    match = re.match(r"<(\d{1,3})>", line, re.A)
    if match:
        if int(match[1]) > 191:
            return None
        found = {"priority": match[1], "facility": str(int(match[1]) // 8), "severity": str(int(match[1]) % 8)}
        line = line[match.end():]
        if line.startswith("1 "):
            match = MODERN.fullmatch(line[2:])
            return match and {**found, **{k: v for k, v in match.groupdict().items() if v is not None}}
    match = OLDER.fullmatch(line)
    if not match:
        return None
    found["time"], rest = match["time"], match["rest"]
    host, _, after = rest.partition(" ")
    if not host:
        return None
    if not host.endswith(":"):
        found["host"], rest = host, after
    tag = TAG.match(rest)
    if tag:
        found["program"] = tag["program"] or tag["name"]
        if tag["pid"] or tag["number"]:
            found["pid"] = tag["pid"] or tag["number"]
        rest = rest[tag.end():]
    return {**found, "message": rest}


def quoted_cells(line, blank):
    """Cells of which those that begin with a quote end with one, and in which two quotes are one of the text."""
    cells, rest = [], line + blank
    while rest:
        match = re.match(rf'"((?:[^"]|"")*)"{blank}|(?!")([^{blank}]*){blank}', rest)
        if not match:
            return []
        cells.append(match[1] if match[2] is None else match[2])
        rest = rest[match.end():]
    return cells


class W3c:
    """Reads lines in their order: directives change what follows."""

    def __init__(self):
        self.names, self.date = [], None

    def __call__(self, line):
        if line.startswith("#"):
            name, _, value = line[1:].partition(":")
            if name.lower() == "fields":
                self.names = value.split()
            elif name.lower() == "date" and value.split():
                self.date = value.split()[0]
            return "directive"
        blank = "\t" if "\t" in line else " "
        line = line if blank == "\t" else line.rstrip()
        cells = line.split(blank)
        if len(cells) != len(self.names):
            cells = quoted_cells(line, blank)
        if not self.names or len(cells) != len(self.names):
            return None
        found = dict(reversed(list(zip(self.names, cells))))
        date = found.get("date", self.date)
        if "time" in found and date is not None:
            found["time"] = date + " " + found["time"]
        return found


def tokens(line):
    """Tokens of AWS: bare, in quotes or in brackets; quotes inside of quotes come in pairs, or after a backslash."""
    line = line.rstrip(" \t")
    found, rest = [], line
    while rest:
        if rest[0] == '"':
            end, quotes = 1, 0
            while end < len(rest) and not (rest[end] == '"' and quotes % 2 == 0 and rest[end + 1:end + 2] in ("", " ")):
                quotes += rest[end] == '"'
                end += 1 + (rest[end] == "\\")
            if end >= len(rest):
                return None
            found.append(rest[1:end])
            end += 1
        elif rest[0] == "[":
            end = rest.find("]") + 1
            if end == 0:
                return None
            found.append(rest[1:end - 1])
        else:
            found.append(rest.split(" ", 1)[0])
            end = len(found[-1])
            if '"' in found[-1]:
                return None
        if rest[end:end + 1] not in ("", " "):
            return None
        rest = rest[end + 1:]
    return found


PROTOCOL = re.compile(r"[A-Z]+/\d.*", re.A | re.S)


def request(text):
    """Method, path and protocol, as far as they are there."""
    method, blank, path = text.partition(" ")
    if not blank:
        return None, None, None
    before, blank, last = path.rpartition(" ")
    if blank and PROTOCOL.fullmatch(last):
        return method, before, last
    return method, path, None


ALB = ("type time elb client target request_processing_time target_processing_time response_processing_time"
       " elb_status_code target_status_code received_bytes sent_bytes request user_agent ssl_cipher ssl_protocol"
       " target_group_arn trace_id domain_name chosen_cert_arn matched_rule_priority request_creation_time"
       " actions_executed redirect_url error_reason target_port_list target_status_code_list classification"
       " classification_reason conn_trace_id").split()
S3 = ("bucket_owner bucket time remote_ip requester request_id operation key request_uri http_status error_code"
      " bytes_sent object_size total_time turn_around_time referer user_agent version_id host_id signature_version"
      " cipher_suite authentication_type host_header tls_version access_point_arn acl_required source_region").split()


def is_number(text):
    return text == "-" or re.fullmatch(r"\d+", text, re.A)


def alb(line):
    found = tokens(line)
    if found is None or len(found) < 18:
        return None
    found = dict(zip(ALB, found))
    if found["type"] not in ("http", "https", "h2", "grpcs", "ws", "wss"):
        return None
    if not re.match(r"\d.{9}T", found["time"], re.A):
        return None
    if not all(is_number(found[name]) for name in ("elb_status_code", "target_status_code", "sent_bytes")):
        return None
    for name in ("client", "target"):
        address, colon, port = found[name].rpartition(":")
        found[name + "_ip"] = address if colon else found[name]
        if colon:
            found[name + "_port"] = port
        del found[name]
    parts = zip(("request_verb", "request_url", "request_proto"), request(found["request"]))
    return {**found, **{name: value for name, value in parts if value is not None}}


def s3(line):
    found = tokens(line)
    if found is None or len(found) < 18:
        return None
    found = dict(zip(S3, found))
    if len(found["time"]) != 26 or found["time"][2] != "/" or found["time"][11] != ":":
        return None
    if not all(is_number(found[name]) for name in ("http_status", "bytes_sent", "object_size")):
        return None
    parts = zip(("method", "path", "protocol"), request(found["request_uri"]))
    return {**found, **{name: value for name, value in parts if value is not None}}
