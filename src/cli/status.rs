//! `fanfold status`: what a state says.

use super::exit_code::Ended;
use crate::message;
use crate::state::Overview;
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// Tell what a state says: what is done, failed and left. It may be in use
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The state file
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// One JSON object, for programs
    #[arg(long)]
    json: bool,
}

/// Prints it.
///
/// # Errors
/// What is wrong with the state, and what standard output said.
pub fn main(args: &StatusArgs) -> anyhow::Result<Option<Ended>> {
    let overview = Overview::read(&args.file)?;
    let text = match args.json {
        true => format!("{}\n", object(&overview)),
        false => text(&overview),
    };
    let written = crate::sys::Output::stdout().write_all(text.as_bytes());
    written.map_err(|cause| anyhow::anyhow!("standard output: {}", message::cause(&cause)))?;
    Ok(None)
}

fn text(overview: &Overview) -> String {
    let mut text = String::new();
    let mut line = |label: &str, rest: &str| {
        let _ = writeln!(text, "{label:11}{rest}");
    };
    for (label, value) in &overview.command {
        line(label, &shown(value));
    }
    let least = if overview.complete { "" } else { " or more" };
    line("done", &overview.done.to_string());
    line("failed", &overview.failed.to_string());
    for cause in &overview.causes {
        let more = match cause.jobs {
            1 => String::new(),
            jobs => format!(" and {} more", jobs - 1),
        };
        line("", &format!("{} ({}{more})", cause.cause, shown(&cause.input)));
    }
    line("unsettled", &overview.unsettled.to_string());
    line("left", &format!("{}{least}", overview.left));
    let seconds = Duration::from_millis((overview.seconds * 1000.0) as u64);
    line("time", &humantime::format_duration(seconds).to_string());
    if overview.gone > 0 {
        let what = "remembered, of inputs that the last run did not have";
        line("gone", &format!("{} ({what})", overview.gone));
    }
    line("read", &format!("{} bytes", overview.size));
    line("gave", &format!("{} bytes", overview.bytes));
    let end = overview.ended.map_or_else(
        || "not ended: it runs, or was killed".into(),
        |at| format!("ended {}", time(at)),
    );
    if let Some(started) = overview.started {
        line("last run", &format!("began {}, {end}", time(started)));
    }
    text
}

/// The object; README.md documents its members.
fn object(overview: &Overview) -> Value {
    let command: serde_json::Map<_, _> = overview
        .command
        .iter()
        .map(|(label, value)| (label.clone(), Value::from(shown(value))))
        .collect();
    let causes: Vec<_> = overview
        .causes
        .iter()
        .map(|cause| json!({"cause": cause.cause, "jobs": cause.jobs, "input": shown(&cause.input)}))
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
        "started": overview.started,
        "ended": overview.ended,
    })
}

fn shown(bytes: &[u8]) -> String {
    message::shown(OsStr::from_bytes(bytes)).into_owned()
}

/// A time of day, without fractions.
fn time(seconds: f64) -> String {
    Timestamp::from_second(seconds as i64).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}
