//! The main thread's draft in merging: it collects outputs, has neighbours merged as soon as there
//! are enough of them, and prints the last.

use super::error::RunError;
use super::report::Other;
use super::shutdown::StopEvent;
use super::{Main, Work};
use crate::job::Failure;
use crate::map::StartMap;
use crate::merge::tree::{Item, Tree, Window};
use crate::merge::{Intermediate, Intermediates, Opened};
use crate::message;
use crate::output::NewFile;
use crate::plan::{Empty, Plan};
use crate::record::RecordPlan;
use crate::sink::{Closed, Sink, Stream};
use crate::sys::{OutputStream, file_limit};
use crate::worker::{Merge, MergeInput, Merged, MergedJobs, Merging, Writing};
use crossbeam_channel::{Sender, TrySendError, bounded};
use std::fs::File;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// JobFiles that may wait: beyond that, merges come before jobs.
const WAITING: usize = 1024;

/// JobFiles that may lie in memory, in bytes: what is beyond it are files, which are page cache as long
/// as there is room.
const IN_MEMORY: u64 = 16 << 20;

/// Merges that may be at work at once where they feed one another; each has a few descriptors.
const TOGETHER: u64 = 32;
const DESCRIPTORS: u64 = 8;

/// What a merge is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeInputs {
    /// Files.
    Files,
    /// Where that saves writing a file, a pipe from the merge that makes it: it can be read once. Such a
    /// command is known to write as plainly as it reads, so its standard output is its file itself.
    Streams,
}

/// How outputs are brought together.
pub struct MergeWork<'a> {
    /// Makes each worker's map for merges: its inputs are the files of outputs.
    pub map: &'a StartMap<'a>,
    /// How many outputs a merge takes at most, 2 or more.
    pub arity: NonZeroUsize,
    /// What it is given.
    pub inputs: MergeInputs,
    /// What takes the last output; `None`: it is printed.
    pub to: Option<&'a MergeDestination>,
}

/// The file that takes the last output.
#[derive(Debug)]
pub struct MergeDestination {
    /// Its name.
    pub name: PathBuf,
    /// What it is, where that is no regular file: that is written to. A file is made whole before it has its
    /// name.
    pub open: Option<File>,
}

/// Where outputs lie that are merged, if any are.
pub(super) fn drafts(plan: &Plan, work: &Work<'_>) -> Result<Option<Intermediates>, RunError> {
    let drafts = work.merge.as_ref().map(|_| {
        let made = Intermediates::new(&plan.tmpdir, IN_MEMORY.min(plan.memory / 4));
        let dir = message::display_name(plan.tmpdir.as_os_str());
        made.map_err(RunError::about(format!("{dir}: temporary directory")))
    });
    drafts.transpose()
}

/// The workers' draft of merging, and the way to them, if there is any.
pub(super) fn start<'a>(
    work: &'a Work<'a>,
    drafts: Option<&'a Intermediates>,
    workers: usize,
) -> (Option<Merging<'a>>, Option<Sender<Merge>>) {
    let (Some(merge), Some(drafts)) = (&work.merge, drafts) else {
        return (None, None);
    };
    let (sender, queue) = bounded(workers);
    let merging = Merging {
        queue,
        start_map: merge.map,
        drafts,
        writing: match merge.inputs {
            MergeInputs::Streams => Writing::Direct,
            MergeInputs::Files => Writing::Copied,
        },
        to: merge
            .to
            .filter(|to| to.open.is_none())
            .map(|to| NewFile::named(&to.name)),
        pressing: AtomicBool::new(false),
    };
    (Some(merging), Some(sender))
}

/// The outputs of jobs that have ended, and the way to the workers.
pub(super) struct Merges<'a> {
    tree: Tree<Intermediate>,
    /// Whether no input at all is an answer too.
    empty: Empty,
    /// None once there is nothing more to merge.
    queue: Option<Sender<Merge>>,
    /// The merge that found no room in the queue.
    next: Option<Merge>,
    /// What all have become, in the file that is to take it.
    whole: Option<NewFile>,
    merging: &'a Merging<'a>,
}

impl<'a> Merges<'a> {
    /// None where nothing is merged.
    pub(super) fn new(
        work: &Work<'_>,
        workers: usize,
        empty: Empty,
        queue: Option<Sender<Merge>>,
        merging: Option<&'a Merging<'a>>,
    ) -> Option<Self> {
        let merge = work.merge.as_ref()?;
        let together = match merge.inputs {
            MergeInputs::Streams if workers > 1 => TOGETHER.min(file_limit() / DESCRIPTORS),
            MergeInputs::Streams | MergeInputs::Files => 0,
        };
        Some(Merges {
            tree: Tree::new(merge.arity.get(), together as usize),
            empty,
            queue: Some(queue?),
            next: None,
            whole: None,
            merging: merging?,
        })
    }

    /// Takes what became of a job.
    pub(super) fn ended(&mut self, job: u64, output: Option<Intermediate>) {
        self.tree.ended(job, output);
        let pressing = self.tree.waiting() > WAITING;
        self.merging.pressing.store(pressing, Ordering::Relaxed);
    }

    /// Sends what can be merged, as far as there is room; `all` says that all jobs have ended.
    fn send(&mut self, all: bool) {
        while let Some(queue) = &self.queue {
            if let Some(merge) = self.next.take() {
                match queue.try_send(merge) {
                    Ok(()) => continue,
                    Err(TrySendError::Full(merge)) => self.next = Some(merge),
                    // Every worker has gone, so there is no more to wait for.
                    Err(TrySendError::Disconnected(_)) => self.queue = None,
                }
                return;
            }
            if all && self.tree.is_done() {
                self.queue = None;
                return;
            }
            let window = match all {
                true => self.tree.next_of_all(),
                false => self.tree.next_level(),
            };
            let Some(window) = window else { return };
            let last = all && self.tree.is_last();
            self.next = Some(merge_of(window, last));
        }
    }

