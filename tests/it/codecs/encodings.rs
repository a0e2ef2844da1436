//! Byte-order marks and UTF-16: what a file says, and nothing of how it says so.

use crate::support::{fan, gzip};

/// Returns the text as UTF-16 with a mark, big-endian or not.
fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    let bytes = |unit: u16| {
        if big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    };
    units.flat_map(bytes).collect()
}

#[test]
fn a_mark_at_the_beginning_of_a_file_is_dropped_in_every_format() {
    let cases = [
        ("-i csv --select id", "id,n\n1,x\n", "1\n"),
        ("-i csv --select id", "\"id\",\"n\"\n1,x\n", "1\n"),
        ("-i tsv --select id", "id\tn\n1\tx\n", "1\n"),
        ("-i json --select a", "{\"a\":1}\n", "1\n"),
        ("-i logfmt --select level", "level=info a=1\n", "info\n"),
        ("-i lines --count", "a\na\n", "2\ta\n"),
        ("--select 1", "a b\n", "a\n"),
        ("--regex ^a", "a b\n", "a b\n"),
        ("", "a b\n", "a b\n"),
        ("-x ^(?P<first>.) --select first", "a b\n", "a\n"),
    ];
    for (words, text, out) in cases {
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for bytes in [
            &marked,
            &gzip(&marked),
            &utf16(text, false),
            &gzip(&utf16(text, true)),
        ] {
            let words = words.split_whitespace();
            fan("map a").args(words.clone()).file("a", bytes).stdout(out).ok();
            fan("map -").args(words).stdin(bytes).stdout(out).ok();
        }
    }
}

#[test]
fn a_mark_elsewhere_is_text() {
    let text = "a\n\u{feff}b\n\u{feff}";
    fan("map a").file("a", text).stdout(format!("{text}\n")).ok();
    let members = [gzip(b"a\n"), gzip("\u{feff}b\n".as_bytes())].concat();
    fan("map a").file("a", members).stdout("a\n\u{feff}b\n").ok();
    fan("map a").file("a", "\u{feff}").stdout("").ok();
    fan("map a --fn wc")
        .file("a", "\u{feff}x\n")
        .stdout("1\t1\t5\ta\n")
        .ok();
    // A big file is split, and a mark may begin any of its lines.
    let line = format!("\u{feff}{}\n", "x".repeat(60));
    let lines = format!("699999\t{}1\t{}", line, &line[3..]);
    fan("map a --count")
        .file("a", line.repeat(700_000))
        .stdout(lines)
        .ok();
}

#[test]
fn utf16_is_decoded_in_files_of_any_size() {
    let text: String = (0..600_000)
        .map(|at| format!("{at} \u{1f600} \u{e9}\n"))
        .collect();
    for big in [false, true] {
        fan("map a --agg count,sum:1 --where")
            .arg("2 == '\u{1f600}'")
            .file("a", utf16(&text, big))
            .stdout("600000\t179999700000\n")
            .ok();
    }
}

#[test]
fn faulty_utf16_is_told() {
    let odd = [&utf16("a\nb", false)[..], b"x"].concat();
    let lone = [&utf16("a\n", false)[..], b"\0\xd8\n\0"].concat();
    for (bytes, out) in [(odd, "a\nb\u{fffd}\n"), (lone, "a\n\u{fffd}\n")] {
        fan("map a")
            .file("a", bytes)
            .stdout(out)
            .stderr("fanfold: a: its UTF-16 is faulty: what is no character is read as U+FFFD\n")
            .ok();
    }
}

#[test]
fn a_mark_in_what_a_command_prints_is_dropped_where_lines_are_read() {
    let text = "id,n\n1,x\n2,é\n";
    for bytes in [
        &[b"\xef\xbb\xbf", text.as_bytes()].concat(),
        &utf16(text, false),
        &utf16(text, true),
    ] {
        for words in ["-i csv --select id,n", "-i csv --by id,n --agg count"] {
            let out = match words.contains("--by") {
                true => "1\tx\t1\n2\té\t1\n",
                false => "1\tx\n2\té\n",
            };
            let fan = fan("run a").args(words.split(' ')).args(["--", "cat", "{}"]);
            fan.file("a", bytes).stdout(out).ok();
        }
        // Without records, bytes pass as they are.
        fan("run a -- cat").file("a", bytes).stdout(bytes).ok();
    }
    fan("run a --count -- cat")
        .file("a", b"\xff\xfea\0\n\0\x00\xd8")
        .stdout("1\ta\n1\t\u{fffd}\n")
        .says("a: its UTF-16 is faulty")
        .ok();
}
