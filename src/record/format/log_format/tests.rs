//! Log formats as people have them, on lines of their kind.

use super::*;

/// Returns the named fields of a line, or `None` when it is bad.
fn fields(format: &str, names: &[&str], line: &str) -> Option<Vec<String>> {
    let format = LogFormat::parse(format).expect(format);
    let number = |name: &&str| {
        let known = format.names().iter().position(|known| known == name);
        known
            .map(|index| index + 1)
            .or_else(|| format.number_as_typed(name))
    };
    let sources: Vec<_> = names
        .iter()
        .map(|name| {
            FieldSource::Number(number(name).unwrap_or_else(|| panic!("{name}: {:?}", format.names())))
        })
        .collect();
    let mut spans = vec![FieldSpan::default(); names.len()];
    let mut splitter = LogFormatSplitter::new(&format, &sources);
    let read = splitter.split(line.as_bytes(), &mut spans) == LineVerdict::Read;
    read.then(|| {
        spans
            .iter()
            .map(|span| line[span.start..span.end].to_owned())
            .collect()
    })
}

#[track_caller]
fn check(format: &str, line: &str, want: &[(&str, &str)]) {
    let (names, values): (Vec<&str>, Vec<&str>) = want.iter().copied().unzip();
    assert_eq!(
        fields(format, &names, line).expect("a line of the format"),
        values
    );
}

const MAIN: &str = r#"log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';"#;

#[test]
fn the_format_of_nginx_own_packages() {
    check(
        MAIN,
        r#"192.0.2.1 - John Doe [27/Jan/2024:10:03:34 +0000] "GET /a?\x22 b HTTP/2.0" 200 57 "-" "M \x22x\x22" "192.0.2.7, 10.0.0.1""#,
        &[
            ("host", "192.0.2.1"),
            ("user", "John Doe"),
            ("time", "27/Jan/2024:10:03:34 +0000"),
            ("method", "GET"),
            ("path", r"/a?\x22 b"),
            ("protocol", "HTTP/2.0"),
            ("status", "200"),
            ("bytes", "57"),
            ("remote_addr", "192.0.2.1"),
            ("referer", "-"),
            ("agent", r"M \x22x\x22"),
            ("http_x_forwarded_for", "192.0.2.7, 10.0.0.1"),
        ],
    );
    let short = r#"192.0.2.1 - - [27/Jan/2024:10:03:34 +0000] "GET / HTTP/1.1" 200 57 "-" "x""#;
    assert_eq!(fields(MAIN, &["host"], short), None, "a variable is missing");
    let long = format!("{short} \"-\" 0.1");
    assert_eq!(fields(MAIN, &["host"], &long), None, "a variable too many");
}

#[test]
fn times_and_lists_of_upstreams() {
    let format = r#"$remote_addr [$time_local] "$request" $status $body_bytes_sent rt=$request_time uct="$upstream_connect_time" ua=$upstream_addr us=$upstream_status"#;
    check(
        format,
        r#"::1 [27/Jan/2024:10:03:34 +0000] "" 400 0 rt=0.001 uct="0.1, -" ua=10.0.0.1:80, 10.0.0.2:80 : 10.0.1.1:80 us=502, 502 : 200"#,
        &[
            ("host", "::1"),
            ("request", ""),
            ("request_time", "0.001"),
            ("upstream_connect_time", "0.1, -"),
            ("upstream_addr", "10.0.0.1:80, 10.0.0.2:80 : 10.0.1.1:80"),
            ("upstream_status", "502, 502 : 200"),
        ],
    );
}

