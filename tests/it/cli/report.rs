//! `fanfold report`: the page about a run.

use crate::support::{Done, fan, has, oracle, skip};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

const HEADING: &str = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";

/// Returns a job log: for each job its start, its duration, its exit status and its command.
fn log(jobs: &[(f64, f64, i32, &str)]) -> String {
    let mut text = HEADING.to_owned();
    for (at, (start, seconds, exit, command)) in jobs.iter().enumerate() {
        let start = 1_700_000_000.0 + start;
        let job = at + 1;
        text += &format!("{job}\t:\t{start:.3}\t{seconds:10.3}\t0\t1000\t{exit}\t0\t{command}\n");
    }
    text
}

fn page(log: &str) -> String {
    let done = fan("report log").file("log", log).stderr("").ok();
    String::from_utf8(done.out).expect("UTF-8")
}

/// Three lanes: one job of 40 minutes in the first, short ones in the others, of which one failed.
const JOBS: &[(f64, f64, i32, &str)] = &[
    (0.0, 600.0, 0, "first"),
    (0.0, 1200.0, 0, "second"),
    (600.0, 2400.0, 0, "long"),
    (1200.0, 300.0, 7, "failing"),
];

/// Returns the bars of the jobs: left edge, top, width, each with its class, in thousandths of the chart and in lanes.
fn bars(page: &str) -> Vec<(String, i64, i64, i64)> {
    let of = |line: &str, name: &str| -> f64 {
        let from = line.find(&format!(" {name}=\"")).expect(name) + name.len() + 3;
        let end = line[from..].find('"').expect("a quote") + from;
        line[from..end].parse().expect("a number")
    };
    let lines = page.lines().filter(|line| line.starts_with("<rect class=\"job "));
    lines
        .map(|line| {
            let class = line[17..].split('"').next().unwrap_or_default().to_owned();
            let scaled = |number: f64| (number / 936.0 * 1000.0).round() as i64;
            let lane = (of(line, "y") / 18.0).round() as i64;
            (
                class,
                scaled(of(line, "x") - 56.0),
                lane,
                scaled(of(line, "width")),
            )
        })
        .collect()
}

#[test]
fn a_job_log_shows_what_was_long_and_what_failed_and_when() {
    let page = page(&log(JOBS));
    let said = "One job took 40 of 50 minutes (long), and began after 10 min: start it first (--schedule largest) or cut it.";
    assert!(page.contains(said), "{page}");
    assert!(page.contains("1 job failed: exited with status 7."));
    let expected = [
        ("done", 0, 0, 200),
        ("done", 0, 1, 400),
        ("done", 200, 0, 800),
        ("failed", 400, 1, 100),
    ];
    let expected = expected.map(|(class, x, lane, width)| (class.to_owned(), x, lane, width));
    assert_eq!(bars(&page), expected);
}

#[test]
fn a_state_shows_its_jobs_and_their_causes_and_no_name_is_obeyed() {
    let script = r#"case $1 in *script*) echo "a <b> & c" >&2; exit 3;; esac"#;
    let names = "<script>alert('x')</script>\n\"onload=x\n\u{202e}abc\nplain\n";
    let run = fan("run -j2 --state s -- sh -c").arg(script).args(["sh", "{}"]);
    let run = run.stdin(names).code(123);
    let done = fan("report s").at(run.fan.dir()).stderr("").ok();
    let page = String::from_utf8_lossy(&done.out).into_owned();
    for held in [
        "content=\"default-src 'none'; style-src 'unsafe-inline'\"",
        "&lt;script&gt;alert(",
        "&quot;onload=x",
        "\\u{202e}abc",
        "1 job failed: &#39;sh&#39; exited with status 3.",
        "<dt>jobs</dt><dd>4</dd>",
        "mode: run",
        "a lane for each worker",
        "<pre>a &lt;b&gt; &amp; c</pre>",
    ] {
        done.expect(page.contains(held), held);
    }
    for absent in ["<script", "\"onload", "\u{202e}", "http:", "https:", "src="] {
        done.expect(!page.contains(absent), &format!("no {absent}"));
    }
    // The next run does the one that failed: the others were done before.
    let again = fan("run -j2 --state s -- sh -c").arg(script).args(["sh", "{}"]);
    again.at(run.fan.dir()).stdin(names).code(123);
    let done = fan("report s").at(run.fan.dir()).ok();
    let page = String::from_utf8_lossy(&done.out).into_owned();
    for held in [
        "<dt>jobs</dt><dd>1</dd>",
        "<dt>done by earlier runs</dt><dd>3</dd>",
    ] {
        done.expect(page.contains(held), held);
    }
}

