//! Syslog, w3c and the logs of AWS, on lines of their kind.

use super::{ALB, Format, LineSplitter, LineVerdict, S3, Syslog, Tokens, W3c, resolved, split, split_next};

fn syslog(fields: &[&str], line: &str) -> Result<Vec<String>, LineVerdict> {
    split(
        Syslog::new(&resolved(&Format::Syslog, fields)),
        line,
        fields.len(),
    )
}

#[test]
fn syslog_reads_rfc_5424() {
    let line = r#"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 17 ID47 [ex@32473 iut="3" t="a \"b\] c"][y z=""] An event [x]"#;
    let fields = [
        "time",
        "host",
        "program",
        "pid",
        "message",
        "priority",
        "facility",
        "severity",
        "msgid",
        "ex@32473.iut",
        "ex@32473.t",
        "y.z",
        "y.no",
    ];
    let want = [
        "2003-10-11T22:14:15.003Z",
        "mymachine.example.com",
        "evntslog",
        "17",
        "An event [x]",
        "165",
        "20",
        "5",
        "ID47",
        "3",
        "a \"b] c",
        "",
        "",
    ];
    assert_eq!(syslog(&fields, line).expect("right"), want);
    let short = "<34>1 2003-10-11T22:14:15Z - su - - -";
    assert_eq!(syslog(&["program", "message"], short).expect("right"), ["su", ""]);
    let marked = "<34>1 2003-10-11T22:14:15Z - su - - - \u{feff}x";
    assert_eq!(syslog(&["message"], marked).expect("right"), ["x"]);
}

#[test]
fn syslog_reads_the_older_forms() {
    let fields = ["time", "host", "program", "pid", "message", "severity"];
    let cases = [
        (
            "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
            ["Oct 11 22:14:15", "mymachine", "su", "", "'su root' failed", "2"],
        ),
        (
            "Jun  4 06:55:46 combo sshd(pam_unix)[19939]: check pass; user: x",
            [
                "Jun  4 06:55:46",
                "combo",
                "sshd(pam_unix)",
                "19939",
                "check pass; user: x",
                "",
            ],
        ),
        (
            "2024-01-02T03:04:05.123456+01:00 box kernel: [12.5] x: y",
            [
                "2024-01-02T03:04:05.123456+01:00",
                "box",
                "kernel",
                "",
                "[12.5] x: y",
                "",
            ],
        ),
        (
            "Jul  1 09:00:55 mac Microsoft Word[14463]: hello",
            ["Jul  1 09:00:55", "mac", "Microsoft Word", "14463", "hello", ""],
        ),
        (
            "Jun 15 04:06:20 combo syslogd 1.4.1: restart.",
            ["Jun 15 04:06:20", "combo", "", "", "syslogd 1.4.1: restart.", ""],
        ),
        (
            "Jun 15 04:06:20 combo last message repeated 2 times",
            [
                "Jun 15 04:06:20",
                "combo",
                "",
                "",
                "last message repeated 2 times",
                "",
            ],
        ),
        (
            "Jan  2 2024 03:04:05.250 box a[1]: b",
            ["Jan  2 2024 03:04:05.250", "box", "a", "1", "b", ""],
        ),
        (
            "Jun 15 04:06:20 su: x",
            ["Jun 15 04:06:20", "", "su", "", "x", ""],
        ),
        (
            "Jun 15 04:06:20 box cron:",
            ["Jun 15 04:06:20", "box", "cron", "", "", ""],
        ),
    ];
    for (line, want) in cases {
        assert_eq!(syslog(&fields, line).expect(line), want, "{line}");
    }
}

#[test]
fn syslog_rejects_what_is_none_whatever_is_selected() {
    for line in [
        "",
        "hello world",
        "Jux 15 04:06:20 box a: b",
        "Jun 15 04:06 box a: b",
        "Jun 15 04:06:20",
        "<999>Jun 15 04:06:20 box a: b",
        "<x>Jun 15 04:06:20 box a: b",
        "<34>1 never - su - - -",
        "<34>1 2003-10-11T22:14:15Z - su - - [x y=\"z]",
        "<34>1 2003-10-11T22:14:15Z - su",
    ] {
        for field in ["time", "host", "message", "priority", "a.b"] {
            assert_eq!(syslog(&[field], line), Err(LineVerdict::Bad), "{field} of {line}");
        }
    }
}

/// Returns the fields of each line that is a record, and `None` for a bad one.
fn w3c(fields: &[&str], lines: &[&str]) -> Vec<Option<Vec<String>>> {
    let mut w3c = W3c::new(&resolved(&Format::W3c, fields));
    let mut found = Vec::new();
    for line in lines {
        if w3c.directive(line.as_bytes()) {
            continue;
        }
        found.push(split_next(&mut w3c, line, fields.len()).ok());
    }
    found
}

