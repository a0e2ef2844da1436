//! `--summary FILE`: one JSON object about a run, at its end, whole or not at all. `fanfold help cron` documents it.
//!
//! It does not know how the process ends.

use super::exit_code::{Dialect, ExitCause};
use super::usage_error::UsageError;
use crate::message;
use crate::run::Summary;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tempfile::NamedTempFile;

/// The version of the object: a change of the meaning of a member makes another.
const VERSION: u32 = 1;

/// The file of this process, and when its run began.
struct SummaryFile {
    path: PathBuf,
    started: SystemTime,
    clock: Instant,
}

/// A process has one run.
static FILE: OnceLock<SummaryFile> = OnceLock::new();

/// Begins a run whose summary goes to this file.
///
/// # Errors
/// When it could not be written.
pub(super) fn start(path: &Path) -> Result<(), UsageError> {
    if !is_special(path) {
        let refused = |cause| {
            let name = message::display_name(path.as_os_str());
            UsageError(format!("--summary: {name}: {}", message::cause(&cause)))
        };
        if path.is_dir() {
            return Err(refused(io::ErrorKind::IsADirectory.into()));
        }
        temporary(path).map_err(refused)?;
    }
    let _ = FILE.set(SummaryFile {
        path: path.to_owned(),
        started: SystemTime::now(),
        clock: Instant::now(),
    });
    Ok(())
}

/// Writes the summary of a run that ended, if one was asked for. Returns why the process ends.
pub(super) fn write(summary: &Summary, cause: ExitCause) -> ExitCause {
    write_object(cause, || members(summary))
}

/// Writes the summary of a run that could not begin. One that was refused writes none: its file may be an input.
pub(super) fn write_error(error: &str, cause: ExitCause) -> ExitCause {
    if cause == ExitCause::Refused {
        return cause;
    }
    write_object(cause, || json!({ "error": error }))
}

fn write_object(cause: ExitCause, members: impl Fn() -> Value) -> ExitCause {
    let Some(file) = FILE.get() else { return cause };
    let mut object = file.object(cause);
    if let (Value::Object(object), Value::Object(members)) = (&mut object, members()) {
        object.extend(members);
    }
    match replace(&file.path, format!("{object}\n").as_bytes()) {
        Ok(()) => cause,
        Err(error) => {
            let name = message::display_name(file.path.as_os_str());
            message::say(format_args!("{name}: {}", message::cause(&error)));
            ExitCause::OwnFailure
        }
    }
}

impl SummaryFile {
    /// Returns what is known of every run.
    fn object(&self, cause: ExitCause) -> Value {
        let words = std::env::args_os();
        let words: Vec<_> = words
            .map(|word| message::display_name(&word).into_owned())
            .collect();
        let (exit, signal) = match cause {
            ExitCause::Signal(signal) => (None, Some(signal)),
            cause => (Some(cause.code(Dialect::Fanfold)), None),
        };
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        json!({
            "version": VERSION,
            "command": words,
            "started": started.as_secs_f64(),
            "seconds": self.clock.elapsed().as_secs_f64(),
            "exit": exit,
            "signal": signal,
            "error": null,
        })
    }
}

/// Returns what a run that began adds.
fn members(summary: &Summary) -> Value {
    let failures = summary.failures.named.iter().map(|failure| {
        let inputs = failure
            .inputs
            .iter()
            .map(|name| message::display_name(name).into_owned());
        json!({ "inputs": inputs.collect::<Vec<_>>(), "cause": failure.cause })
    });
    json!({
        "done": summary.done - summary.parts,
        "failed": summary.failures.count,
        "stopped": summary.stopped,
        "remembered": summary.remembered,
        "bytes": summary.bytes,
        "failures": failures.collect::<Vec<_>>(),
        "notes": summary.notes.lines(),
    })
}

fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Creates a file beside the one of this name.
fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    tempfile::Builder::new()
        .prefix(".fanfold-summary-")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(directory.unwrap_or(Path::new(".")))
}

/// Gives the file these contents at once. A device or a pipe is written to.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if is_special(path) {
        return fs::File::options().write(true).open(path)?.write_all(bytes);
    }
    let mut file = temporary(path)?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
