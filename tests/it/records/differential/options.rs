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
        let field = field(rng, shape);
        add("--where", condition(rng, &field));
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
    match rng.u8(..6) {
        0 => {
            if rng.bool() {
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
    if rng.u8(..3) == 0 {
        words.extend([
            "--output-format".to_owned(),
            (*rng.choice(&["csv", "json"]).expect("not empty")).to_owned(),
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
        let column = column(rng);
        add("--having", condition(rng, &column));
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
            ":day",
            ":hour",
            ":minute",
            ":hod",
            "[1:3]",
            "[:2]",
            "[2:]",
            ":noquery[1:]",
            ":day[:4]",
        ])
        .expect("not empty");
    format!("{name}{modifier}")
}

fn aggregates(rng: &mut Rng, shape: &Shape) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for _ in 0..rng.usize(1..5) {
        let kind = *rng
            .choice(&[
                "count", "sum", "mean", "min", "max", "p0", "p50", "p99.9", "p100", "distinct",
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

fn condition(rng: &mut Rng, field: &str) -> String {
    let op = *rng
        .choice(&["==", "!=", "<", "<=", ">", ">=", "~", "!~", "in"])
        .expect("not empty");
    let value = match op {
        "~" | "!~" => *rng
            .choice(&["^[ab1-9]", "0$", "a|1", "[0-9]\\.?[0-9]"])
            .expect("not empty"),
        "in" => *rng.choice(&["a,10,7", "200,304", "GET,/a,b"]).expect("not empty"),
        _ => *rng
            .choice(&[
                "a",
                "10",
                "5",
                "2012-02-01",
                "2012-02-01T04:59:58Z",
                "x\\y",
                "b",
                "-",
                "/a",
                "404",
                "1e1",
                "\u{e9}",
            ])
            .expect("not empty"),
    };
    format!("{field} {op} {value}")
}
