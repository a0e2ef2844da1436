//! The formats of logs, from the command line.

use crate::support::fan;

const NGINX: &str = concat!(
    "192.0.2.1 - - [27/Jan/2024:10:03:34 +0000] \"GET /a HTTP/2.0\" 200 57 \"-\" \"x\" 0.250\n",
    "192.0.2.2 - Ada L [27/Jan/2024:10:03:35 +0000] \"GET /b HTTP/2.0\" 404 7 \"-\" \"y\" -\n",
    "hello world\n",
);

#[test]
fn a_log_format_of_nginx_names_the_fields() {
    let format = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \
                  \"$http_referer\" \"$http_user_agent\" $request_time";
    let map = |words: &str| {
        let fan = fan(words).arg("--log-format").arg(format).file("a.log", NGINX);
        fan.stderr("fanfold: 1 of 3 lines could not be read as log-format (first: a.log:3 'hello world')\n")
    };
    map("map a.log --select user,path,request_time,9")
        .stdout("-\t/a\t0.250\t0.250\nAda L\t/b\t-\t-\n")
        .ok();
    map("map a.log --by status --agg sum:bytes")
        .stdout("200\t57\n404\t7\n")
        .ok();
}

#[test]
fn the_time_of_a_log_format_may_be_an_epoch() {
    let format = "$msec|$remote_addr|$status";
    fan("map a --since 2024-01-27T10:03:34Z --select host,time:minute,msec --log-format")
        .arg(format)
        .file("a", "1706349813.999|a|200\r\n1706349814.000|b|200\r\nx\r\n")
        .stdout("b\t2024-01-27T10:03\t1706349814.000\n")
        .stderr("fanfold: 1 of 3 lines could not be read as log-format (first: a:3 'x')\n")
        .ok();
    // Beside another time it is none.
    fan("map a --select time:year,msec --log-format")
        .arg("$msec $time_iso8601")
        .file("a", "1706349813.999 2023-01-27T10:03:34+00:00\n")
        .stdout("2023\t1706349813.999\n")
        .ok();
}

#[test]
fn a_log_format_is_a_format_of_its_own() {
    for (words, said) in [
        (
            "map a.log -i clf --log-format %h",
            "--log-format is a format of its own",
        ),
        ("map a.log --log-format %s%b", "nothing between '%s' and '%b'"),
        ("map a.log --log-format %h --select 2", "has fields 1 to 1: host"),
        ("map a.log --log-format %h --select hots", "did you mean 'host'?"),
    ] {
        let done = fan(words).file("a.log", "x\n").code(2);
        done.expect(done.err.contains(said), said);
    }
}

#[test]
fn clf_has_other_names() {
    for name in ["clf", "nginx", "apache", "common", "combined"] {
        fan("map a.log --select path -i")
            .arg(name)
            .file("a.log", NGINX.lines().next().expect("a line"))
            .stdout("/a\n")
            .ok();
    }
}

#[test]
fn a_field_of_w3c_that_no_directive_names_is_that_files_error() {
    let log = "#Fields: date time sc-status\n2024-01-02 03:04:05 200\n";
    let more = format!("{log}#Fields: date time c-ip\n2024-01-02 03:04:06 ::1\n");
    fan("map a b -i w3c --by c-ip -j1")
        .file("a", log)
        .file("b", &more)
        .stdout("\t1\n::1\t1\n")
        .code(3);
    // Filters do not hide the directives.
    fan("map a -i w3c --grep 200 --where")
        .arg("sc-status == 200")
        .args(["--select", "time"])
        .file("a", log)
        .stdout("2024-01-02 03:04:05\n")
        .ok();
}

