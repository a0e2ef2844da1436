//! What the fuzzers of `tests/fuzz` call: readers of bytes that come from anywhere, and of what users type.
//!
//! It is compiled with `--cfg fuzzing`, and for the test that runs the fuzzers' bodies on their corpus; it decides nothing
//! itself.

#[cfg(test)]
#[path = "../tests/fuzz/corpus_test.rs"]
mod corpus_test;

pub use crate::codec::{CODECS, Decoder};
pub use crate::job::Trust;
pub use crate::memory::Budget;
pub use crate::plan::{Blanks, WordList, WordSyntax};

use crate::job::Input;
use crate::record::{
    Case, Expression, Field, Format, FormatChoice, LoneQuote, NoteKind, Outcome, Pattern, RecordPlan,
    RecordPlanError, RecordSink, Stage, TimePlan, TimeReader,
};
use crate::source::WordReader;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::io::{self, Cursor};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;

/// What was read of an input: the selected fields of each record, the number of bad lines, and why it failed.
pub type Records = (Vec<Vec<Vec<u8>>>, u64, Option<String>);

struct Collector(Vec<Vec<Vec<u8>>>);

impl RecordSink for Collector {
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        self.0.push(fields.iter().map(|field| field.to_vec()).collect());
        Ok(ControlFlow::Continue(()))
    }
}

/// Plans to read these fields of a format. `None`: it has no such field, or the options are refused.
pub fn plan(choice: &FormatChoice<'_>, fields: &[&str], record_start: Option<&str>) -> Option<RecordPlan> {
    let mut plan = RecordPlan::new(Format::choose(choice).ok()?);
    for field in fields {
        let field = plan.format.resolve(Field::parse(field).ok()?).ok()?;
        plan.projection.push(field);
    }
    plan.record_start = record_start
        .map(|text| Pattern::new(text, Case::Sensitive))
        .transpose()
        .ok()?;
    Some(plan)
}

/// Reads an input that comes in blocks of this size.
pub fn records(plan: &RecordPlan, data: &[u8], size: usize) -> Records {
    let (mut stage, mut sink) = (Stage::new(plan), Collector(Vec::new()));
    stage.begin(OsStr::new("f"), None);
    let mut flow = ControlFlow::Continue(());
    for block in data.chunks(size.max(1)) {
        flow = stage.block(block, &mut sink).expect("memory");
        if flow.is_break() {
            break;
        }
    }
    if flow.is_continue() {
        let _ = stage.end(&mut sink).expect("memory");
    }
    let failure = stage.failure().or_else(|| stage.damage());
    (sink.0, stage.notes().count(NoteKind::BadLine), failure)
}

/// Parses an expression and prints it. `None`: it is none, or it can't be printed in the one form.
pub fn expression(text: &str) -> Option<String> {
    let names = RefCell::new(Vec::new());
    let mut subject = |name: &str| {
        Field::parse(name)?;
        let mut names = names.borrow_mut();
        names.push(name.to_owned());
        Ok::<_, RecordPlanError>(names.len() - 1)
    };
    let times = TimePlan::default();
    // A field of such a name is one only where no blank follows.
    let words = ["and", "or", "not", "in", "exists"];
    let is_word = |name: &String| name.split_whitespace().any(|word| words.contains(&word));
    let parsed = Expression::parse(text, LoneQuote::Refused, &times, Case::Sensitive, &mut subject).ok()?;
    let names = names.borrow();
    parsed.print(&names).filter(|_| !names.iter().any(is_word))
}

/// Reads a time, in a form that the user described or in any, and returns it in UTC: `None` when it is none.
pub fn time(text: &[u8], form: Option<&str>) -> Option<jiff::Timestamp> {
    let mut plan = TimePlan::default();
    if let Some(form) = form {
        plan.add_form(form).ok()?;
    }
    let mut reader = TimeReader::new(&plan);
    let _ = reader.read_start(text);
    let _ = reader.read_loosely(text);
    reader.timestamp(text)
}

/// Parses a time as users type it.
pub fn typed_time(text: &str) -> Option<jiff::Timestamp> {
    Some(TimePlan::default().parse_literal(text).ok()?.0)
}

/// Reads a field with its modifiers, and applies these to a value.
pub fn modified(field: &str, value: &[u8]) -> Option<Vec<u8>> {
    let field = Field::parse(field).ok()?;
    let mut times = TimeReader::new(&TimePlan::default());
    let mut value = value.to_vec();
    let made = field.modifiers.iter().fold(Outcome::Text, |made, modifier| {
        modifier.apply_after(made, &mut value, &mut times)
    });
    (made != Outcome::Misfit).then_some(value)
}

/// Reads the words of a list; each with whether it ends a line. The last may be an error's text.
pub fn words(data: &[u8], syntax: WordSyntax) -> (Vec<(Vec<u8>, bool)>, Option<String>) {
    let plan = WordList {
        file: None,
        syntax,
        longest: [1 << 20; 2],
    };
    let mut words = Vec::new();
    for item in WordReader::new(Cursor::new(data), plan) {
        match item {
            Ok(Input::Word { word, ends_line }) => words.push((word.as_bytes().to_vec(), ends_line)),
            Ok(_) => {}
            Err(error) => match error.to_string() {
                text if text.starts_with("WARNING") => {}
                text => return (words, Some(text)),
            },
        }
    }
    (words, None)
}
