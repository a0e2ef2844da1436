//! `--results FILE.csv`, `.tsv` and `.json`: a row for each job, with its command, its values and all that it wrote.
//!
//! The forms are those of GNU parallel. It does not know where rows go.

use crate::job::{ChildOutcome, Failure, Input, Job};
use std::borrow::Cow;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::time::{Duration, SystemTime};

/// The form of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResultForm {
    /// Fields with this byte between them, quoted where they must be.
    Fields(u8),
    /// A JSON object a row.
    Objects,
}

impl ResultForm {
    /// Returns the form that the ending of a name says, if it says one.
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let forms = [
            (&b".csv"[..], ResultForm::Fields(b',')),
            (b".tsv", ResultForm::Fields(b'\t')),
            (b".json", ResultForm::Objects),
        ];
        let found = forms.into_iter().find(|(ending, _)| name.ends_with(ending));
        found.map(|(_, form)| form)
    }

    /// Returns the line above the rows, when each has these columns of values.
    pub(crate) fn heading(self, columns: &[Vec<u8>]) -> Vec<u8> {
        const BEFORE: [&str; 9] = [
            "Seq",
            "Host",
            "Starttime",
            "JobRuntime",
            "Send",
            "Receive",
            "Exitval",
            "Signal",
            "Command",
        ];
        let columns = columns.iter().map(Vec::as_slice);
        let all = BEFORE.iter().map(|name| name.as_bytes()).chain(columns);
        let all: Vec<_> = all.chain([&b"Stdout"[..], b"Stderr"]).collect();
        match self {
            ResultForm::Fields(separator) => fields(separator, &all),
            ResultForm::Objects => Vec::new(),
        }
    }

    /// Returns the row of a job.
    pub(super) fn row(self, job: &Job, ran: &Ran<'_>) -> Vec<u8> {
        let (exit, signal) = exit_and_signal(ran.failure);
        let start = ran.started.duration_since(SystemTime::UNIX_EPOCH);
        let start = start.unwrap_or_default().as_secs_f64();
        let send: usize = job.inputs.iter().map(Input::block_length).sum();
        let is_value = |input: &&Input| !matches!(input, Input::Block(_) | Input::Queue(_));
        let values = job
            .inputs
            .iter()
            .filter(is_value)
            .map(|input| input.name().as_bytes());
        let (number, took, receive) = (job.number, ran.took.as_secs_f64(), ran.out.len());
        if let ResultForm::Fields(separator) = self {
            let before = [
                number.to_string(),
                ":".to_owned(),
                format!("{start:.3}"),
                format!("{took:.3}"),
                send.to_string(),
                receive.to_string(),
                exit.to_string(),
                signal.to_string(),
            ];
            let before = before.iter().map(String::as_bytes).chain([ran.command]);
            let all: Vec<_> = before.chain(values).chain([ran.out, ran.err]).collect();
            return fields(separator, &all);
        }
        let mut row = Vec::new();
        let _ = write!(
            row,
            "{{ \"Seq\": {number}, \"Host\": \":\", \"Starttime\": {start:.3}, \"JobRuntime\": {took:.3}, \"Send\": {send}, \
             \"Receive\": {receive}, \"Exitval\": {exit}, \"Signal\": {signal}, \"Command\": "
        );
        row.extend(json_string(ran.command));
        row.extend_from_slice(b", \"V\": [ ");
        row.extend(values.map(json_string).collect::<Vec<_>>().join(&b','));
        row.extend_from_slice(b" ], \"Stdout\": ");
        row.extend(json_string(ran.out));
        row.extend_from_slice(b", \"Stderr\": ");
        row.extend(json_string(ran.err));
        row.extend_from_slice(b" }\n");
        row
    }
}

/// How a job went, and what it wrote.
pub(super) struct Ran<'a> {
    pub(super) started: SystemTime,
    pub(super) took: Duration,
    pub(super) failure: Option<&'a Failure>,
    pub(super) command: &'a [u8],
    pub(super) out: &'a [u8],
    pub(super) err: &'a [u8],
}

/// Returns the status that a command exited with, and the signal that ended it; 0 for none.
fn exit_and_signal(failure: Option<&Failure>) -> (i32, i32) {
    match (failure, failure.and_then(Failure::outcome)) {
        (None, _) => (0, 0),
        (_, Some(ChildOutcome::Signal(signal))) => (0, *signal),
        (_, Some(ChildOutcome::OutOfMemory)) => (0, 9),
        (_, Some(ChildOutcome::TimedOut(_))) => (-1, 15),
        (Some(failure), _) => (failure.status(), 0),
    }
}

fn fields(separator: u8, fields: &[&[u8]]) -> Vec<u8> {
    let must_be_quoted =
        |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | 0 | 0x0b) || *byte == separator;
    let quoted = fields.iter().map(|field| match field.iter().any(must_be_quoted) {
        false => Cow::Borrowed(*field),
        true => {
            let mut quoted = vec![b'"'];
            for byte in *field {
                quoted.extend(std::iter::repeat_n(*byte, 1 + usize::from(*byte == b'"')));
            }
            quoted.push(b'"');
            Cow::Owned(quoted)
        }
    });
    let mut line = quoted.collect::<Vec<_>>().join(&separator);
    line.push(b'\n');
    line
}

/// Returns bytes as GNU parallel quotes them: control characters by number, all else, also what is no text, as it is.
fn json_string(bytes: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', byte]),
            0..0x20 => quoted.extend(format!("\\u{byte:04x}").into_bytes()),
            _ => quoted.push(byte),
        }
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_strings_are_quoted_as_gnu_parallel_does() {
        let line = fields(b',', &[b"a", b"", b"b c", b"d\"e", b"f,g", b"h\n"]);
        assert_eq!(line, b"a,,\"b c\",\"d\"\"e\",\"f,g\",\"h\n\"\n");
        assert_eq!(fields(b'\t', &[b"f,g", b"x\ty"]), b"f,g\t\"x\ty\"\n");
        assert_eq!(
            json_string(b"a\"\\\n\x01\xff"),
            b"\"a\\\"\\\\\\u000a\\u0001\xff\""
        );
    }
}
