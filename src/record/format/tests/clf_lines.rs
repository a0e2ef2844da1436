//! Random lines of the logs of web servers, read as an expression reads them.

use super::*;
use proptest::prelude::*;
use regex::bytes::Regex;
use std::sync::LazyLock;

/// The groups are all fields but those of the request.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    let quoted = r#""((?:[^"\\]|\\.)*)""#;
    let text = format!(
        r#"(?s-u)\A((?:[^ ]*, )+(?:[^ ]*[^ ,])?|[^ ]*[^ ,]) ([^ ]*) ([^ ]*) \[([^\]]*)\] {quoted} (-|[0-9]{{3}}) ([0-9]+|-)(?: {quoted}(?: {quoted}(?: .*)?| *)| *)\z"#
    );
    Regex::new(&text).expect("an expression")
});

/// The fields that are groups of [`LINE`].
const WHOLE: [usize; 9] = [0, 1, 2, 3, 4, 8, 9, 10, 11];

const LINES: [&str; 6] = [
    r#"1.2.3.4 - - [01/Jan/2012:00:00:00 -0500] "GET /a?b HTTP/1.1" 200 5 "http://r/" "M \\ \"q\" (x)""#,
    r#"192.0.2.7, 10.0.0.1 - bob [01/Jan/2012:00:00:00 -0500] "POST / HTTP/2" 404 - "-" "-" 0.1 x"#,
    r#"a-name-of-more-than-16-bytes.org i "" [t] "GET /a b" - 77 "r""#,
    r#"h - - [2012-01-01T00:00:00+00:00] "" 304 0  "#,
    r#"sixteen-bytes.de - - [01/Jan/2012:00:00:00 -0500] "-" 408 0"#,
    r#"::1 - - [01/Jan/2012:00:00:0] -0500] "GET / HTTP/1.0" 200 12 "" """#,
];

/// A line that may differ from a right one in a few bytes.
fn line() -> impl Strategy<Value = String> {
    let edit = (
        any::<prop::sample::Index>(),
        0..3,
        prop::sample::select(b" \"\\[]-,:/0a".to_vec()),
    );
    let edits = prop::collection::vec(edit, 0..4);
    (prop::sample::select(LINES.to_vec()), edits).prop_map(|(line, edits)| {
        let mut bytes = line.as_bytes().to_vec();
        for (at, kind, byte) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => _ = bytes.remove(at),
            }
        }
        String::from_utf8(bytes).expect("all of it is ASCII")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_line_is_read_as_an_expression_reads_it(line in line()) {
        let all = clf(&clf::NAMES, &line);
        match LINE.captures(line.as_bytes()) {
            None => {
                prop_assert_eq!(&all, &Err(LineVerdict::Bad));
                prop_assert_eq!(clf(&[], &line), Err(LineVerdict::Bad));
            }
            Some(groups) => {
                let all = all.expect("a line");
                for (group, field) in (1..).zip(WHOLE) {
                    let want = groups.get(group).map_or(&b""[..], |found| found.as_bytes());
                    prop_assert_eq!(all[field].as_bytes(), want, "{}", clf::NAMES[field]);
                }
                let (method, rest) = all[4].split_once(' ').unwrap_or_default();
                prop_assert_eq!(&all[5], method);
                let path = rest.strip_suffix(&all[7]).expect("the protocol is last");
                let end = if all[7].is_empty() { "" } else { " " };
                prop_assert_eq!(format!("{}{end}", all[6]), path);
                for (field, name) in clf::NAMES.iter().enumerate() {
                    prop_assert_eq!(clf(&[name], &line), Ok(vec![all[field].clone()]));
                }
            }
        }
    }
}