    /// Has nothing more merged.
    fn stop(&mut self) {
        self.queue = None;
        self.next = None;
    }
}

fn merge_of(window: Window<Intermediate>, last: bool) -> Merge {
    let inputs = window.items.into_iter().map(|item| match item {
        Item::Output(draft) => MergeInput::Intermediate(draft),
        Item::Merge(window) => MergeInput::Merge(merge_of(window, false)),
    });
    let span = MergedJobs {
        from: window.from,
        to: window.to,
        level: window.level,
    };
    Merge {
        span,
        inputs: inputs.collect(),
        last,
    }
}

/// Writes the last output, where there is one, to what is open already, after `heading`.
fn passed_on(
    draft: Option<Intermediate>,
    heading: &[u8],
    to: (&Path, &File),
    drafts: &Intermediates,
) -> Result<(), Closed> {
    let failed = |cause| Closed::Failed {
        what: message::display_name(to.0.as_os_str()).into_owned(),
        cause,
    };
    let mut out = OutputStream::from_file(to.1.try_clone().map_err(failed)?);
    out.write_all(heading).map_err(failed)?;
    given(draft, drafts, |block| out.write_all(block).map_err(failed))
}

/// Writes the last output, where there is one, to its file, after `heading`.
fn written(
    draft: Option<Intermediate>,
    heading: &[u8],
    mut file: NewFile,
    drafts: &Intermediates,
) -> Result<(), Closed> {
    file.write(heading).map_err(closed_by)?;
    given(draft, drafts, |block| file.write(block).map_err(closed_by))?;
    file.commit().map_err(closed_by)
}

/// Prints the last output.
fn shown(draft: Intermediate, sink: &mut Sink<'_>, drafts: &Intermediates) -> Result<(), Closed> {
    match draft.open() {
        Ok(Opened::Memory(bytes)) => sink.print(Stream::Out, &bytes),
        Ok(Opened::File(file)) => sink
            .send(file)
            .unwrap_or_else(|cause| Err(unreadable(drafts, cause))),
        Err(cause) => Err(unreadable(drafts, cause)),
    }
}

fn given(
    draft: Option<Intermediate>,
    drafts: &Intermediates,
    take: impl FnMut(&[u8]) -> Result<(), Closed>,
) -> Result<(), Closed> {
    let Some(draft) = draft else { return Ok(()) };
    draft
        .read(take)
        .unwrap_or_else(|cause| Err(unreadable(drafts, cause)))
}

fn unreadable(drafts: &Intermediates, cause: io::Error) -> Closed {
    let dir = message::display_name(drafts.dir().as_os_str());
    let what = format!("{dir}: temporary file");
    Closed::Failed { what, cause }
}

fn closed_by(failure: Failure) -> Closed {
    match failure {
        Failure::Own { what, cause } => Closed::Failed { what, cause },
        other => Closed::Failed {
            what: other.to_string(),
            cause: io::ErrorKind::Other.into(),
        },
    }
}

impl Main<'_, '_> {
    /// Has merged what can be merged; `all` says that all jobs have ended.
    pub(super) fn merge(&mut self, all: bool) {
        match &mut self.merges {
            Some(merges) if self.shutdown.is_stopping() => merges.stop(),
            Some(merges) => merges.send(all),
            None => {}
        }
    }

    /// Takes what became of a merge. One that failed leaves no answer to wait for.
    pub(super) fn merged(&mut self, span: MergedJobs, end: Result<Merged, Failure>) {
        let Some(merges) = &mut self.merges else { return };
        let failure = match end {
            Ok(Merged::Whole(file)) => {
                merges.whole = Some(file);
                return merges.tree.ended_last();
            }
            Ok(Merged::Intermediate(draft)) => {
                return merges.tree.merged(span.from, span.to, span.level, draft);
            }
            Err(Failure::Stopped) => return,
            Err(failure) => failure,
        };
        let what = format!("merge of {span}: {failure}; nothing is printed");
        self.shutdown.advance(StopEvent::Drain);
        self.other_failure(Other::Merge, span.from, &failure, &what);
    }

    /// Removes what would be removed when it is dropped.
    pub(super) fn abandon(&self) {
        if let Some(outputs) = self.work.to.files() {
            outputs.abandon();
        }
        if let Some(merges) = &self.merges {
            merges.merging.drafts.remove();
            if let Some(to) = &merges.merging.to {
                to.abandon();
            }
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
        if let Some(whole) = merges.whole.take() {
            return self.end_printing_on(whole.commit().map_err(closed_by));
        }
        let draft = merges.tree.take_last();
        let heading = self.work.records.map(RecordPlan::header).unwrap_or_default();
        let drafts = merges.merging.drafts;
        let printed = match (to, draft) {
            (Some(_), None) if self.jobs.sent() == 0 && merges.empty == Empty::Refused => return,
            (Some(MergeDestination { name, open }), draft) => match open {
                Some(open) => passed_on(draft, &heading, (name, open), drafts),
                None => written(draft, &heading, NewFile::named(name), drafts),
            },
            (None, Some(draft)) => self.output.print(|sink| {
                sink.heading(&heading)?;
                shown(draft, sink, drafts)
            }),
            (None, None) => return,
        };
        self.end_printing_on(printed);
    }
}
