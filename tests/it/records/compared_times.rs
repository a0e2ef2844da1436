//! Times that are compared: with what is typed, with a window of time, and with each other.

use crate::support::fan;

const WEB: &str = "h - - [01/Jan/2024:00:00:00 +0000] \"GET /a HTTP/1.1\" 200 1
h - - [02/Jan/2024:00:00:00 +0000] \"GET /b HTTP/1.1\" 200 1
h - - [03/Jan/2024:00:00:00 +0000] \"GET /c HTTP/1.1\" 200 1
";

#[test]
fn since_takes_its_bound_and_until_does_not() {
    for (args, want) in [
        ("--since 2024-01-02", "/b\n/c\n"),
        ("--until 2024-01-02", "/a\n"),
        ("--since 2024-01-02 --until 2024-01-03", "/b\n"),
        ("--since 2024-01-01T23:00:00-02:00", "/c\n"),
        ("--since -2h", ""),
        (
            "--tz +01:00 --since 2024-01-02T01:00 --until yesterday",
            "/b\n/c\n",
        ),
    ] {
        fan("map a -i clf --select path")
            .args(args.split(' '))
            .file("a", WEB)
            .stdout(want)
            .ok();
    }
    let json = r#"{"ts":"2024-01-02","@timestamp":"2024-01-01","n":1}
{"@timestamp":"2024-01-02T00:00:00Z","n":2}
{"timestamp":1704153600,"n":3}
{"time":"2024-01-01","ts":"2024-01-02","n":4}
{"n":5}
{"__REALTIME_TIMESTAMP":"1704153600000001","n":6}
{"__REALTIME_TIMESTAMP":"1704153599999999","n":7}
"#;
    fan("map a -i json --select n --since 2024-01-02")
        .file("a", json)
        .stdout("1\n2\n3\n6\n")
        .ok();
    fan("map a -i json --by __REALTIME_TIMESTAMP:minute --agg count --where")
        .arg("n == 6")
        .file("a", json)
        .stdout("2024-01-02T00:00\t1\n")
        .ok();
}

#[test]
fn a_window_is_refused_where_its_time_or_field_is_unknown() {
    for (args, what) in [
        ("--since 2024-01-02", "format 'ws' has no time field of its own"),
        (
            "-i clf --since 2024-13-02",
            "in --since '2024-13-02': there is no month 13",
        ),
        ("-i clf --until soon", "in --until 'soon': it is no time"),
        ("-i clf --since 2024", "a year alone"),
        ("-i clf --since -2h --state s", "depends on now"),
        ("--where 1>yesterday --state s", "depends on now"),
        ("--where 0=='Jan_2_03:04' --state s", "depends on now"),
        ("--where 0_not_in_x,Jan_2_03:04:05 --state s", "depends on now"),
    ] {
        let args = args.split(' ').map(|arg| arg.replace('_', " "));
        let run = fan("map a").args(args).file("a", WEB);
        run.says(what).code(2);
    }
}

#[test]
fn a_file_that_was_written_before_is_not_opened() {
    // Nobody may read it, but for its age nobody tries.
    let old = "touch -d 2020-01-01 old; printf '\\037\\213damaged' > broken; touch -d 2020-01-01 broken";
    fan("map old broken new -i clf --select path --since 2024-01-03")
        .file("old", WEB)
        .file("new", WEB)
        .after(old)
        .stdout("/c\n")
        .ok();
    fan("map - -i clf --select path --since 2024-01-03")
        .stdin(WEB)
        .stdout("/c\n")
        .ok();
}

