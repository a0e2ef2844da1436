//! Random CSV and TSV in blocks of any length, which must give what single bytes give: those go through the reader of
//! records that span lines.

use super::*;
use crate::record::field::Field;
use crate::record::format::CsvQuoting;
use crate::record::plan::Text;
use fastrand::Rng;

/// Keeps all records.
#[derive(Debug, Default, PartialEq)]
struct Records(Vec<Vec<Vec<u8>>>);

impl RecordSink for Records {
    fn keeps_line_ends(&self) -> bool {
        true
    }

    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        self.0.push(fields.iter().map(|field| field.to_vec()).collect());
        Ok(ControlFlow::Continue(()))
    }
}

/// Everything that a stage makes of these blocks.
fn outcome<'a>(plan: &RecordPlan, blocks: impl Iterator<Item = &'a [u8]>) -> (Records, String) {
    let mut stage = FormatStage::new(plan);
    let mut records = Records::default();
    stage.begin(OsStr::new("file"), None);
    let mut flow = ControlFlow::Continue(());
    for block in blocks {
        if flow.is_continue() {
            flow = stage.block(block, &mut records).expect("memory takes all");
        }
    }
    if flow.is_continue() {
        _ = stage.end(&mut records).expect("memory takes all");
    }
    let (failure, damage) = (stage.failure(), stage.damage());
    let rest = format!("{failure:?} {damage:?} {} {:?}", stage.lines(), stage.notes());
    (records, rest)
}

/// Returns blocks of random lengths.
fn blocks<'a>(rng: &mut Rng, mut bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let mut blocks = Vec::new();
    let most = *rng.choice(&[5, 100, 10_000]).expect("not empty");
    while !bytes.is_empty() {
        let (block, rest) = bytes.split_at(rng.usize(1..=most).min(bytes.len()));
        blocks.push(block);
        bytes = rest;
    }
    blocks
}

/// Returns a random file; most lines of it are plain.
fn file(rng: &mut Rng, delimiter: char) -> Vec<u8> {
    const PLAIN: [&str; 8] = ["", "x", "ab", "ü", "12", "a b", "\"q\"", "\"\""];
    const OTHER: [&str; 9] = [
        "a\"b",
        "\"a\"\"b\"",
        "\"x\ny\"",
        "\"q,;\"",
        "\"z\"z",
        "\\t",
        "r\rs",
        "\"\r\n\"",
        "\\n",
    ];
    let mut text = format!("a{delimiter}b{delimiter}c\n");
    let strange = *rng.choice(&[0, 2, 8]).expect("not empty");
    for _ in 0..rng.usize(0..30) {
        for column in 0..rng.usize(0..5) {
            if column > 0 {
                text.push(delimiter);
            }
            let values = if rng.u8(..20) < strange {
                &OTHER[..]
            } else {
                &PLAIN
            };
            text.push_str(rng.choice(values).expect("not empty"));
        }
        let end = if rng.u8(..20) < strange { "\r\n" } else { "\n" };
        text.push_str(end);
    }
    if rng.u8(..4) == 0 {
        text.pop();
    }
    if rng.u8(..20) == 0 {
        text.push_str("\n\"never closed\n\n");
    }
    text.into_bytes()
}

fn plan(rng: &mut Rng, delimiter: u8, quoting: CsvQuoting) -> RecordPlan {
    let header = rng.bool();
    let mut plan = RecordPlan::new(Format::Csv {
        delimiter,
        quoting,
        header,
    });
    let fields: &[&str] = match header {
        true => &["a", "b", "c", "2", "-1", "0", "@line", "b[1:]", "b:lower", "*"],
        false => &["1", "2", "4", "-1", "-2", "0", "@line", "2[:1]"],
    };
    let field = |text: &str| plan.format.resolve(Field::parse(text).expect(text)).expect(text);
    plan.projection = (0..rng.usize(..4))
        .map(|_| field(rng.choice(fields).expect("not empty")))
        .collect();
    if plan.projection.iter().any(|field| field.text == "*") {
        plan.pairs = true;
    }
    if rng.u8(..3) == 0 {
        let expressions = ["2 == x", "2 == x or 1 == ab", "-1 == 'q'", "1 > 3", "not 1 == ''"];
        let text = *rng.choice(&expressions).expect("not empty");
        plan.filter = Some(plan.expression(text).expect(text));
    }
    if rng.u8(..4) == 0 {
        let text = rng.choice(&["x", "\"", "a,b", "12"]).expect("not empty");
        plan.texts.push(Text {
            text: text.as_bytes().to_vec(),
            wanted: rng.bool(),
        });
    }
    if rng.u8(..8) == 0 {
        plan.first = Some(rng.u64(..5));
    }
    plan
}

#[test]
fn blocks_of_csv_give_what_single_bytes_give() {
    let mut rng = Rng::with_seed(16);
    for _ in 0..4000 {
        let (delimiter, quoting) = *rng
            .choice(&[
                (b',', CsvQuoting::Quotes),
                (b';', CsvQuoting::Quotes),
                (b'\t', CsvQuoting::Escapes),
            ])
            .expect("not empty");
        let plan = plan(&mut rng, delimiter, quoting);
        let bytes = file(&mut rng, delimiter as char);
        let blocks = blocks(&mut rng, &bytes);
        let all = outcome(&plan, blocks.into_iter());
        let single = outcome(&plan, bytes.chunks(1));
        assert_eq!(all, single, "{plan:?} {:?}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn only_tests_and_modifiers_ask_when_a_file_was_written() {
    let plan = |field: &str, test: Option<&str>| {
        let mut plan = RecordPlan::new(Format::Clf);
        plan.projection = vec![Field::parse(field).expect(field)];
        plan.filter = test.map(|test| plan.expression(test).expect(test));
        plan
    };
    assert!(!plan("time", None).reads_times());
    assert!(plan("time:hod", None).reads_times());
    assert!(plan("host", Some("time > 2012-01-01")).reads_times());
    let mut sorted = plan("host", None);
    sorted.sort = Some(Field::parse("time:epoch").expect("a field"));
    assert!(sorted.reads_times());
}
