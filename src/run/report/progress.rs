//! A line that shows how far the run is, written anew after each job.
//!
//! It does not know how jobs are run.

use crate::sys::write_stderr;

/// Shows how many jobs have ended, of how many if that is known, and how many of them failed.
pub(crate) fn show_progress(ended: u64, failed: u64, all: Option<u64>) {
    let share = all.map(|all| format!(" of {all} ({}%)", ended * 100 / all.max(1)));
    let failures = if failed > 0 {
        format!(", {failed} failed")
    } else {
        String::new()
    };
    // When nobody sees it, there is nothing to do about that.
    let _ = write_stderr(format!("\r{ended}{} done{failures}", share.unwrap_or_default()).as_bytes());
}

/// Ends the line.
pub(crate) fn end_progress() {
    let _ = write_stderr(b"\n");
}