#[test]
fn a_time_goes_on_after_the_word_in_which_it_begins() {
    let log = "2015-10-18 17:59:59 a\n2015-10-18 18:00:00 b\n2015-10-19 00:00:00 c\n";
    for (test, want) in [
        ("1 >= 2015-10-18 18:00", "b\nc\n"),
        ("1 >= 2015-10-18T18:00", "b\nc\n"),
        ("-3 < 2015-10-18T18:00:00Z", "a\n"),
        ("0 > 2015-10-18T18:00", "c\n"),
        ("1 == 2015-10-18T18:00", "b\n"),
        ("1 in x,2015-10-18 18:00,2015-10-18 17:59:59.0", "a\nb\n"),
        ("1 >= 1445191200", "b\nc\n"),
        // A date is compared with dates as it stands.
        ("1 == 2015-10-18", "a\nb\n"),
        ("1 > 2015-10-18", "c\n"),
        ("1 in 2015-10-19,2015-10-18T18:00", "b\nc\n"),
        // Its midnight was not written.
        ("1 == 2015-10-18T00:00", ""),
        ("1 == 2015-10-19T00:00", "c\n"),
        ("1:1s >= 2015-10-18 18:00", "b\nc\n"),
        ("1 >= 3000d ago and 1 < 2016-01-01", ""),
    ] {
        for format in [&[][..], &["-d", " "]] {
            let fan = fan("map f -s -1 -w").arg(test).args(format);
            fan.file("f", log).stdout(want).stderr("").ok();
        }
    }
    // The offset, and the month, are words of their own.
    for (file, test, want) in [
        (
            "h [10/Oct/2000:13:55:36 -0700] a\n",
            "2 >= 2000-10-10T20:55:36Z",
            "a\n",
        ),
        (
            "h [10/Oct/2000:13:55:36 -0700] a\n",
            "2 == 2000-10-10T20:55:36Z",
            "a\n",
        ),
        ("h [10/Oct/2000:13:55:36 -0700] a\n", "2 < 2000-10-11", "a\n"),
        ("081109 203615 148 a\n", "1 >= 2008-11-09T20:36:15", "a\n"),
        ("Oct 10 2000 13:55:36 a\n", "1 < 2000-10-10T13:55:37", "a\n"),
        ("404 5326 a\n", "1 == 404 and 2 > 5000", "a\n"),
    ] {
        let fan = fan("map f -s -1 -w").arg(test);
        fan.file("f", file).stdout(want).stderr("").ok();
    }
    let csv = fan("map g -i csv -s v -w").arg("at >= 2015-10-18 18:00");
    csv.file("g", "at,v\n2015-10-18 18:30,c\n2015-10-18,d\n")
        .stdout("c\n")
        .ok();
}

#[test]
fn a_tested_value_that_a_modifier_cannot_read_is_told() {
    let log = "2024-01-02T03:04:05Z 1s a\nx 2s b\n2024-01-02T04:04:05Z z c\n";
    for (args, out, says) in [
        (
            "-s 3 -w 1:hour==2024-01-02T03",
            "a\n",
            "1:hour: 1 of 3 compared values is no time (first: f:2 'x')",
        ),
        (
            "-s 3 -w 1:hod!=03",
            "b\nc\n",
            "1:hod: 1 of 3 compared values is no time (first: f:2 'x')",
        ),
        (
            "-s 3 -w 2:duration<3",
            "a\nb\n",
            "2:duration: 1 of 3 compared values is no number (first: f:3 'z')",
        ),
        (
            "--agg count:(1:hour==2024-01-02T03)",
            "1\n",
            "1:hour: 1 of 3 compared values is no time (first: f:2 'x')",
        ),
    ] {
        for jobs in ["-j1", "-j8"] {
            let fan = fan("map f").args(args.split(' ')).arg(jobs);
            fan.file("f", log).stdout(out).says(says).ok();
        }
    }
    // What is never looked at is not judged.
    fan("map f -s 3 -w")
        .arg("3 == a and 1:hour == 2024-01-02T03")
        .file("f", log)
        .stdout("a\n")
        .stderr("")
        .ok();
    fan("map f g -s 3 -w 1:hour==2024-01-02T03")
        .file("f", log)
        .file("g", "30.01.2024 1 x\n")
        .stdout("a\n")
        .says("fanfold: g: no value of 1:hour is a time (first: '30.01.2024'): --time-format says how")
        .code(3);
}

