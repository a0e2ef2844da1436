//! Random options for the records of a format.

use super::data::Shape;
use fastrand::Rng;

/// Returns options for this shape that can be combined.
pub fn options(rng: &mut Rng, shape: &Shape) -> Vec<String> {
    let mut words: Vec<String> = shape.options.iter().map(|word| (*word).to_owned()).collect();
    // Without any option there are no records, only bytes.
    if words.is_empty() {
        words.extend(["--not-grep", "nowhere"].map(str::to_owned));
    }
    let mut add = |option: &str, value: String| words.extend([option.to_owned(), value]);
    if rng.u8(..4) == 0 {
        let option = *rng.choice(&["--grep", "--not-grep"]).expect("not empty");
        add(
            option,
            (*rng.choice(&["a", "1", "\u{e9}", "x", "\""]).expect("not empty")).to_owned(),
        );
    }
    if rng.u8(..6) == 0 {
        add(
            "--regex",
            (*rng.choice(&["[0-9]{2}", "a|b", "^[a-z]"]).expect("not empty")).to_owned(),
        );
    }
    for _ in 0..*rng.choice(&[0, 0, 1, 1, 2]).expect("not empty") {
        add("--where", expression(rng, 2, &mut |rng| field(rng, shape)));
    }
    let several = |rng: &mut Rng| {
        let fields: Vec<_> = (0..rng.usize(1..4)).map(|_| field(rng, shape)).collect();
        let mut names: Vec<String> = Vec::new();
        fields.into_iter().for_each(|f| {
            if !names.contains(&f) {
                names.push(f);
            }
        });
        names
    };
    let mut makes_rows = true;
    match rng.u8(..6) {
        0 => {
            makes_rows = rng.u8(..4) > 0;
            if makes_rows {
                add("--select", several(rng).join(","));
            }
            if rng.u8(..3) == 0 {
                add("--first", rng.usize(..40).to_string());
            }
        }
        kind @ 1..=3 => {
            let mut columns = vec!["line".to_owned()];
            if rng.u8(..5) > 0 {
                columns = several(rng);
                add("--select", columns.join(","));
            }
            if kind > 1 {
                columns.push("count".to_owned());
            }
            rows(rng, &columns, &mut add);
            words.push(if kind == 1 { "--unique" } else { "--count" }.to_owned());
        }
        _ => {
            let mut columns = Vec::new();
            if rng.u8(..5) > 0 {
                columns = several(rng);
                add("--by", columns.join(","));
            }
            let aggregates = aggregates(rng, shape);
            add("--agg", aggregates.join(","));
            columns.extend(aggregates);
            rows(rng, &columns, &mut add);
        }
    }
    if makes_rows && rng.u8(..3) == 0 {
        words.extend([
            "--output-format".to_owned(),
            (*rng.choice(&["csv", "json", "md"]).expect("not empty")).to_owned(),
        ]);
    }
    words
}

/// Returns options for the rows of a fold.
fn rows(rng: &mut Rng, columns: &[String], add: &mut impl FnMut(&str, String)) {
    let column = |rng: &mut Rng| rng.choice(columns).expect("not empty").clone();
    if rng.u8(..3) == 0 {
        let minus = if rng.bool() { "-" } else { "" };
        let column = column(rng);
        // A column whose name begins with a '-' means itself.
        if !columns.contains(&format!("{minus}{column}")) || minus.is_empty() {
            add("--sort", format!("{minus}{column}"));
        }
    }
    if rng.u8(..4) == 0 {
        add("--having", expression(rng, 1, &mut |rng| column(rng)));
    }
    if rng.u8(..3) == 0 {
        add("--top", rng.usize(..12).to_string());
    }
}

