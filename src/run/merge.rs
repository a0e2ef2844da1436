//! The main thread's side of merging: it sends merges to the workers, and prints the last output or writes it
//! to its file.
//!
//! It does not know which outputs are merged, nor when.

use super::error::RunError;
use super::report::Other;
use super::shutdown::StopEvent;
use super::{Main, Work};
use crate::job::Failure;
use crate::merge::{
    Intermediate, Intermediates, MergeDestination, MergeOutputs, MergePlanner, Merged, MergedJobs, Opened,
};
use crate::message;
use crate::output::NewFile;
use crate::plan::{Empty, Plan};
use crate::record::RecordPlan;
use crate::sink::{Closed, Sink, Stream};
use crate::sys::OutputStream;
use crate::worker::{Merging, Report, Task};
use crossbeam_channel::Sender;
use std::io::{self, Write as _};

/// How many bytes of outputs may lie in memory: what is beyond it are files, which are page cache as long
/// as there is room.
const IN_MEMORY: u64 = 16 << 20;

/// Makes the place where outputs lie that are merged, if any are.
///
/// # Errors
/// When the directory cannot be created.
pub(super) fn intermediates(plan: &Plan, work: &Work<'_>) -> Result<Option<Intermediates>, RunError> {
    let make = |_: &_| {
        let made = Intermediates::new(&plan.tmpdir, IN_MEMORY.min(plan.memory / 4));
        let dir = message::display_name(plan.tmpdir.as_os_str());
        made.map_err(RunError::about(format!("{dir}: temporary directory")))
    };
    work.merge.as_ref().map(make).transpose()
}

/// Returns what workers need for merges, if there are any.
pub(super) fn merging<'a>(
    work: &'a Work<'a>,
    intermediates: Option<&'a Intermediates>,
) -> Option<Merging<'a>> {
    let (merge, intermediates) = (work.merge.as_ref()?, intermediates?);
    let to = merge.to.filter(|to| to.open.is_none());
    let file = to.map(|to| NewFile::named(&to.name));
    Some(Merging {
        start_map: merge.map,
        outputs: MergeOutputs::new(intermediates, merge.inputs, file),
    })
}

/// The merges of a run.
pub(super) struct Merges<'a> {
    planner: MergePlanner,
    outputs: &'a MergeOutputs<'a>,
    workers: usize,
    /// Whether no input at all is an answer too.
    empty: Empty,
}

impl<'a> Merges<'a> {
    /// Returns the merges of a run by this many workers, if there are any.
    pub(super) fn new(
        work: &Work<'_>,
        workers: usize,
        empty: Empty,
        merging: Option<&'a Merging<'a>>,
    ) -> Option<Self> {
        let (merge, merging) = (work.merge.as_ref()?, merging?);
        Some(Merges {
            planner: MergePlanner::new(merge.arity.get(), merge.inputs, workers),
            outputs: &merging.outputs,
            workers,
            empty,
        })
    }

    /// Takes the output of a job that has ended, if it gave one.
    pub(super) fn job_ended(&mut self, seq: u64, output: Option<Merged>) {
        self.planner.job_ended(seq, output);
    }

    /// Returns how many merges wait in the queue or run.
    pub(super) fn under_way(&self) -> u64 {
        self.planner.under_way() as u64
    }

    /// Tells whether no merge is to come or under way, provided that all jobs have ended.
    pub(super) fn is_done(&self) -> bool {
        self.planner.is_done()
    }

    /// Tells whether merges come before jobs, because too many outputs wait.
    pub(super) fn is_crowded(&self) -> bool {
        self.planner.is_crowded()
    }

    /// Sends merges that are possible while a worker has nothing else to do, or too many outputs wait.
    /// `jobs` tells how many jobs are under way, and `all` whether all jobs have ended.
    fn send(&mut self, jobs: u64, all: bool, queue: &Sender<Task>) {
        while self.is_crowded() || jobs + self.under_way() < self.workers as u64 {
            let Some(merge) = self.planner.next(all) else {
                return;
            };
            if let Err(refused) = queue.try_send(Task::Merge(merge)) {
                if let Task::Merge(merge) = refused.into_inner() {
                    self.planner.put_back(merge);
                }
                return;
            }
        }
    }
}

