//! What all workers share, and what each has of its own.
//!
//! It does not know what they do with it.

use super::channel::EventChannel;
use super::err_file::ErrFile;
use super::event::Event;
use super::folds::Folds;
use super::record::{Recorder, Recording};
use super::run_state::RunState;
use super::task::{RequeuedJobs, Task};
use crate::control::WorkerHandle;
use crate::fold::{Fold, StartFold};
use crate::map::{Map, OutOfBand, StartMap};
use crate::merge::MergeOutputs;
use crate::output::StreamFiles;
use crate::record::{RecordPlan, Stage};
use crate::state::GrownFile;
use crossbeam_channel::Receiver;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What all workers share.
pub(crate) struct WorkerShared<'a> {
    /// Where tasks come from.
    pub(crate) queue: Receiver<Task>,
    /// Jobs that workers put back.
    pub(crate) requeued: RequeuedJobs,
    /// Where events go.
    pub(crate) events: &'a EventChannel,
    /// With fewer tasks than this in the queue, the main thread is needed.
    pub(crate) scarce: usize,
    /// Makes a worker's map.
    pub(crate) start_map: &'a StartMap<'a>,
    /// Makes folds, if records are folded.
    pub(crate) start_fold: Option<&'a StartFold<'a>>,
    /// How bytes become records, if they do.
    pub(crate) records: Option<&'a RecordPlan>,
    /// The files that the jobs' streams go to; the others are printed.
    pub(crate) outputs: StreamFiles<'a>,
    /// How outputs are merged, if they are.
    pub(crate) merging: Option<Merging<'a>>,
    /// How often a failed job is tried again.
    pub(crate) retries: u32,
    /// How long to wait before the second try.
    pub(crate) delay: Duration,
    /// Whether a report has the command line of a job whose end counts.
    pub(crate) describes: bool,
    /// What jobs' output needs to know of the run.
    pub(crate) run_state: &'a RunState,
    /// What is recorded of each job beside its output.
    pub(crate) recording: Option<&'a Recording>,
    /// What earlier runs read of files that have grown.
    pub(crate) grown: GrownFiles,
}

/// What earlier runs read of files that have grown, by the jobs that read on.
#[derive(Debug, Default)]
pub(crate) struct GrownFiles(Mutex<BTreeMap<u64, SharedFile>>);

type SharedFile = Arc<Mutex<GrownFile>>;

impl GrownFiles {
    /// Adds what there is for a job that is sent next.
    pub(crate) fn add(&self, seq: u64, file: GrownFile) {
        self.lock().insert(seq, Arc::new(Mutex::new(file)));
    }

    /// Returns what there is for a job.
    pub(super) fn get(&self, seq: u64) -> Option<SharedFile> {
        self.lock().get(&seq).cloned()
    }

    /// Forgets what there was for a job that has ended.
    pub(super) fn remove(&self, seq: u64) {
        self.lock().remove(&seq);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, SharedFile>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What workers need for merges.
pub(crate) struct Merging<'a> {
    /// Makes a worker's map for merges.
    pub(crate) start_map: &'a StartMap<'a>,
    /// Where the results go.
    pub(crate) outputs: MergeOutputs<'a>,
}

/// What one worker has.
pub(super) struct Worker<'a> {
    pub(super) shared: &'a WorkerShared<'a>,
    pub(super) handle: WorkerHandle,
    pub(super) map: Box<dyn Map>,
    /// The map for merges, made with the first of them.
    pub(super) merge_map: Option<Box<dyn Map>>,
    pub(super) stage: Option<Stage>,
    /// Everything from this worker's finished jobs.
    pub(super) folds: Option<Folds>,
    /// What the try in progress has given; added to the folds only when the try succeeds.
    pub(super) part: Option<Box<dyn Fold>>,
    pub(super) recorder: Option<Recorder>,
    /// What the command wrote to standard error in the last try, if that goes to a file.
    pub(super) last_err: Option<ErrFile>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(shared: &'a WorkerShared<'a>, handle: WorkerHandle) -> Self {
        let start = shared.start_fold;
        Worker {
            map: (shared.start_map)(handle.slot),
            merge_map: None,
            stage: shared.records.map(Stage::new),
            folds: start.map(Folds::new),
            part: start.map(|start| start()),
            last_err: None,
            recorder: shared.recording.map(|recording| {
                Recorder::new(recording, handle.slot).expect("a compressor is a few hundred KiB")
            }),
            shared,
            handle,
        }
    }
}

/// Sends what a map says in the worker with this slot and that belongs to no job.
pub(super) fn send_out_of_band(shared: &WorkerShared<'_>, slot: usize, message: OutOfBand<'_>) {
    shared.events.send(Event::from_out_of_band(slot, message));
}