fn field(rng: &mut Rng, shape: &Shape) -> String {
    let name = *rng.choice(shape.fields).expect("not empty");
    let modifier = *rng
        .choice(&[
            "",
            "",
            "",
            "",
            "",
            "",
            ":lower",
            ":noquery",
            "[1:3]",
            "[:2]",
            "[2:]",
            ":noquery[1:]",
        ])
        .expect("not empty");
    // What a cut makes of a value that is no time is told elsewhere.
    let cut = *rng
        .choice(&["", ":day", ":hour", ":minute", ":hod", ":day[:4]"])
        .expect("not empty");
    let modifier = if name == "time" && !cut.is_empty() {
        cut
    } else {
        modifier
    };
    format!("{name}{modifier}")
}

fn aggregates(rng: &mut Rng, shape: &Shape) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for _ in 0..rng.usize(1..5) {
        let kind = *rng
            .choice(&[
                "count", "sum", "mean", "stddev", "min", "max", "p0", "p50", "p99.9", "p100", "distinct",
            ])
            .expect("not empty");
        let name = match kind {
            "count" => kind.to_owned(),
            _ => format!("{kind}:{}", field(rng, shape)),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Returns an expression over the fields of this shape.
pub fn filter(rng: &mut Rng, shape: &Shape) -> String {
    expression(rng, 3, &mut |rng| field(rng, shape))
}

/// Returns an expression of a few tests of fields that `field` chooses.
fn expression(rng: &mut Rng, depth: u8, field: &mut dyn FnMut(&mut Rng) -> String) -> String {
    match rng.u8(..if depth == 0 { 4 } else { 9 }) {
        4 => format!("not {}", grouped(rng, depth - 1, field)),
        5 => format!("!{}", grouped(rng, depth - 1, field)),
        kind @ 6.. => {
            let joint = ["and", "or", "&&", "||"][usize::from(kind - 6) + usize::from(rng.bool())];
            let sides = [(); 2].map(|()| match rng.bool() {
                true => grouped(rng, depth - 1, field),
                false => expression(rng, depth - 1, field),
            });
            sides.join(&format!(" {joint} "))
        }
        _ => test(rng, field),
    }
}

fn grouped(rng: &mut Rng, depth: u8, field: &mut dyn FnMut(&mut Rng) -> String) -> String {
    format!("({})", expression(rng, depth, field))
}

fn test(rng: &mut Rng, field: &mut dyn FnMut(&mut Rng) -> String) -> String {
    let field = field(rng);
    let some = |rng: &mut Rng, texts: &[&str]| (*rng.choice(texts).expect("not empty")).to_owned();
    let op = some(
        rng,
        &[
            "==", "==", "=", "!=", "<", "<=", ">", ">=", "~", "!~", "in", "not in", "exists",
        ],
    );
    let value = match &*op {
        "exists" => return format!("{field} exists"),
        "~" | "!~" => some(rng, &["^[ab1-9]", "0$", "'a|1'", "[0-9]\\.?[0-9]", "^(a|1|/)"]),
        "in" | "not in" => some(
            rng,
            &[
                "a,10,7",
                "200,304",
                "'GET', /a,b",
                "\"a\",'',-",
                "1e1,1.0,null",
                "404 , 5",
            ],
        ),
        "==" | "!=" | "=" => some(
            rng,
            &[
                "a",
                "10",
                "5",
                "2012-02-01",
                "2012-02-01T04:59:58Z",
                "x\\y",
                "'b'",
                "-",
                "/a",
                "404",
                "1e1",
                "\u{e9}",
                "''",
                "9007199254740993",
                "0",
                "2.250",
                "null",
                "(a)",
            ],
        ),
        _ => some(
            rng,
            &[
                "10",
                "'5'",
                "1e1",
                "-.5",
                "1k",
                "1Ki",
                "9007199254740993",
                "'a'",
                "\"\"",
                "2012-02-01",
                "'2012-02-01T04:59:58Z'",
                "1328072398",
                "'x y'",
            ],
        ),
    };
    format!("{field} {op} {value}")
}
