//! Expressions over the values of a few subjects.

use super::*;

/// Values by name: `a`, `b`, …
struct Row<'a>(&'a [Value<'a>]);

impl Values for Row<'_> {
    fn value(&mut self, subject: usize) -> Value<'_> {
        self.0[subject]
    }
}

fn parse(text: &str) -> Result<Expression, RecordPlanError> {
    Expression::parse(
        text,
        LoneQuote::Refused,
        &TimePlan::default(),
        Case::Sensitive,
        &mut |name| match name.as_bytes() {
            [letter @ b'a'..=b'e'] => Ok(usize::from(letter - b'a')),
            _ => Err(RecordPlanError::new(format!("no field '{name}'"))),
        },
    )
}

fn times() -> TimeReader {
    TimeReader::new(&TimePlan::default())
}

fn holds(text: &str, values: &[&str]) -> bool {
    let values: Vec<_> = values.iter().map(|value| Value::Text(value.as_bytes())).collect();
    parse(text).expect(text).holds(&mut Row(&values), &mut times())
}

fn refusal(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

#[test]
fn and_or_not_and_brackets_bind_as_they_should() {
    // Each text, and for which of a, b, c (1 or 0) it holds: from 000 to 111.
    for (text, want) in [
        ("a == 1 or b == 1 and c == 1", "00011111"),
        ("(a == 1 or b == 1) and c == 1", "00010101"),
        ("not a == 1 and b == 1", "00110000"),
        ("not (a == 1 and b == 1)", "11111100"),
        ("!a == 1 && b == 1", "00110000"),
        ("!(a==1&&b==1)||c==1", "11111101"),
        ("not not a == 1", "00001111"),
        ("a = 1 or (b = 1 or (c = 1))", "01111111"),
        ("a in 1 or b not in 0,2", "00111111"),
        ("a == 1\n  and b == 1", "00000011"),
    ] {
        let bits: String = (0..8)
            .map(|at| {
                let values = [at >> 2 & 1, at >> 1 & 1, at & 1].map(|bit| if bit == 1 { "1" } else { "0" });
                if holds(text, &values) { '1' } else { '0' }
            })
            .collect();
        assert_eq!(bits, want, "{text}");
    }
}

#[test]
fn a_value_ends_where_it_should() {
    for (text, value) in [
        ("a == x", "x"),
        ("a ==  x y ", "x y"),
        ("a == 'x'", "x"),
        ("a == \" x' \"", " x' "),
        ("a == ''", ""),
        ("a == android", "android"),
        ("a == x or b == y", "x"),
        ("a == x&y||b == y", "x&y"),
        ("(a == x)", "x"),
        ("(a == f(x)) and b exists", "f(x)"),
        ("a == (x and y)", "(x and y)"),
        ("a == (x", "(x"),
        ("a == 'x and y' and b exists", "x and y"),
        ("a ~ ^/(a|b)$ or b == z", "/a"),
        ("(a ~ ^\\)x$)", ")x"),
        ("a in x, 'y,z' ,\"w\" and b exists", "y,z"),
        ("a in x,f(y,z)", "f(y,z)"),
        ("a==x==y", "x==y"),
        ("a == ~x", "~x"),
        ("a == and", "and"),
    ] {
        assert!(holds(text, &[value, ""]), "{text}");
        assert!(!holds(text, &["other", ""]), "{text}");
    }
}

#[test]
fn a_text_that_is_no_expression_is_refused_at_its_place() {
    for (text, want) in [
        ("", "at its end: expected a test"),
        ("a", "at its end: expected an operator after 'a'"),
        ("a b == 1", "at column 1, before 'a b == 1': no field 'a b'"),
        ("a == 1 or", "at its end: expected a test: FIELD OP VALUE"),
        (
            "a == 1 or 2",
            "at column 11, before '2': expected a test: FIELD OP VALUE, FIELD in A,B,… or FIELD exists after 'or'; where 'or' belongs to the value, quote the value",
        ),
        ("a == rock and roll", "quote the value"),
        ("a == x && y", "after '&&'"),
        ("a == 1 OR b == 2", "'OR' is typed 'or'"),
        (
            "(a == 1",
            "at column 1, before '(a == 1': this bracket is not closed",
        ),
        ("a == 1)", "closes none"),
        (
            "(a == 1))",
            "at column 9, before ')': expected 'and', 'or' or the end",
        ),
        ("(a == 'x' 'y')", "expected 'and', 'or' or ')'"),
        ("a == \"GET", "put the value in 's"),
        (
            "a == 'x' y",
            "at column 10, before 'y': expected 'and', 'or' or the end",
        ),
        ("a ==", "the empty one is ''"),
        ("a in x,,y", "the empty one is ''"),
        ("a in (x,y)", "without brackets"),
        (
            "a =~ x",
            "unknown operator '=~' (a regular expression is FIELD ~ RE)",
        ),
        ("a <> x", "unknown operator '<>' (unequal is !=)"),
        ("a === x", "unknown operator '==='"),
        ("a ~ (", "at column 5, before '('"),
        ("== 3", "expected a field"),
        ("not", "after 'not'"),
        ("'a' == 3", "backquotes"),
        ("`a == 3", "this backquote is not closed"),
        ("é == 3 or ü", "at column 1, before 'é == 3 or ü': no field 'é'"),
        ("a in 1 b", "no"),
    ] {
        if text == "a in 1 b" {
            assert!(holds(text, &["1 b"]));
            continue;
        }
        assert!(refusal(text).contains(want), "{text}: {}", refusal(text));
    }
    let deep = format!("{}a == 1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(refusal(&deep).contains("nested too deeply"));
}

#[test]
fn a_quote_that_is_not_closed_may_be_text() {
    let parsed = Expression::parse(
        "a == \"GET and b exists",
        LoneQuote::Kept,
        &TimePlan::default(),
        Case::Sensitive,
        &mut |name| Ok(usize::from(name == "b")),
    );
    let parsed = parsed.expect("an expression");
    assert!(parsed.holds(&mut Row(&[Value::Text(b"\"GET"), Value::Null]), &mut times()));
}

#[test]
fn a_bound_is_a_number_or_a_time_or_quoted() {
    for (text, value) in [
        ("a < 10", "9"),
        ("a > \"400\"", "404"),
        ("a >= 1k", "1000"),
        ("a > 1.5Ki", "1537"),
        ("a <= 2MiB", "2097152"),
        ("a < 2MB", "1999999.9"),
        ("a < 1e3", "007"),
        ("a > -0.5", "-.25"),
        (
            "a > 277447099861456945273576150847928801582",
            "277447099861456945273576150847928801583",
        ),
        ("a > 'abc'", "abd"),
        ("a >= 2012-01-01", "[01/Jan/2012:00:00:00 +0000]"),
        ("a < 2012-01-01T00:00:00Z", "01/Jan/2012:00:00:00 +0100"),
        ("a >= 2012-01-01", "1325376000"),
        ("a <= 1325376000", "2012-01-01"),
        ("a == 2012-01-01", "2011-12-31T23:00:00-01:00"),
        ("a == 1325376000", "2012-01-01"),
    ] {
        assert!(holds(text, &[value]), "{text}");
    }
    for (text, value) in [
        ("a < 10", "-"),
        ("a < 10", ""),
        ("a < 10", "x"),
        ("a >= 2012-01-01", "x"),
        ("a < 1", "1"),
    ] {
        assert!(!holds(text, &[value]), "{text}");
    }
    for (text, want) in [
        ("a > 1,000", "type 1000"),
        ("a > 1_000", "type 1000"),
        (
            "a > abc",
            "'abc' is no number and no time: quote it to compare as text",
        ),
        ("a > 5m", "5M is one, and '5m ago' a time"),
        ("a > 10kb", "the units are"),
        ("a > 3d", "'3d ago'"),
    ] {
        assert!(refusal(text).contains(want), "{text}: {}", refusal(text));
    }
}

#[test]
fn what_is_missing_passes_no_test_but_its_negation() {
    let text = |text: &'static str| Value::Text(text.as_bytes());
    for (expression, missing, dash, null, empty) in [
        ("a exists", false, false, true, true),
        ("not a exists", true, true, false, false),
        ("a == x", false, false, false, false),
        ("a != x", true, true, true, true),
        ("a == ''", false, false, false, true),
        ("a == -", false, true, false, false),
        ("a != -", true, false, true, true),
        ("a == null", false, false, true, false),
        ("a in x,null", false, false, true, false),
        ("a not in x,null", true, true, false, true),
        ("a ~ ^", false, false, false, true),
        ("a !~ ^", true, true, true, false),
        ("a < 5", false, false, false, false),
        ("a >= 5", false, false, false, false),
        ("not a < 5", true, true, true, true),
    ] {
        let parsed = parse(expression).expect(expression);
        for (value, want) in [
            (Value::Missing, missing),
            (Value::Dash, dash),
            (Value::Null, null),
            (text(""), empty),
        ] {
            assert_eq!(
                parsed.holds(&mut Row(&[value]), &mut times()),
                want,
                "{expression} {value:?}"
            );
        }
    }
}

#[test]
fn needles_go_through_the_tree() {
    for (text, want) in [
        ("a == abc", Some("abc")),
        ("a == 404.50", Some("404.5")),
        ("a == 2012-01-01", None),
        ("a == 1325376000", None),
        ("a == 07094", Some("07094")),
        ("a != abc", None),
        ("a == abc and b == abcd", Some("abcd")),
        ("a == abc and b != abcd", Some("abc")),
        ("a == abc or b == abcd", Some("abc abcd")),
        ("a == abc or b > 5", None),
        ("a in abc,de", Some("abc de")),
        ("a in abc,2012-01-01", None),
        ("(a == ab or a == cd) and b in x,yyyy", Some("ab cd")),
        ("a == ab and b in cd,ef", Some("ab")),
        ("not (a == abc)", None),
        ("e == abc", None),
    ] {
        let parsed = parse(text).expect(text);
        let needles = parsed
            .needles(&|subject| (subject < 4).then_some((&b""[..], &b""[..])))
            .map(|needles| {
                let texts = needles.iter().map(|text| String::from_utf8_lossy(text));
                texts.collect::<Vec<_>>().join(" ")
            });
        assert_eq!(needles.as_deref(), want, "{text}");
    }
}