#[test]
fn a_big_file_of_w3c_is_read_with_the_names_of_its_beginning() {
    let tail = "z".repeat(1000);
    let mut log = String::from("#Fields: a n\n");
    for n in 0..35_000 {
        log.push_str(if n % 7 == 0 { "x " } else { "y " });
        log.push_str(&tail);
        log.push('\n');
    }
    for jobs in ["-j1", "-j4"] {
        fan("map a -i w3c --by a")
            .arg(jobs)
            .file("a", &log)
            .stdout("x\t5000\ny\t30000\n")
            .ok();
    }
}

const TRACES: &str = "\tat an.earlier.Trace\n\
    2024-01-02 03:04:05 ERROR boom\n\tat a.B\n\tat c.D\n\n\
    2024-01-02 03:04:06 INFO fine\n\
    2024-01-02 03:04:07 ERROR again\n\tat a.B";

#[test]
fn a_record_may_have_several_lines() {
    let told = "fanfold: 1 of 8 lines could not be read as ws (first: a:1 '\\tat an.earlier.Trace')\n";
    let map = |words: &str| {
        let fan = fan(words).args(["--record-start", r"^\d{4}-"]);
        fan.file("a", TRACES).stderr(told)
    };
    map("map a --by 3 --agg count").stdout("ERROR\t2\nINFO\t1\n").ok();
    map("map a --agg count")
        .arg("--where=-1 == a.B")
        .stdout("1\n")
        .ok();
    map("map a --grep c.D --select @line,1,4")
        .stdout("2\t2024-01-02\tboom\n")
        .ok();
    map("map a --grep c.D")
        .stdout("2024-01-02 03:04:05 ERROR boom\n\tat a.B\n\tat c.D\n\n")
        .ok();
    map("map a --select @line,3")
        .arg("--where=3 == ERROR")
        .stdout("2\tERROR\n7\tERROR\n")
        .ok();
    fan("map a --record-start ^[0-9]{4}-")
        .file("a", TRACES)
        .stderr(&told.replace("as ws", "as extract"))
        .args(["--extract", r"(?s)(\w+)\n.*at (\S+)$", "--select", "1,2"])
        .stdout("again\ta.B\n")
        .ok();
    fan("run a --record-start ^E --count -- cat")
        .file("a", "E 1\nx\nE 1\nx\n")
        .stdout("2\tE 1\nx\n")
        .ok();
    fan("map a --record-start ^[{] -i json --select a,b -j1")
        .file("a", "{\"a\":1,\n \"b\":\n2}\n{\"a\":3}\n")
        .stdout("1\t2\n3\t\n")
        .ok();
    fan("map a --bad fail --record-start ^x")
        .file("a", "y\nx\n")
        .code(3);
    fan("map a -i csv --record-start x").file("a", "x\n").code(2);
}

#[test]
fn records_of_several_lines_are_the_same_for_any_number_of_workers() {
    let mut log = String::new();
    for n in 0..40_000 {
        log.push_str(&format!("E {}\n{}\n", n % 3, "t".repeat(1000)));
    }
    for jobs in ["-j1", "-j4"] {
        fan("map a --record-start ^E --by 2")
            .arg(jobs)
            .file("a", &log)
            .stdout("0\t13334\n1\t13333\n2\t13333\n")
            .ok();
    }
}

#[test]
fn json_lies_behind_a_prefix_or_in_a_field() {
    let pods = concat!(
        "2024-01-02T03:04:05.1Z stdout F {\"level\":\"info\",\"n\":1}\n",
        "2024-01-02T03:04:06.1Z stderr F {\"level\":\"warn\",\"n\":2}\n",
        "2024-01-02T03:04:07.1Z stderr F starting\n",
        "2024-01-02T03:04:08.1Z stderr P {\"level\":\"warn\",\"n\":4}\n",
    );
    fan("map a --by level --agg sum:n --json-after")
        .arg("^\\S+ std(out|err) F ")
        .file("a", pods)
        .stdout("info\t1\nwarn\t2\n")
        .stderr("fanfold: 2 of 4 lines could not be read as json (first: a:3 '2024-01-02T03:04:07.1Z stderr F starting')\n")
        .ok();
    let docker = concat!(
        r#"{"log":"{\"level\":\"info\",\"req\":{\"ms\":5}}\n","stream":"stdout"}"#,
        "\n",
        r#"{"log":"{\"level\":\"warn\",\"req\":{\"ms\":7}}\n","stream":"stdout"}"#,
        "\n"
    );
    fan("map a -i json --by log:json.level --agg sum:log:json.req.ms")
        .file("a", docker)
        .stdout("info\t5\nwarn\t7\n")
        .ok();
    fan("map a -i json --select stream --where")
        .arg("log:json.level == warn")
        .file("a", docker)
        .stdout("stdout\n")
        .ok();
    fan("map a -i clf --json-after x").file("a", "x\n").code(2);
}

