"""Random log formats of nginx and Apache, and lines that they write: each variable with the values that it has."""
import writers


def nginx(rng):
    """Variables, each with a function of its values, and whether it may have blanks without quotes around it."""
    number = lambda: str(rng.choice([0, 200, 512, 10**9]))
    upstream = lambda one: rng.choice([one(), one() + ", " + one(), one() + " : " + one(), "-"])
    seconds = lambda: rng.choice(["0.001", "12.340", "0.000"])
    return {
        "$remote_addr": lambda: rng.choice(writers.ADDRESSES[:4]),
        "$time_local": lambda: writers.clf_time(rng),
        "$time_iso8601": lambda: writers.day(rng) + "T" + writers.clock(rng) + "+00:00",
        "$status": lambda: rng.choice(["200", "404", "000"]),
        "$body_bytes_sent": number,
        "$bytes_sent": number,
        "$request_length": number,
        "$request_time": seconds,
        "$msec": lambda: "1700000000.123",
        "$connection": number,
        "$pipe": lambda: rng.choice("p."),
        "$server_name": lambda: rng.choice(["example.org", "192.0.2.9"]),
        "$request_method": lambda: rng.choice(["GET", "POST"]),
        "$request_uri": lambda: rng.choice(["/", "/a?b=c%20d", "/é"]),
        "$server_protocol": lambda: "HTTP/1.1",
        "$upstream_addr": lambda: upstream(lambda: rng.choice(["10.0.0.1:80", "[::1]:8080", "unix:/tmp/s"])),
        "$upstream_response_time": lambda: upstream(seconds),
        "$upstream_status": lambda: upstream(lambda: "502"),
        "$request_id": lambda: "0af3c1",
    }


def nginx_quoted(rng):
    return {
        "$request": lambda: writers.request(rng).replace('\\"', "\\x22"),
        "$http_referer": lambda: rng.choice(["-", "http://a/b?c d", ""]),
        "$http_user_agent": lambda: rng.choice(writers.AGENTS).replace('\\"', "\\x22"),
        "$http_x_forwarded_for": lambda: rng.choice(["-", "192.0.2.7, 10.0.0.1", "::1"]),
        "$request_body": lambda: rng.choice(["-", "{\\x22a\\x22: 1}", "a=b c"]),
    }


def apache(rng):
    number = lambda: str(rng.choice([0, 200, 512]))
    return {
        "%h": lambda: rng.choice(writers.ADDRESSES),
        "%l": lambda: "-",
        "%v": lambda: "www.example.org",
        "%t": lambda: writers.clf_time(rng),
        "%>s": lambda: rng.choice(["200", "404", "-"]),
        "%b": lambda: rng.choice(["-", "512"]),
        "%O": number,
        "%I": number,
        "%D": number,
        "%T": number,
        "%p": lambda: rng.choice(["80", "443"]),
        "%X": lambda: rng.choice("+-X"),
        "%m": lambda: rng.choice(["GET", "POST"]),
        "%U": lambda: rng.choice(["/", "/a%20b"]),
        "%H": lambda: "HTTP/1.1",
        "%{UNIQUE_ID}e": lambda: rng.choice(["-", "Xy@12"]),
        "%{%Y-%m-%d %H:%M:%S}t": lambda: writers.day(rng) + " " + writers.clock(rng),
    }


def apache_quoted(rng):
    return {
        "%r": lambda: writers.request(rng),
        "%{Referer}i": lambda: rng.choice(["-", "http://a/b", ""]),
        "%{User-Agent}i": lambda: rng.choice(writers.AGENTS),
        "%{X-Forwarded-For}i": lambda: rng.choice(["-", "192.0.2.7, 10.0.0.1"]),
        "%{Host}i": lambda: rng.choice(["-", "a:80"]),
    }


def choose(rng):
    """A format: its string, its variables in their order, and a function that writes a line's values and the line."""
    is_nginx = rng.random() < 0.5
    bare = (nginx if is_nginx else apache)(rng)
    quoted = (nginx_quoted if is_nginx else apache_quoted)(rng)
    parts = [("", name, "") for name in rng.sample(list(bare), rng.randrange(1, 9))]
    parts += [('"', name, '"') for name in rng.sample(list(quoted), rng.randrange(0, 4))]
    rng.shuffle(parts)
    if rng.random() < 0.6:
        # A user may have blanks where a text follows.
        parts.insert(0, ("- ", "$remote_user" if is_nginx else "%u", " |"))
    if is_nginx:
        bracket = lambda name: name == "$time_local"
        parts = [("[", name, "]") if bracket(name) else (a, name, b) for a, name, b in parts]
    glue = [rng.choice([" ", " ", " ", " | ", " x=", "\t"]) for _ in parts]
    # A list or an address with colons and a blank inside ends where a blank follows, and so does a time.
    wide = ("$upstream", "$time", "%{%Y", "%h", "$remote_addr")
    glue = [" " if name.startswith(wide) and not after else text for text, (_, name, after) in zip(glue, parts)]
    glue[-1] = ""
    string = "".join(a + name + b + text for (a, name, b), text in zip(parts, glue))
    values = {**bare, **quoted, "$remote_user": lambda: rng.choice(writers.USERS[:3] + writers.USERS[6:8]),
              "%u": lambda: rng.choice(writers.USERS[:4] + writers.USERS[6:8])}

    def write():
        found = [values[name]() for _, name, _ in parts]
        shown = [f"[{value}]" if name == "%t" else value for value, (_, name, _) in zip(found, parts)]
        return found, "".join(a + value + b + text for value, (a, _, b), text in zip(shown, parts, glue))

    return string, [name.replace(">", "") for _, name, _ in parts], write