#[test]
fn w3c_takes_its_fields_from_the_last_directive() {
    let lines = [
        "2021-04-01 too early",
        "#Software: IIS",
        "#Fields: date time c-ip cs(User-Agent) sc-status",
        "2021-04-01 00:00:21 ::1 Mozilla/5.0+(x) 200",
        "2021-04-01 00:00:21 ::1 Mozilla/5.0 (x) 200",
        "#Fields: date time sc-status c-ip",
        "2021-04-02 00:00:21 404 ::2",
        "#Date: 2021-04-03 01:02:03",
        "#Fields: time sc-status",
        "00:00:22 500",
        "#fields: x-edge date time y",
        "a b\t2021-04-04\t01:02:03\t",
        "#Fields: time date cs-uri",
        "01:02:04 2021-04-05 \"/a \"\"b\"",
    ];
    let row = |cells: [&str; 4]| Some(cells.map(str::to_owned).to_vec());
    assert_eq!(
        w3c(&["time", "sc-status", "cs(User-Agent)", "-1"], &lines),
        [
            None,
            row(["2021-04-01 00:00:21", "200", "Mozilla/5.0+(x)", "200"]),
            None,
            row(["2021-04-02 00:00:21", "404", "", "::2"]),
            row(["2021-04-03 00:00:22", "500", "", "500"]),
            row(["2021-04-04 01:02:03", "", "", ""]),
            row(["2021-04-05 01:02:04", "", "", "/a \"\"b"]),
        ]
    );
}

const ALB_LINE: &str = r#"h2 2018-07-02T22:23:00.186641Z app/my-lb/50dc6c495c0c9188 10.0.1.252:48160 10.0.0.66:9000 0.000 0.002 0.000 200 200 5 257 "GET https://10.0.2.105:773/a?b HTTP/2.0" "curl/7.46.0 \"x\"" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elb:us-east-2:1:tg/x "Root=1-58337327" "example.com" "arn:aws:acm:1" 1 2018-07-02T22:22:48.364000Z "waf,forward" "-" "-" "10.0.0.66:9000" "200" "-" "-" TID_123 "new" field"#;

#[test]
fn alb_reads_its_versions() {
    let fields = [
        "type",
        "time",
        "client_ip",
        "client_port",
        "target_port",
        "elb_status_code",
        "request_verb",
        "request_url",
        "request_proto",
        "user_agent",
        "trace_id",
        "conn_trace_id",
    ];
    let alb = |fields: &[&str], line: &str| {
        split(
            Tokens::new(&ALB, &resolved(&Format::Alb, fields)),
            line,
            fields.len(),
        )
    };
    let want = [
        "h2",
        "2018-07-02T22:23:00.186641Z",
        "10.0.1.252",
        "48160",
        "9000",
        "200",
        "GET",
        "https://10.0.2.105:773/a?b",
        "HTTP/2.0",
        "curl/7.46.0 \\\"x\\\"",
        "Root=1-58337327",
        "TID_123",
    ];
    assert_eq!(alb(&fields, ALB_LINE).expect("right"), want);
    let failed = ALB_LINE.replace("10.0.0.66:9000 0.000 0.002 0.000 200 200", "- -1 -1 -1 502 -");
    let fields = ["target_ip", "target_port", "elb_status_code"];
    assert_eq!(alb(&fields, &failed).expect("right"), ["-", "", "502"]);
    let old = ALB_LINE.split(" \"example.com").next().expect("a prefix");
    assert_eq!(
        alb(&["trace_id", "domain_name"], old).expect("right"),
        ["Root=1-58337327", ""]
    );
    for line in ["", "hello world", &ALB_LINE[3..], &ALB_LINE[..200]] {
        assert_eq!(alb(&["type"], line), Err(LineVerdict::Bad), "{line}");
    }
}

#[test]
fn s3_reads_its_versions() {
    let line = r#"79a5 awsexamplebucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 79a5 3E57427F3EXAMPLE REST.GET.OBJECT a+b "GET /awsexamplebucket1/a+b?x HTTP/1.1" 404 NoSuchKey 297 - 7 - "-" "S3 "Console" 0.4" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV2 ECDHE AuthHeader b.s3.us-west-1.amazonaws.com TLSV1.1 - Yes eu-west-1 more"#;
    let fields = [
        "bucket",
        "time",
        "remote_ip",
        "operation",
        "path",
        "http_status",
        "error_code",
        "bytes_sent",
        "user_agent",
        "tls_version",
        "source_region",
    ];
    let s3 = |fields: &[&str], line: &str| {
        split(
            Tokens::new(&S3, &resolved(&Format::S3, fields)),
            line,
            fields.len(),
        )
    };
    let want = [
        "awsexamplebucket1",
        "06/Feb/2019:00:00:38 +0000",
        "192.0.2.3",
        "REST.GET.OBJECT",
        "/awsexamplebucket1/a+b?x",
        "404",
        "NoSuchKey",
        "297",
        "S3 \"Console\" 0.4",
        "TLSV1.1",
        "eu-west-1",
    ];
    assert_eq!(s3(&fields, line).expect("right"), want);
    let old = line.split(" s9lz").next().expect("a prefix");
    assert_eq!(s3(&["http_status", "host_id"], old).expect("right"), ["404", ""]);
    let expired = "79a5 b [06/Feb/2019:00:00:38 +0000] - AmazonS3 3E5 S3.EXPIRE.OBJECT k \"-\" - - - 297 - - \"-\" \"-\" - x";
    assert_eq!(s3(&["http_status"], expired).expect("right"), ["-"]);
    let torn = line.replace("\"S3 \"Console\"", "\"S3 5\" Console");
    for line in ["", "hello world", &line[5..], &line[..150], &torn] {
        assert_eq!(s3(&["bucket"], line), Err(LineVerdict::Bad), "{line}");
    }
}