#[test]
fn a_field_without_json_is_told_and_one_without_the_path_is_missing() {
    let docker = concat!(
        r#"{"log":"{\"level\":\"info\",\"n\":5,\"t\":\"2024-01-02T03:04:05Z\"}\n"}"#,
        "\n",
        r#"{"log":"starting\n"}"#,
        "\n",
        r#"{"log":"{\"msg\":\"x\",\"n\":null}"}"#,
        "\n",
        r#"{"log":"7"}"#,
        "\n",
    );
    let told = "log:json.level: 2 of 4 values are no JSON (first: a:2 'starting\\n')";
    fan("map a -i json --by log:json.level --agg count,sum:log:json.n")
        .file("a", docker)
        .stdout("\t1\t\ninfo\t1\t5\n")
        .stderr(&format!("fanfold: {told}\n"))
        .ok();
    fan("map a -i json --select log:json.level,log:json.n -o json")
        .file("a", docker)
        .stdout("{\"log:json.level\":\"info\",\"log:json.n\":5}\n{\"log:json.n\":null}\n")
        .says(told)
        .ok();
    for (condition, want) in [
        ("log:json.level exists", "1\n"),
        ("log:json.n exists", "2\n"),
        ("log:json.level != warn", "4\n"),
        ("log:json.level == info", "1\n"),
    ] {
        fan("map a -i json --agg count --where")
            .arg(condition)
            .file("a", docker)
            .stdout(want)
            .says("2 of 4 compared values are no JSON (first: a:2 'starting\\n')")
            .ok();
    }
    fan("map a -i json --by log:json.t:hour --agg count")
        .file("a", docker)
        .stdout("2024-01-02T03\t1\n")
        .says("log:json.t:hour: 3 of 4 values are no time (first: a:2 'starting\\n')")
        .ok();
    fan("map a -i json --by log:json.level --agg count")
        .file("a", r#"{"log":"starting"}"#)
        .says("a: no value of log:json.level is JSON (first: 'starting')")
        .code(3);
}

#[test]
fn w3c_has_other_names() {
    let cloudfront = "#Version: 1.0\n#Fields: date time sc-status cs(User-Agent)\n2024-01-02\t03:04:05\t200\tMozilla%20x\n";
    for name in ["w3c", "iis", "cloudfront"] {
        fan("map a --select time:hour,sc-status,`cs(User-Agent)` -i")
            .arg(name)
            .file("a", cloudfront)
            .stdout("2024-01-02T03\t200\tMozilla%20x\n")
            .ok();
    }
}

const AUTO: [(&str, &str); 9] = [
    ("w3c", "#Version: 1.0\n#Fields: time k\n1 x\n"),
    ("json", "{\"k\":\"x\"}\n\n{\"k\":\"x\"}\n"),
    ("clf", "h - - [t] \"GET / HTTP/1.1\" 200 1\n"),
    (
        "alb",
        "http 2018-07-02T22:23:00.1Z app/x 1.2.3.4:5 - -1 -1 -1 502 - 5 257 \"GET http://a/ HTTP/1.1\" \"x\" - - - \"Root\"\n",
    ),
    (
        "s3",
        "o b [06/Feb/2019:00:00:38 +0000] - r i OP k \"GET /k HTTP/1.1\" 200 - 1 2 3 4 \"-\" \"-\" -\n",
    ),
    ("syslog", "Jun 15 04:06:20 box su: x\n"),
    ("logfmt", "k=x level=info\nk=y level=\"b c\"\n"),
    ("tsv", "k\tl\nx\ty\n"),
    ("csv", "k,l\nx,\"y,z\""),
];

#[test]
fn auto_finds_the_format_of_each_file() {
    for (name, log) in AUTO {
        let done = fan("map a -i auto --agg count").file("a", log).spawn().wait();
        let told = format!("fanfold: 1 file was read as {name} (first: a)\n");
        done.expect(done.err == told, name);
    }
    let told = concat!(
        "fanfold: 1 file was read as csv (first: c)\n",
        "fanfold: 2 files were read as json (first: a)\n",
        "fanfold: 1 file was read as logfmt (first: b)\n",
    );
    for (jobs, told) in [("-j1", told), ("-j4", told), ("-q", "")] {
        fan("map a b c d -i auto --by k")
            .arg(jobs)
            .file("a", AUTO[1].1)
            .file("b", AUTO[6].1)
            .file("c", AUTO[8].1)
            .file("d", AUTO[1].1)
            .stdout("x\t6\ny\t1\n")
            .stderr(told)
            .ok();
    }
}

#[test]
fn auto_says_what_it_tried() {
    let done = fan("map a -i auto --agg count")
        .file("a", "hello world\n")
        .code(2);
    done.expect(
        done.err
            .starts_with("fanfold: a: no format fits its first lines (tried: w3c, json, clf,"),
        "the formats that were tried",
    );
    let done = fan("map a -i auto --by nope").file("a", AUTO[2].1).code(3);
    done.expect(
        done.err.contains("a: read as clf: unknown field 'nope'"),
        "the field",
    );
}

#[test]
fn names_with_signs_stand_in_backquotes() {
    fan("map a --log-format")
        .args(["%h %D %{ms}T", "--select", "`%D`,`%{ms}T`,%D,-1"])
        .file("a", "h 1 2\n")
        .stdout("1\t2\t1\t2\n")
        .ok();
    fan("map a -i w3c --select `cs(User-Agent)`,time")
        .file(
            "a",
            "#Fields: date time cs(User-Agent)\n2024-01-02 03:04:05 x+y\n",
        )
        .stdout("x+y\t2024-01-02 03:04:05\n")
        .ok();
    let syslog = "<34>1 2024-01-02T03:04:05Z h su - - [a@1 k=\"v\"] hi\n";
    fan("map a -i syslog --select `a@1`.k,a@1.k,`a@1.k`,facility,severity,message")
        .file("a", syslog)
        .stdout("v\tv\tv\t4\t2\thi\n")
        .ok();
}

#[test]
fn a_carriage_return_before_an_empty_last_value_of_tsv_belongs_to_its_value() {
    fan("map f -i tsv --no-header --select 3,2,1")
        .file("f", b"a\tb\\t\tc\\\r\t\nd\te\r\t\n")
        .stdout("c\\\\\r\tb\\t\ta\n\te\r\td\n")
        .ok();
}

#[test]
fn blank_lines_of_tsv_are_no_records_whatever_ends_them() {
    for end in ["\n", "\r\n"] {
        let text = ["", "a\tb", "1\t2", "", "3\t4", ""]
            .map(|line| format!("{line}{end}"))
            .concat();
        fan("map f -i tsv --by b --agg count")
            .file("f", &text)
            .stdout("2\t1\n4\t1\n")
            .ok();
        fan("map f -i tsv --no-header --select 1,@line")
            .file("f", &text)
            .stdout("a\t2\n1\t3\n3\t5\n")
            .ok();
    }
}
