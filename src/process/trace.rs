//! Shows a command before it starts, and asks the user whether it may start.
//!
//! It does not start anything.

use super::plan::{Capture, CommandPlan, Trace};
use crate::control::StopRequest;
use crate::job::{Failure, Job, Trust};
use crate::map::ChildEmit;
use crate::sys::{Interest, Ready, poll, terminal, write_stderr};
use crate::template::shell_escape;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::Mutex;

/// Held by the worker that asks: there is one question at a time.
static ASKING: Mutex<()> = Mutex::new(());

/// Shows the command of `job` when the plan says so. Returns whether it may start.
pub(super) fn trace(plan: &CommandPlan, job: &Job, emit: &mut dyn ChildEmit) -> Result<bool, Failure> {
    let args = || plan.args(job, emit.worker().slot);
    match plan.trace {
        Trace::Off => {}
        Trace::Stdout => {
            let mut line = plan.show(job, emit.worker().slot);
            line.push(b'\n');
            match plan.capture {
                Capture::Inherit => {
                    let _ = crate::sys::OutputStream::stdout().write_all(&line);
                }
                Capture::Whole => {
                    let _ = emit.out(&line, Trust::Final);
                }
            }
        }
        Trace::Stderr | Trace::StderrAtOnce => {
            let mut line = plan.show(job, emit.worker().slot);
            line.push(b'\n');
            match (plan.capture, plan.trace) {
                (Capture::Whole, Trace::Stderr) => emit.err(&line),
                // What the command itself prints does not wait for its turn either, or goes elsewhere.
                _ => show(&line),
            }
        }
        Trace::Direct => {
            let mut line = shell_escape(args().iter());
            line.push(b'\n');
            show(&line);
        }
        Trace::Ask => return ask(&shell_escape(args().iter()), emit),
    }
    Ok(true)
}

/// Writes to our standard error. When that is closed, there is nowhere to show it.
fn show(bytes: &[u8]) {
    let _ = write_stderr(bytes);
}

/// Asks the user at the terminal. An answer that begins with `y` is a yes.
fn ask(command: &[u8], emit: &dyn ChildEmit) -> Result<bool, Failure> {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |cause| Failure::Own { what, cause }
    };
    // A panic of another worker that asked leaves nothing behind.
    let _one = ASKING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    show(command);
    let mut terminal = terminal().map_err(failed("failed to open /dev/tty for reading"))?;
    show(b"?...");
    let mut answer = [0; 4096];
    loop {
        let worker = emit.worker();
        let waits = [
            (terminal.as_fd(), Interest::Read),
            (worker.waker_fd(), Interest::Read),
        ];
        let [ready, _] = poll(waits.map(Some), None).map_err(failed("/dev/tty"))?;
        if worker.stop_request() != StopRequest::Continue {
            return Err(Failure::Stopped);
        }
        if ready == Ready::No {
            worker.clear();
            continue;
        }
        // A terminal gives one line at a time.
        let length = terminal.read(&mut answer).map_err(failed("/dev/tty"))?;
        if length == 0 {
            let cause = io::ErrorKind::UnexpectedEof.into();
            return Err(failed("failed to read the answer")(cause));
        }
        return Ok(matches!(answer[0], b'y' | b'Y'));
    }
}