#[test]
fn a_file_without_a_time_in_its_window_is_an_error() {
    let web = "h - - [x] \"GET / HTTP/1.1\" 200 1\n";
    fan("map a b -i clf --select path --since 2024-01-03")
        .file("a", WEB)
        .file("b", web)
        .stdout("/c\n")
        .says("fanfold: b: no record has a time that can be read (first: 'x'): --time-format says how such")
        .code(3);
    let json = "{\"at\":\"2024-01-02\",\"n\":1}\n";
    fan("map a -i json --select n --until 2024-01-03")
        .file("a", json)
        .stdout("")
        .says("fanfold: a: no record has a time of its own, for --since and --until: --where tests another field")
        .code(3);
    fan("map a -i json --select n --until 2024-01-03")
        .file(
            "a",
            "{\"time\":1704153600,\"n\":1}\n{\"n\":2}\n{\"ts\":\"soon\"}\n",
        )
        .stdout("1\n")
        .says("ts: 1 of 1 compared value is no time (first: a:3 'soon')")
        .ok();
    // No record is in question.
    fan("map a -i clf --grep x --select path --since 2024-01-03")
        .file("a", WEB)
        .stdout("")
        .stderr("")
        .ok();
}

#[test]
fn each_file_of_auto_has_a_window_of_its_own_field() {
    let json = "{\"ts\":\"2024-01-02T10:00:00Z\",\"path\":\"/j\"}\n{\"ts\":\"2024-01-01\",\"path\":\"/k\"}\n";
    for command in ["map a b -i auto -q", "run a b -i auto -q"] {
        let run = fan(command).args([
            "--select",
            "path",
            "--since",
            "2024-01-02",
            "--until",
            "2024-01-03",
        ]);
        let run = if command.starts_with("run") {
            run.args(["--", "cat"])
        } else {
            run
        };
        run.file("a", WEB).file("b", json).stdout("/b\n/j\n").ok();
    }
    fan("map a -i auto --select v --since 2024-01-02")
        .file("a", "at,v\n2024-01-02,1\n2024-01-03,2\n")
        .stdout("")
        .says("fanfold: a: read as csv: --since: format 'csv' has no time field of its own")
        .code(3);
}

#[test]
fn the_earliest_and_the_latest_and_the_order_of_times_are_those_of_their_files_and_zone() {
    let touch = "touch -d 2023-06-01 old; touch -d 2024-06-01 new";
    for jobs in ["-j1", "-j8"] {
        let syslog = |args: &str| {
            let fan = fan("map old new -i syslog").args(args.split(' ')).arg(jobs);
            fan.file("old", "May  5 10:00:00 h a: 1\nDec 31 23:00:00 h a: 2\n")
                .file("new", "Jan  5 10:00:00 h a: 3\nMay  4 10:00:00 h a: 4\n")
                .after(touch)
        };
        syslog("--agg min:time,max:time,count,distinct:time")
            .stdout("Dec 31 23:00:00\tMay  4 10:00:00\t4\t4\n")
            .ok();
        syslog("--sort time -s message").stdout("2\n1\n3\n4\n").ok();
        syslog("--sort -time -s message").stdout("4\n3\n1\n2\n").ok();
        let csv = |args: &str, rows: &str| {
            let fan = fan("map f -i csv").args(args.split(' ')).arg(jobs);
            fan.file("f", format!("t,n\n{rows}"))
        };
        let mixed = "2024-07-01 10:00,1\n2024-07-01T09:00:00Z,2\n";
        csv("--agg min:t,max:t --tz Europe/Paris", mixed)
            .stdout("2024-07-01 10:00\t2024-07-01T09:00:00Z\n")
            .ok();
        csv("--agg min:t,max:t", mixed)
            .stdout("2024-07-01T09:00:00Z\t2024-07-01 10:00\n")
            .ok();
        csv("--sort t -s n --tz +02:00", mixed).stdout("1\n2\n").ok();
        let days = "30.01.2024,1\n02.02.2024,2\n-,3\n";
        csv(
            "--agg min:t,max:t,count:(t<2024-02-01) --time-format %d.%m.%Y",
            days,
        )
        .stdout("30.01.2024\t02.02.2024\t1\n")
        .says("t: 1 of 3 values is '-' or neither number nor time (first: f:4 '-')")
        .ok();
        csv("--sort -t -s n --time-format %d.%m.%Y", days)
            .stdout("2\n1\n3\n")
            .ok();
    }
    fan("map f -d ; --agg max:1,max:2 --time-format %d.%m.%Y")
        .file("f", "02.02.2024;5\n30.01.2024;17\n")
        .stdout("02.02.2024\t17\n")
        .ok();
}
