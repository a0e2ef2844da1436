"""Writes samples of sixteen system logs into the current directory, and prints how many lines each has by hour.

The lines have the shapes of loghub's public samples. What is printed is read from the lines again, by strptime: it
shares nothing with fanfold.
"""
import collections, json, os, random, re
from datetime import datetime, timedelta, timezone

rng = random.Random(7)
WORDS = "block blk_38865 terminating session for user root (uid=0) 2005 10:11 12:00:00 /etc/zoo.cfg [x] 4 -".split()


def text():
    return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 8)))


def host():
    return rng.choice(["combo", "LabSZ", "calvisitor-10-105-160-95", "dn228"])


def syslog(at):
    return f"{at:%b} {at.day:2} {at:%H:%M:%S} {host()} sshd[{rng.randrange(9999)}]: {text()}"


def epoch(at):
    return int(at.replace(tzinfo=timezone.utc).timestamp())


def pacific(at):
    """The clock in California, in November and without daylight saving time."""
    return at - timedelta(hours=8)


# The name: the first time, the line of a time, and how a program finds the time in a line.
LOGS = {
    "Android": ("2016-03-17 16:13:38", lambda at: f"{at:%m-%d %H:%M:%S}.{rng.randrange(1000):03}  1702  {rng.randrange(9999):4} D PowerManager: {text()}",
                r"(\d\d-\d\d \d\d:\d\d:\d\d)", "%m-%d %H:%M:%S"),
    "Apache": ("2005-12-04 04:47:44", lambda at: f"[{at:%a %b %d %H:%M:%S %Y}] [{rng.choice(['notice', 'error'])}] workerEnv.init() {text()}",
               r"\[(\w{3} \w{3} \d\d [\d:]+ \d{4})\]", "%a %b %d %H:%M:%S %Y"),
    "BGL": ("2005-06-03 15:42:50", lambda at: f"{rng.choice(['-', 'APPREAD'])} {epoch(at)} {at:%Y.%m.%d} R02-M1-N0-C:J12-U11 {at:%Y-%m-%d-%H.%M.%S}.{rng.randrange(10**6):06} R02-M1-N0 RAS KERNEL INFO {text()}",
            r"\S+ \S+ \S+ \S+ (\d{4}-\d\d-\d\d-\d\d\.\d\d\.\d\d)\.", "%Y-%m-%d-%H.%M.%S"),
    "HDFS": ("2008-11-09 20:36:15", lambda at: f"{at:%y%m%d %H%M%S} {rng.randrange(999)} INFO dfs.DataNode$PacketResponder: {text()}",
             r"(\d{6} \d{6}) ", "%y%m%d %H%M%S"),
    "HPC": ("2004-02-26 14:12:22", lambda at: f"{rng.randrange(10**6)} node-{rng.randrange(256)} unix.hw state_change.unavailable {epoch(at)} 1 Component State Change: \\042alt0\\042 {text()}",
            r"\S+ \S+ \S+ \S+ (\d+) ", None),
    "Hadoop": ("2015-10-18 18:01:47", lambda at: f"{at:%Y-%m-%d %H:%M:%S},{rng.randrange(1000):03} INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: {text()}"
               + rng.choice(["", "", "", "\njava.net.NoRouteToHostException: No route to host\n\tat sun.nio.ch.Net.connect(Native Method)"]),
               r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),", "%Y-%m-%d %H:%M:%S"),
    "HealthApp": ("2017-12-23 22:15:29", lambda at: f"{at:%Y%m%d}-{at.hour}:{at.minute}:{at.second}:{rng.randrange(1000)}|Step_LSC|30002312|{text()}",
                  r"(\d{8}-\d+:\d+:\d+):\d+\|", "%Y%m%d-%H:%M:%S"),
    "Linux": ("2005-06-14 15:16:01", syslog, r"(\w{3} +\d+ \d\d:\d\d:\d\d) ", "%b %d %H:%M:%S"),
    "Mac": ("2017-07-01 09:00:55", syslog, r"(\w{3} +\d+ \d\d:\d\d:\d\d) ", "%b %d %H:%M:%S"),
    "OpenSSH": ("2016-12-10 06:55:46", syslog, r"(\w{3} +\d+ \d\d:\d\d:\d\d) ", "%b %d %H:%M:%S"),
    "OpenStack": ("2017-05-16 00:00:00", lambda at: f"nova-api.log.1.2017-05-16_13:53:08 {at:%Y-%m-%d %H:%M:%S}.{rng.randrange(1000):03} 25746 INFO nova.osapi_compute.wsgi.server [req-38101a0b] 10.11.10.1 \"GET /v2/ HTTP/1.1\" {text()}",
                  r"\S+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.", "%Y-%m-%d %H:%M:%S"),
    "Proxifier": ("2016-10-30 16:49:06", lambda at: f"[{at:%m.%d %H:%M:%S}] chrome.exe *64 - proxy.cse.cuhk.edu.hk:5070 open through proxy {text()}",
                  r"\[(\d\d\.\d\d \d\d:\d\d:\d\d)\]", "%m.%d %H:%M:%S"),
    "Spark": ("2017-06-09 20:10:40", lambda at: f"{at:%y/%m/%d %H:%M:%S} INFO executor.CoarseGrainedExecutorBackend: {text()}",
              r"(\d\d/\d\d/\d\d \d\d:\d\d:\d\d) ", "%y/%m/%d %H:%M:%S"),
    "Thunderbird": ("2005-11-09 20:01:01", lambda at: f"- {epoch(at)} {pacific(at):%Y.%m.%d} dn228 {pacific(at):%b} {pacific(at).day} {pacific(at):%H:%M:%S} dn228/dn228 crond(pam_unix)[2915]: {text()}",
                    r"\S+ \S+ \S+ \S+ (\w{3} \d+ \d\d:\d\d:\d\d) ", "%b %d %H:%M:%S"),
    "Windows": ("2016-09-28 04:30:30", lambda at: f"{at:%Y-%m-%d %H:%M:%S}, Info                  CBS    {text()}",
                r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d), ", "%Y-%m-%d %H:%M:%S"),
    "Zookeeper": ("2015-07-29 17:41:41", lambda at: f"{at:%Y-%m-%d %H:%M:%S},{rng.randrange(1000):03} - INFO  [main:QuorumPeerConfig@101] - {text()}",
                  r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),", "%Y-%m-%d %H:%M:%S"),
}

answers = {}
for name, (first, line, pattern, form) in LOGS.items():
    at, lines = datetime.fromisoformat(first), []
    for _ in range(300):
        lines.append(line(at))
        at += timedelta(seconds=rng.randrange(600))
    with open(f"{name}.log", "w") as file:
        file.write("\n".join(lines) + "\n")
    os.utime(f"{name}.log", (epoch(at), epoch(at)))
    hours = collections.Counter()
    for text_line in open(f"{name}.log"):
        if found := re.match(pattern, text_line):
            if form is None:
                time = datetime.fromtimestamp(int(found[1]), timezone.utc)
            else:
                year = "" if "%Y" in form or "%y" in form else first[:4] + " "
                time = datetime.strptime(year + re.sub(" +", " ", found[1]), ("%Y " if year else "") + form)
            hours[f"{time:%Y-%m-%dT%H}"] += 1
    answers[name] = "".join(f"{hour}\t{n}\n" for hour, n in sorted(hours.items()))
print(json.dumps(answers))