#[test]
fn the_end_of_standard_error_of_the_last_try_is_kept_and_an_older_state_does_without() {
    let script = "if [ $1 = bad ]; then echo begin; seq 2000; echo try $FANFOLD_TRY; fi >&2; [ $1 = good ]";
    let words = "run -j1 --retries 1 --retry-delay 1ms --state s --err e/{} -- sh -c";
    let run = fan(words).arg(script).args(["sh", "{}"]);
    let run = run.stdin("good\nbad\nsilent\n").code(123);
    let state = rusqlite::Connection::open(run.fan.path("s")).expect("a state");
    let report = || {
        let done = fan("report s").at(run.fan.dir()).ok();
        String::from_utf8_lossy(&done.out).into_owned()
    };
    let page = report();
    assert!(page.contains("\n1999\n2000\ntry 2</pre>") && !page.contains("try 1"));
    let kept = "SELECT count(*), sum(slot), count(stderr), max(length(stderr)) FROM details";
    let kept = state.query_row(kept, (), |row| {
        Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
    });
    assert_eq!(kept, Ok([3, 0, 1, 2048]));
    state.execute_batch("DROP TABLE details").expect("it is there");
    let page = report();
    assert!(page.contains("the first lane that was free") && !page.contains("try 2"));
}

#[test]
fn the_page_does_not_grow_with_the_number_of_jobs() {
    let size = |jobs: usize| {
        let name = "n".repeat(200);
        let job = |at: usize| {
            (
                at as f64 / 50.0,
                1.0,
                i32::from(at.is_multiple_of(9)),
                name.as_str(),
            )
        };
        let page = page(&log(&(0..jobs).map(job).collect::<Vec<_>>()));
        assert!(page.contains("class=\"busy4\"") && bars(&page).is_empty());
        page.len()
    };
    let (some, many) = (size(4_000), size(16_000));
    assert!(some < 300_000 && many < 300_000, "{some} {many}");
}

#[test]
fn what_is_neither_is_refused_and_an_empty_run_is_none() {
    for (bytes, said) in [
        ("x\n", "f: neither a state (--state) nor a job log (--joblog)"),
        ("SQLite format 3\0", "f: not a state file"),
        ("", "no such state file"),
    ] {
        fan("report f").file("f", bytes).stdout("").says(said).code(2);
    }
    fan("report gone").stdout("").says("gone: no such file").code(2);
    let page = page(HEADING);
    assert!(page.contains("No job of this run has ended") && !page.contains("NaN"));
    // The end of a log that is being written.
    let text = log(JOBS);
    let page = self::page(&text[..text.len() - 3]);
    assert_eq!(bars(&page).len(), 3);
}

/// Runs `report --open` with this `xdg-open`, which writes what it is given to the file `opened`.
fn open(opener: &str, said: &str) -> Done {
    let fan = fan("report --open log")
        .file("log", log(JOBS))
        .file("bin/xdg-open", opener);
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(fan.path("bin/xdg-open"), mode).expect("ours");
    let (bin, tmp) = (fan.path("bin"), fan.dir().to_owned());
    let fan = fan.env("PATH", &format!("{}:/usr/bin:/bin", bin.display()));
    let done = fan.env("TMPDIR", &tmp.display().to_string()).says(said).ok();
    let name = String::from_utf8_lossy(&done.out).trim().to_owned();
    let page = fs::read_to_string(&name).unwrap_or_default();
    done.expect(
        page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"),
        "the page",
    );
    done
}