#[test]
fn a_format_that_is_json() {
    let format = r#"log_format j escape=json '{"time":"$time_iso8601","ip":"$remote_addr",'
        '"uri":"$request_uri","status":$status,"ms":$request_time,"ua":"$http_user_agent"}';"#;
    check(
        format,
        r#"{"time":"2024-01-27T10:03:34+00:00","ip":"192.0.2.1","uri":"/a","status":200,"ms":0.3,"ua":"a \"b\", c"}"#,
        &[
            ("time", "2024-01-27T10:03:34+00:00"),
            ("host", "192.0.2.1"),
            ("path", "/a"),
            ("status", "200"),
            ("request_time", "0.3"),
            ("agent", r#"a \"b\", c"#),
        ],
    );
}

#[test]
fn lists_of_addresses_in_front_and_other_separators() {
    check(
        r#"$http_x_forwarded_for - ${remote_user} [$time_local] "$request" $status"#,
        r#"192.0.2.7, 10.0.0.1, ::1 - - [t] "GET / HTTP/1.1" 200"#,
        &[
            ("http_x_forwarded_for", "192.0.2.7, 10.0.0.1, ::1"),
            ("user", "-"),
            ("status", "200"),
        ],
    );
    check(
        "$time_iso8601|$remote_addr|$host|$request_method|$uri|$status",
        "2024-01-27T10:03:34+00:00|::1|example.org|GET|/a b|404",
        &[
            ("host", "::1"),
            ("uri", "/a b"),
            ("method", "GET"),
            ("status", "404"),
        ],
    );
    check(
        r#"$time_iso8601\t$status"#,
        "2024-01-27T10:03:34+00:00\t404",
        &[("status", "404"), ("time", "2024-01-27T10:03:34+00:00")],
    );
}

#[test]
fn apache_with_virtual_hosts() {
    let format =
        r#"LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" vhost_combined"#;
    check(
        format,
        r#"www.example.org:443 ::1 - "" [27/Jan/2024:10:03:34 +0000] "GET /a\"b HTTP/1.1" 200 5731 "-" "x""#,
        &[
            ("%v", "www.example.org"),
            ("%p", "443"),
            ("host", "::1"),
            ("user", "\"\""),
            ("time", "27/Jan/2024:10:03:34 +0000"),
            ("path", r#"/a\"b"#),
            ("status", "200"),
            ("bytes", "5731"),
            ("agent", "x"),
        ],
    );
}

#[test]
fn apache_with_durations_conditions_and_percent() {
    let format = r#"%{X-Forwarded-For}i %a %!200,304s %400,501{User-agent}i 100%% %{%Y-%m-%d %H:%M:%S}t %{ms}T %D %I %O %b"#;
    check(
        format,
        "a, b 192.0.2.1 404 x 100% 2024-01-27 10:03:34 12 12345 300 500 -",
        &[
            ("%{X-Forwarded-For}i", "a, b"),
            ("host", "192.0.2.1"),
            ("status", "404"),
            ("agent", "x"),
            ("time", "2024-01-27 10:03:34"),
            ("%{ms}T", "12"),
            ("%D", "12345"),
            ("%I", "300"),
            ("%O", "500"),
            ("bytes", "-"),
        ],
    );
}

#[test]
fn numbers_that_are_none_make_a_line_bad() {
    let format = "%h %u %>s %D";
    assert_eq!(fields(format, &["host"], "h u 200 1"), Some(vec!["h".to_owned()]));
    for line in [
        "h u v 200 1",
        "h u 200",
        "h u 200 x",
        "h u 200 1 2",
        "h",
        "",
        "hello world",
    ] {
        assert_eq!(fields(format, &["host"], line), None, "{line}");
    }
}

#[test]
fn a_string_that_can_not_be_cut_is_refused() {
    let refusal = |text| LogFormat::parse(text).expect_err(text).to_string();
    assert!(refusal("$remote_addr$host").contains("nothing between 'remote_addr' and 'host'"));
    assert!(refusal("%s%b").contains("nothing between '%s' and '%b'"));
    assert!(refusal("hello").contains("has no variable"));
    assert!(refusal("%{Referer").contains("is no directive"));
    assert!(refusal("${host").contains("no closing brace"));
}

#[test]
fn variables_without_a_text_between_are_cut_where_the_second_begins() {
    let apache = r#"%v:%p %h %l %u %t "%m %U%q %H" %>s %b"#;
    for (path, query) in [("/a/b", "?x=1&y=/2?"), ("/a", "")] {
        check(
            apache,
            &format!(
                r#"www.example.org:443 ::1 - - [27/Jan/2024:10:03:34 +0000] "GET {path}{query} HTTP/1.1" 200 7"#
            ),
            &[
                ("%v", "www.example.org"),
                ("%p", "443"),
                ("host", "::1"),
                ("method", "GET"),
                ("path", path),
                ("%q", query),
                ("protocol", "HTTP/1.1"),
                ("status", "200"),
            ],
        );
    }
    let nginx = r#"$remote_addr [$time_local] "$scheme://$host$request_uri" $status"#;
    check(
        nginx,
        r#"192.0.2.1 [27/Jan/2024:10:03:34 +0000] "https://example.org:8443/a?b=/c" 301"#,
        &[
            ("host", "192.0.2.1"),
            ("scheme", "https"),
            ("vhost", "example.org:8443"),
            ("path", "/a?b=/c"),
            ("status", "301"),
        ],
    );
    let names = ["path", "status"];
    let star = r#"192.0.2.1 [27/Jan/2024:10:03:34 +0000] "https://example.org*" 301"#;
    assert_eq!(fields(nginx, &names, star), None);
    check(
        "$host $request_method $uri$is_args$args $status",
        "a GET /x?y=1 200",
        &[
            ("host", "a"),
            ("uri", "/x"),
            ("is_args", "?"),
            ("args", "y=1"),
            ("status", "200"),
        ],
    );
    check(
        "$uri$is_args$args $status",
        "/x 200",
        &[("uri", "/x"), ("is_args", ""), ("args", ""), ("status", "200")],
    );
    assert!(LogFormat::parse("$remote_addr$status").is_err());
}
