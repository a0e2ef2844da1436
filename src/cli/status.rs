//! `fanfold status`: a summary of a state, for people or as JSON.
//!
//! It only reads the state, which a run may be using meanwhile.

use super::exit_code::ExitCause;
use super::plain_text::print;
use crate::message;
use crate::state::{Overview, Savings};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fmt::{Display, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// The arguments of `fanfold status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The state file
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print one JSON object, for programs
    #[arg(long)]
    json: bool,
}

pub(super) fn main(args: &StatusArgs) -> anyhow::Result<ExitCause> {
    let overview = Overview::read(&args.file)?;
    let text = match args.json {
        true => format!("{}\n", object(&overview)),
        false => text(&overview),
    };
    print(text.as_bytes())
}

fn text(overview: &Overview) -> String {
    let mut text = String::new();
    let mut line = |label: &str, rest: &dyn Display| {
        let _ = writeln!(text, "{label:11}{rest}");
    };
    for (label, value) in &overview.command {
        line(label, &display_bytes(value));
    }
    let least = if overview.complete { "" } else { " or more" };
    line("done", &overview.done);
    line("failed", &overview.failed);
    for cause in &overview.causes {
        let more = match cause.jobs {
            1 => String::new(),
            jobs => format!(" and {} more", jobs - 1),
        };
        let input = display_bytes(&cause.input);
        line("", &format_args!("{} ({input}{more})", cause.cause));
    }
    line("unsettled", &overview.unsettled);
    line("left", &format_args!("{}{least}", overview.left));
    let seconds = Duration::from_millis((overview.seconds * 1000.0) as u64);
    line("time", &humantime::format_duration(seconds));
    if overview.gone > 0 {
        let what = "jobs of inputs that the last run did not have";
        line("gone", &format_args!("{} ({what})", overview.gone));
    }
    line("read", &format_args!("{} bytes", overview.size));
    let saved = overview.saved;
    if saved.renamed + saved.grown > 0 {
        let Savings {
            renamed,
            grown,
            bytes,
        } = saved;
        line(
            "saved",
            &format_args!(
                "{bytes} bytes of the last run ({renamed} renamed, {grown} read on from their old end)"
            ),
        );
    }
    line("gave", &format_args!("{} bytes", overview.bytes));
    let end = overview.ended.map_or_else(
        || "not ended: still running, or killed".into(),
        |at| format!("ended {}", time(at)),
    );
    if let Some(started) = overview.started {
        line("last run", &format_args!("began {}, {end}", time(started)));
    }
    text
}

/// Returns the JSON object. src/help/state.md documents its members.
fn object(overview: &Overview) -> Value {
    let command: serde_json::Map<_, _> = overview
        .command
        .iter()
        .map(|(label, value)| (label.clone(), Value::from(display_bytes(value))))
        .collect();
    let causes: Vec<_> = overview
        .causes
        .iter()
        .map(|cause| json!({"cause": cause.cause, "jobs": cause.jobs, "input": display_bytes(&cause.input)}))
        .collect();
    json!({
        "command": command,
        "done": overview.done,
        "failed": overview.failed,
        "causes": causes,
        "unsettled": overview.unsettled,
        "left": overview.left,
        "gone": overview.gone,
        "complete": overview.complete,
        "seconds": overview.seconds,
        "size": overview.size,
        "bytes": overview.bytes,
        "runs": overview.runs,
        "saved": {"renamed": overview.saved.renamed, "grown": overview.saved.grown, "bytes": overview.saved.bytes},
        "started": overview.started,
        "ended": overview.ended,
    })
}

fn display_bytes(bytes: &[u8]) -> String {
    message::display_name(OsStr::from_bytes(bytes)).into_owned()
}

/// Formats seconds since 1970 as a date and a time of day, without fractions.
fn time(seconds: f64) -> String {
    Timestamp::from_second(seconds as i64).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}