#[test]
fn the_page_is_opened_where_there_is_something_to_open_it() {
    let done = open("#!/bin/sh\necho \"$1\" > \"$TMPDIR/opened\"\n", "");
    let opened = fs::read(done.fan.path("opened")).unwrap_or_default();
    done.expect(opened == done.out, "the file that was printed");
    open("no program\0", "fanfold: xdg-open: exec format error");
}

#[test]
fn a_browser_draws_the_lanes_where_the_data_say() {
    if !has("python3") || !has("chromium") {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    fs::write(at("page.html"), page(&log(JOBS))).expect("a file");
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", "120", "chromium", "--headless", "--no-sandbox"]);
    // It asks nobody on the network for anything.
    command.args([
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
    ]);
    command.args([
        "--hide-scrollbars",
        "--force-color-profile=srgb",
        "--enable-logging=stderr",
    ]);
    command.args(["--window-size=1056,640", "--screenshot=shot.png"]);
    command.arg(format!("--user-data-dir={}", at("profile").display()));
    command.arg(format!("file://{}", at("page.html").display()));
    let shot = command.current_dir(dir.path()).output().expect("timeout");
    let said = String::from_utf8_lossy(&shot.stderr);
    if !at("shot.png").exists() {
        return skip(&format!("chromium makes no screenshots here: {said}"));
    }
    assert!(!said.contains("CONSOLE"), "{said}");
    let seen = oracle(dir.path(), "python3 -c \"$1\" shot.png", &[OsStr::new(LOOK)]);
    let seen = String::from_utf8(seen).expect("ASCII");
    // Thousandths of the width of each lane, where its colour changes.
    assert_eq!(seen, "done 0 1000\ndone 0 400 failed 400 500 lane 500 1000\n");
}

/// Prints the colours along the first two lanes of a screenshot, which is a PNG of 8 bits a channel.
const LOOK: &str = r#"
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
at, packed = 8, b""
while at < len(data):
    length, kind = struct.unpack(">I4s", data[at : at + 8])
    body, at = data[at + 8 : at + 8 + length], at + 12 + length
    if kind == b"IHDR":
        width, height, depth, color = struct.unpack(">IIBB", body[:10])
    packed += body if kind == b"IDAT" else b""
assert depth == 8 and color in (2, 6)
size, raw, rows = 3 if color == 2 else 4, zlib.decompress(packed), []
before = bytearray(width * size)
for y in range(height):
    kind, line = raw[y * (width * size + 1)], bytearray(raw[y * (width * size + 1) + 1 : (y + 1) * (width * size + 1)])
    for x in range(width * size):
        a, b, c = line[x - size] if x >= size else 0, before[x], before[x - size] if x >= size else 0
        if kind == 1: line[x] = line[x] + a & 255
        elif kind == 2: line[x] = line[x] + b & 255
        elif kind == 3: line[x] = line[x] + (a + b) // 2 & 255
        elif kind == 4:
            p = a + b - c
            pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
            line[x] = line[x] + (a if pa <= pb and pa <= pc else b if pb <= pc else c) & 255
    rows.append(line)
    before = line
COLOURS = {"done": (61, 127, 184), "failed": (209, 56, 61), "lane": (236, 239, 243)}
def colour(x, y):
    pixel = rows[y][x * size : x * size + 3]
    return next((name for name, of in COLOURS.items() if all(abs(p - q) < 7 for p, q in zip(pixel, of))), None)
lane = [(x, y) for y in range(height) for x in range(width) if bytes(rows[y][x * size : x * size + 3]) == bytes((236, 239, 243))]
top, bottom = min(y for _, y in lane), max(y for _, y in lane)
second = (top + bottom) // 2
# The first lane has no free place, and lies right above.
right = max(x for x, y in lane if y == second) + 1
left = min(x for x in range(width) if colour(x, second) == "done")
first = round(second - 18 * (right - left) / 936)
for y in (first, second):
    runs = []
    for x in range(left, right):
        name = colour(x, y)
        if name and (not runs or runs[-1][0] != name):
            runs.append([name, x])
    ends = [start for _, start in runs[1:]] + [right]
    place = lambda x: round((x - left) / (right - left) * 100) * 10
    print(" ".join(f"{name} {place(start)} {place(end)}" for (name, start), end in zip(runs, ends)))
"#;
