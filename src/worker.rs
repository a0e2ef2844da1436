//! A worker: pops jobs until the queue is closed and empty, runs the map, and hands back its fold.
//!
//! It never prints and never dies: a panic in a map becomes that job's failure. It does not know
//! the terminal, the other workers, or any map or fold by name.

mod lane;

pub use lane::{Gate, Lane};

use crate::control::{Seat, Wish};
use crate::fold::{Fold, StartFold};
use crate::job::{Failure, Job};
use crate::map::{Map, StartMap};
use crate::record::{RecordPlan, Stage};
use crate::sink::Piece;
use crossbeam_channel::{Receiver, Sender};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// News from a worker to the main thread.
#[derive(Debug)]
pub enum Event {
    /// A part of a job's output, before its end.
    Piece {
        /// The job.
        seq: u64,
        /// The output.
        piece: Piece,
    },
    /// What a failed try of the job gave is to be forgotten.
    Discard {
        /// The job.
        seq: u64,
    },
    /// The job has ended.
    Done(Report),
}

/// How a job ended.
#[derive(Debug)]
pub struct Report {
    /// The job.
    pub seq: u64,
    /// The rest of its output.
    pub pieces: Vec<Piece>,
    /// Warnings about its inputs, a line each without the program's name.
    pub warnings: Vec<String>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// How many lines the format could not read.
    pub bad_lines: u64,
}

impl Report {
    /// The report of a job that was not begun, because the run is being stopped.
    fn stopped(seq: u64) -> Report {
        Report {
            seq,
            pieces: Vec::new(),
            warnings: Vec::new(),
            failure: Some(Failure::Stopped),
            bad_lines: 0,
        }
    }
}

/// What all workers share.
pub struct Shared<'a> {
    /// Where jobs come from.
    pub queue: Receiver<Job>,
    /// Where news goes.
    pub events: Sender<Event>,
    /// Makes this worker's map.
    pub start_map: &'a StartMap<'a>,
    /// Makes folds, where there is one.
    pub start_fold: Option<&'a StartFold<'a>>,
    /// How bytes become records, where they do.
    pub records: Option<&'a RecordPlan>,
    /// What the lanes need to know of the run.
    pub gate: &'a Gate,
}

/// One worker's state.
struct Worker<'a> {
    shared: &'a Shared<'a>,
    seat: Seat,
    map: Box<dyn Map>,
    stage: Option<Stage>,
    /// Everything from this worker's finished jobs.
    total: Option<Box<dyn Fold>>,
    /// What the try in progress has given; merged only when the try succeeds.
    part: Option<Box<dyn Fold>>,
}

/// Works until the queue is closed and empty, or nobody wants more; gives the fold of all jobs
/// that succeeded.
pub fn work(shared: &Shared<'_>, seat: Seat) -> Option<Box<dyn Fold>> {
    crate::sys::signals::block_in_this_thread();
    let start = shared.start_fold;
    let mut worker = Worker {
        map: (shared.start_map)(seat.slot),
        stage: shared.records.map(Stage::new),
        total: start.map(|start| start()),
        part: start.map(|start| start()),
        shared,
        seat,
    };
    while let Ok(job) = shared.queue.recv() {
        // When the run stops, what waits in the queue is answered all the same: the main thread
        // counts on one report for each job that it sent.
        let report = if worker.seat.wish() == Wish::Go {
            worker.attempt(&job)
        } else {
            Report::stopped(job.seq)
        };
        // The main thread outlives the workers; without it there is no one to tell.
        if shared.events.send(Event::Done(report)).is_err() {
            break;
        }
    }
    worker.total
}

impl Worker<'_> {
    /// One try at a job, and its fold merged if it succeeds.
    fn attempt(&mut self, job: &Job) -> Report {
        let shared = self.shared;
        if let Some(stage) = &mut self.stage {
            stage.begin(job.inputs[0].name());
        }
        let map = &mut self.map;
        let mut lane = Lane::new(
            job,
            &self.seat,
            shared,
            self.stage.as_mut(),
            self.part.as_deref_mut(),
        );
        let end = catch_unwind(AssertUnwindSafe(|| map.run(job, &mut lane)));
        let panicked = end.is_err();
        let end = end.unwrap_or_else(|panic| {
            Err(Failure::Panicked {
                what: panic_message(&*panic),
            })
        });
        let end = end.and_then(|()| lane.end());
        let mut report = lane.report();
        report.failure = end.and_then(|()| self.settle(job)).err();
        if report.failure.is_some()
            && let Some(part) = &mut self.part
        {
            part.clear();
        }
        if panicked {
            // What a panic left behind is not to be trusted.
            self.map = (shared.start_map)(self.seat.slot);
            self.stage = shared.records.map(Stage::new);
        }
        report
    }

    fn settle(&mut self, job: &Job) -> Result<(), Failure> {
        if let Some(what) = self.stage.as_ref().and_then(Stage::failure) {
            return Err(Failure::Corrupt {
                name: job.inputs[0].name().to_owned(),
                what,
            });
        }
        if let (Some(total), Some(part)) = (&mut self.total, &mut self.part) {
            total.merge(&mut **part).map_err(lane::spill_failed)?;
        }
        Ok(())
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".into())
}
