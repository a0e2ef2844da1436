"""Random log lines: whole ones, and damaged ones."""

WORDS = ["a", "x-1", "GET", "-", "12", "é", "a\\\\b", "k=v", "[z]", "#5", "a:b", "100%"]
USERS = ["-", "bob", "John Doe", '""', "", "a\\\"b", "EXAMPLE\\\\joe", "o'neil", "x - y"]
ADDRESSES = ["192.0.2.1", "::1", "2001:db8::5", "10.0.0.7", "h.example.org"]
AGENTS = ["Mozilla/5.0 (X11; Linux x86_64)", "-", "", "curl/8", 'say \\"hi\\"', "M \\x22q\\x22", "a\\\\", "[x] y", "é\u00a0b"]
METHODS = ["GET", "POST", "-", "PROPFIND"]
PATHS = ["/", "/a?b=c", "/a b", "/%20", "/x\\\"y", "*", "http://h:80/p?q=1", "/é", "/a/HTTP/1", "/[1]"]
PROTOCOLS = [" HTTP/1.1", " HTTP/2.0", "", " HTTP/3"]


def request(rng):
    whole = rng.choice(METHODS) + " " + rng.choice(PATHS) + rng.choice(PROTOCOLS)
    return rng.choice([whole] * 9 + ["-", "", "\\x16\\x03\\x01", "garbage"])


def damaged(rng, line):
    """A line that was cut, or of which a byte was lost, doubled or exchanged."""
    at = rng.randrange(len(line) + 1)
    odd = rng.choice(' "[]\\<>-:=\t0')
    return rng.choice([line[:at], line[at:], line[:at] + line[at + 1:], line[:at] + odd + line[at:],
                       line[:at] + odd + line[at + 1:], line + odd, odd + line, line + " " + line])


def clock(rng):
    return f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"


def day(rng):
    return f"20{rng.randrange(10, 26)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"


def iso(rng):
    return day(rng) + "T" + clock(rng) + rng.choice(["Z", "+02:00", ".123456Z", ".5-07:00"])


def clf_time(rng):
    month = rng.choice("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
    return f"{rng.randrange(1, 29):02}/{month}/20{rng.randrange(10, 26)}:{clock(rng)} {rng.choice(['+0000', '-0700'])}"


def message(rng):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(6)))


def syslog(rng):
    priority = f"<{rng.choice([rng.randrange(200), 34, 0])}>"
    if rng.random() < 0.5:
        value = lambda: rng.choice(["", "x", "a b", '\\"', "\\\\", "\\]", "[", "a\\nb", "é"])
        element = lambda: "[" + " ".join([rng.choice(["id@1", "origin"])] + [
            f'{rng.choice("pq")}="{value()}"' for _ in range(rng.randrange(3))]) + "]"
        data = rng.choice(["-", element(), element() + element()])
        words = [rng.choice(["-", iso(rng), iso(rng)]), rng.choice(["-", "box", "::1"]), rng.choice(["-", "su", "a/b"]),
                 rng.choice(["-", "17"]), rng.choice(["-", "ID47"]), data]
        text = rng.choice(["", " ", " " + message(rng), " \ufeff" + message(rng)])
        return f"{priority}1 " + " ".join(words) + text
    month = rng.choice(["Jan", "Feb", "Dec"])
    time = rng.choice([iso(rng), f"{month} {rng.randrange(1, 29):2} {clock(rng)}", f"{month} 9 2012 {clock(rng)}",
                       f"{month} {rng.randrange(1, 10):02} {clock(rng)}.25"])
    tag = rng.choice(["su: ", "sshd[17]: ", "kernel: ", "CRON[5]: ", "Google Chrome Helper[77]: ", "a/b[x-1]: ", "x:", "",
                      "no tag ", "[5]: ", "a b: "])
    host = rng.choice(["box ", "192.0.2.1 ", "::1 ", ""])
    return rng.choice([priority, ""]) + time + " " + host + tag + message(rng)


def w3c(rng):
    """Lines with directives among them."""
    names = ["date", "time", "c-ip", "cs-method", "cs-uri-stem", "sc-status", "cs(User-Agent)"]
    kept = [name for name in names if rng.random() < 0.8] or ["time"]
    lines = ["#Version: 1.0"] * rng.randrange(2) + [f"#Date: {day(rng)} {clock(rng)}"] * rng.randrange(2)
    lines.append(rng.choice(["#Fields: ", "#fields:", "#Fields:\t"]) + " ".join(kept))
    blank = rng.choice(" \t")
    for _ in range(rng.randrange(12)):
        value = {"date": day(rng), "time": clock(rng), "c-ip": rng.choice(ADDRESSES), "cs-method": rng.choice(METHODS),
                 "cs-uri-stem": rng.choice(["/", "/a%20b", "-", "/é"]), "sc-status": rng.choice(["200", "404", "-"]),
                 "cs(User-Agent)": rng.choice(["Mozilla/5.0+(x)", "-", '"a b"', '"say ""x"" y"', '"a"', '""'])}
        lines.append(blank.join(value[name] for name in kept) + rng.choice(["", "", "", " "]) * (blank == " "))
    return lines


def quoted(text):
    return f'"{text}"'


def alb(rng):
    port = lambda: rng.choice(ADDRESSES) + ":" + str(rng.randrange(65536))
    seconds = lambda: rng.choice(["-1", "0.001", "0.000"])
    url = rng.choice(METHODS) + " " + rng.choice(["https://h:443/a?b=c", "http://h:80/a b", "-"]) + rng.choice([" HTTP/1.1", " - ", ""])
    fields = [rng.choice(["http", "https", "h2", "wss", "grpcs"]), iso(rng), "app/my-lb/50dc", port(), rng.choice(["-", port()]),
              seconds(), seconds(), seconds(), rng.choice(["200", "502"]), rng.choice(["200", "-"]), "34", "366", quoted(url),
              quoted(rng.choice(AGENTS)), rng.choice(["-", "ECDHE-RSA"]), "-", rng.choice(["-", "arn:aws:x"]), quoted("Root=1-5")]
    more = [quoted("-"), quoted("arn:aws:acm"), "0", iso(rng), quoted("forward,redirect"), quoted("-"), quoted("-"),
            quoted("10.0.0.1:80 10.0.0.2:80"), quoted("200 502"), quoted("-"), quoted("-"), "TID_1"]
    return " ".join(fields + more[:rng.choice([0, 0, 3, 5, 12])])


def s3(rng):
    fields = ["79a59df900", "awsexamplebucket1", f"[{clf_time(rng)}]", rng.choice(ADDRESSES + ["-"]),
              rng.choice(["-", "arn:aws:iam::1:user/x"]), "3E57", "REST.GET.OBJECT", rng.choice(["-", "a/b%2520c", "é"]),
              quoted(request(rng)), rng.choice(["200", "404", "-"]), rng.choice(["-", "NoSuchKey"]), rng.choice(["-", "113"]),
              rng.choice(["-", "4406"]), "7", rng.choice(["-", "6"]), quoted(rng.choice(["-", "http://a/b", ""])),
              quoted(rng.choice(AGENTS + ['a "b c" d', '"x" y'])), "-"]
    more = ["s9lzHYr=", "SigV4", "ECDHE", "AuthHeader", "b.s3.amazonaws.com", "TLSV1.2", "-", "Yes", "us-east-1"]
    return " ".join(fields + more[:rng.randrange(10)])
