//! Lines as text and as words.

use super::*;

fn filled(words: &[&str], quoting: LineQuoting, repeat: Repeat, values: &[&str]) -> (String, Vec<String>) {
    let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
    let mut line = Line::new(&words, &Holes::default(), quoting, repeat);
    if !line.has_hole() {
        line.append_values(repeat);
    }
    let values: Vec<_> = values.iter().map(|value| value.as_bytes()).collect();
    let job = LineJob {
        values: &values,
        number: 7,
        slot: 2,
    };
    let text = String::from_utf8(line.fill(&job)).expect("text");
    let made = line.words(&job);
    (
        text,
        made.iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
    )
}

#[test]
fn values_are_quoted_and_words_are_those_of_a_shell() {
    for (words, quoting, repeat, values, text, made) in [
        (
            &["echo", "{}"][..],
            LineQuoting::Values,
            Repeat::Value,
            &["a b"][..],
            "echo 'a b'",
            &["echo", "a b"][..],
        ),
        (
            &["echo"],
            LineQuoting::Values,
            Repeat::Value,
            &["a", ""],
            "echo a ''",
            &["echo", "a", ""],
        ),
        (
            &["echo", "x{}y"],
            LineQuoting::Values,
            Repeat::Value,
            &["a", "b"],
            "echo xa by",
            &["echo", "xa", "by"],
        ),
        (
            &["echo", "x{}y"],
            LineQuoting::Values,
            Repeat::Word,
            &["a", "b"],
            "echo xay xby",
            &["echo", "xay", "xby"],
        ),
        (
            &["echo"],
            LineQuoting::Values,
            Repeat::Word,
            &["a", "b"],
            "echo a b",
            &["echo", "a", "b"],
        ),
        (
            &["e {2}{3}-{-1.} {#}{%}"],
            LineQuoting::Values,
            Repeat::Value,
            &["a", "b.c"],
            "e b.c-b 72",
            &["e", "b.c-b", "72"],
        ),
        (
            &["e", "x {}", "y"],
            LineQuoting::Words,
            Repeat::Value,
            &["a b", "c"],
            "e 'x a b' c y",
            &["e", "x a b", "c", "y"],
        ),
    ] {
        let (line, words) = filled(words, quoting, repeat, values);
        assert_eq!(
            (line.as_str(), words),
            (text, made.iter().map(|s| s.to_string()).collect())
        );
    }
}

#[test]
fn only_a_line_without_shell_characters_has_a_program() {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b" -./".contains(&b);
    for (words, program) in [
        (&["gzip", "-t", "{}"][..], Some("gzip")),
        (&["gzip"], Some("gzip")),
        (&["gzip -t {}"], Some("gzip")),
        (&["gzip{}"], None),
        (&["{}", "x"], None),
        (&["gzip", "-t", "{};", "x"], None),
    ] {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        let mut line = Line::new(&words, &Holes::default(), LineQuoting::Values, Repeat::Value);
        if !line.has_hole() {
            line.append_values(Repeat::Value);
        }
        assert_eq!(line.plain_program(plain), program.map(|p| p.as_bytes().to_vec()));
    }
}