impl Main<'_, '_> {
    /// Sends merges, if there are any to send.
    pub(super) fn send_merges(&mut self, queue: &Sender<Task>) {
        if self.shutdown.is_stopping() {
            return;
        }
        let (jobs, all_found) = (self.jobs.running(), self.source.is_dry());
        if let Some(merges) = &mut self.merges {
            merges.send(jobs, jobs == 0 && all_found, queue);
        }
    }

    /// Takes the result of a merge. A merge that failed leaves no answer to wait for.
    pub(super) fn merged(&mut self, jobs: MergedJobs, report: Report) {
        let Some(merges) = &mut self.merges else { return };
        let failure = match (report.failure, report.merged) {
            (None, Some(result)) => return merges.planner.merged(jobs, result),
            (failure, _) => failure.unwrap_or(Failure::Stopped),
        };
        merges.planner.failed();
        if matches!(failure, Failure::Stopped) {
            return;
        }
        let what = format!("{jobs}: {failure}; nothing is printed");
        self.shutdown.advance(StopEvent::Drain);
        self.other_failure(Other::Merge, jobs.from, &failure, &what);
    }

    /// Removes what dropping would remove, for a process that ends without its workers.
    pub(super) fn abandon(&self) {
        self.work.written().abandon();
        if let Some(merges) = &self.merges {
            merges.outputs.abandon();
        }
    }

    /// Prints the last output, or writes it where it is to go.
    pub(super) fn print_merged(&mut self) {
        let stopping = self.shutdown.is_stopping();
        let Some(merges) = self.merges.as_mut().filter(|_| !stopping) else {
            return;
        };
        let to = self.work.merge.as_ref().and_then(|merge| merge.to);
        if let Some(to) = to.filter(|_| self.summary.failures.total() > 0) {
            let name = message::display_name(to.name.as_os_str());
            return message::say(format_args!("{name}: not written, because of what failed"));
        }
        let result = merges.planner.take_result();
        let heading = self.work.records.map(RecordPlan::heading).unwrap_or_default();
        let intermediates = merges.outputs.intermediates();
        let written = match (to, result) {
            (_, Some(Merged::File(file))) => file.commit().map_err(Closed::from_failure),
            (Some(_), None) if self.jobs.sent() == 0 && merges.empty == Empty::Refused => return,
            (Some(to), result) => {
                let output = result.and_then(Merged::into_intermediate);
                write(output, &heading, to, intermediates)
            }
            (None, Some(Merged::Intermediate(output))) => self.output.print(|sink| {
                sink.heading(&heading)?;
                print(output, sink, intermediates)
            }),
            (None, None) => return,
        };
        self.end_printing_on(written);
    }
}

/// Writes the last output, if there is one, to its destination, after `heading`.
fn write(
    output: Option<Intermediate>,
    heading: &[u8],
    to: &MergeDestination,
    intermediates: &Intermediates,
) -> Result<(), Closed> {
    let Some(open) = &to.open else {
        let mut file = NewFile::named(&to.name);
        file.write(heading).map_err(Closed::from_failure)?;
        read(output, intermediates, |block| {
            file.write(block).map_err(Closed::from_failure)
        })?;
        return file.commit().map_err(Closed::from_failure);
    };
    let failed = |cause| Closed::Failed {
        what: message::display_name(to.name.as_os_str()).into_owned(),
        cause,
    };
    let mut out = OutputStream::from_file(open.try_clone().map_err(failed)?);
    out.write_all(heading).map_err(failed)?;
    read(output, intermediates, |block| {
        out.write_all(block).map_err(failed)
    })
}

/// Prints the last output.
fn print(output: Intermediate, sink: &mut Sink<'_>, intermediates: &Intermediates) -> Result<(), Closed> {
    match output.open() {
        Ok(Opened::Memory(bytes)) => sink.print(Stream::Out, &bytes),
        Ok(Opened::File(file)) => sink
            .send(file)
            .unwrap_or_else(|cause| Err(unreadable(intermediates, cause))),
        Err(cause) => Err(unreadable(intermediates, cause)),
    }
}

fn read(
    output: Option<Intermediate>,
    intermediates: &Intermediates,
    take: impl FnMut(&[u8]) -> Result<(), Closed>,
) -> Result<(), Closed> {
    let Some(output) = output else { return Ok(()) };
    let read = output.read(take);
    read.unwrap_or_else(|cause| Err(unreadable(intermediates, cause)))
}

fn unreadable(intermediates: &Intermediates, cause: io::Error) -> Closed {
    Closed::from_failure(intermediates.failure(cause))
}
