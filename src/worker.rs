//! A worker: pops jobs until the queue is closed and empty, runs the map, and hands back its fold.
//!
//! It never prints and never dies: a panic in a map becomes that job's failure. It does not know
//! the terminal, the other workers, or any map or fold by name.

mod back;
mod bundle;
mod gathered;
mod lane;
mod merge;
mod news;
mod panic;
mod parts;
mod ran;
#[cfg(test)]
mod tests;

pub use back::Returned;
pub use bundle::Bundle;
pub use lane::{Gate, Lane};
pub use merge::{Merge, MergeInput, Merging, Span};
pub use news::News;
pub(crate) use panic::caught;
pub use panic::hush_maps;
pub use parts::Folds;
pub use ran::{Ran, Recording};

use crate::control::{Lack, Seat, Wish};
use crate::fold::{Fold, StartFold};
use crate::job::{self, Failure, Input, Job, Link};
use crate::map::{Aside, Map, StartMap};
use crate::plan::Halt;
use crate::record::{RecordPlan, Stage};
use crate::sink::{Draft, NewFile, Outputs, Piece};
use crate::state::{Part, Unpack};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use ran::Recorder;
use std::ffi::OsString;
use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What a worker is given to do.
#[derive(Debug)]
pub enum Task {
    /// A job to run.
    Job(Job),
    /// What jobs gave the fold in an earlier run, to be added as it is.
    Parts(Vec<Part>),
    /// Parts that are counted elsewhere, to be made one.
    Bundle(Bundle),
    /// Outputs of jobs, to be made one.
    Merge(Merge),
}

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
    /// Parts of an earlier run were added, or why they could not be.
    Restored(io::Result<()>),
    /// Parts were made one.
    Bundled(Bundle),
    /// Lines for standard error that are no job's.
    Lines {
        /// The worker's slot, from 0.
        slot: usize,
        /// Whole lines.
        lines: Vec<u8>,
    },
    /// A failure that is no job's.
    Fault {
        /// The worker's slot, from 0.
        slot: usize,
        /// What failed.
        failure: Failure,
    },
    /// The reader of standard output went away.
    Unread,
    /// The worker leaves before the end.
    Fewer {
        /// How many are left.
        left: usize,
        /// How many there were.
        of: usize,
        /// What there is too little of; None where it was asked for by the user.
        lack: Option<Lack>,
    },
    /// A merge has ended.
    Merged {
        /// What it covers.
        span: Span,
        /// The output that takes their place.
        end: Result<Draft, Failure>,
    },
    /// The worker waits until what it said before was heard: until the other end is dropped.
    Judged(Sender<()>),
    /// The worker has nothing more to say.
    Left {
        /// A panic outside of any map broke it: it has not said how its job ended either.
        broken: bool,
    },
}

/// How a job ended.
#[derive(Debug)]
pub struct Report {
    /// The job.
    pub seq: u64,
    /// The rest of its output.
    pub pieces: Vec<Piece>,
    /// Whether a part of its output was sent before, which this must not overtake.
    pub follows: bool,
    /// Warnings about its inputs, a line each without the program's name.
    pub warnings: Vec<String>,
    /// The names of its inputs, where it failed.
    pub names: Vec<OsString>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// How many lines the format could not read.
    pub bad_lines: u64,
    /// Its place among the parts of a file that count together, if it is one.
    pub link: Option<Link>,
    /// Whether a later job has the rest of its file, so that it does not count by itself.
    pub continued: bool,
    /// How many bytes the map gave in its last try.
    pub given: u64,
    /// How it went, where that is recorded.
    pub ran: Option<Box<Ran>>,
    /// Its output, where that is to be merged.
    pub draft: Option<Draft>,
}

impl Report {
    fn new(job: &Job) -> Self {
        Report {
            link: job.link().cloned(),
            continued: job.is_continued(),
            ..Report::of(job.seq)
        }
    }

    /// A report of a job that gave nothing.
    pub fn of(seq: u64) -> Self {
        Report {
            seq,
            pieces: Vec::new(),
            follows: false,
            warnings: Vec::new(),
            names: Vec::new(),
            failure: None,
            bad_lines: 0,
            link: None,
            continued: false,
            given: 0,
            ran: None,
            draft: None,
        }
    }

    /// What is said of its failure, if it failed and was not just stopped with the run.
    pub fn told(&self) -> Option<String> {
        let failure = self.failure.as_ref()?;
        match failure {
            Failure::Stopped => None,
            Failure::Unreadable { .. } | Failure::Corrupt { .. } => Some(failure.to_string()),
            _ => {
                let name = job::shown(self.names.iter().map(OsString::as_os_str));
                Some(format!("job {} ({name}): {failure}", self.seq + 1))
            }
        }
    }
}

/// What all workers share.
pub struct Shared<'a> {
    /// Where jobs come from.
    pub queue: Receiver<Task>,
    /// Jobs that workers gave back.
    pub returned: Returned,
    /// Where news goes.
    pub news: &'a News,
    /// With fewer jobs than this in the queue, the main thread is needed.
    pub scarce: usize,
    /// Makes this worker's map.
    pub start_map: &'a StartMap<'a>,
    /// Makes folds, where there is one.
    pub start_fold: Option<&'a StartFold<'a>>,
    /// How bytes become records, where they do.
    pub records: Option<&'a RecordPlan>,
    /// The files that the jobs' output goes to; `None`: it is printed.
    pub outputs: Option<&'a Outputs>,
    /// How outputs are merged, where they are.
    pub merging: Option<Merging<'a>>,
    /// How often a failed job is tried again.
    pub retries: u32,
    /// How long to wait before the second try.
    pub delay: Duration,
    /// Whether failures may end the run.
    pub halts: bool,
    /// What the lanes need to know of the run.
    pub gate: &'a Gate,
    /// What is told of each job beside its output.
    pub recording: Option<&'a Recording>,
}

/// One worker's state.
struct Worker<'a> {
    shared: &'a Shared<'a>,
    seat: Seat,
    map: Box<dyn Map>,
    /// The map for merges, once there was one.
    merger: Option<Box<dyn Map>>,
    stage: Option<Stage>,
    /// Everything from this worker's finished jobs.
    folds: Option<Folds>,
    /// What the try in progress has given; merged only when the try succeeds.
    part: Option<Box<dyn Fold>>,
    recorder: Option<Recorder>,
    unpack: Option<Unpack>,
}

/// Works until the queue is closed and empty, or nobody wants more; gives the folds of all jobs
/// that succeeded.
pub fn work(shared: &Shared<'_>, seat: Seat) -> Option<Folds> {
    let _leaving = Leaving(shared);
    crate::sys::signals::block_in_this_thread();
    let start = shared.start_fold;
    let mut worker = Worker {
        map: (shared.start_map)(seat.slot),
        merger: None,
        stage: shared.records.map(Stage::new),
        folds: start.map(Folds::new),
        part: start.map(|start| start()),
        recorder: shared
            .recording
            .map(|recording| Recorder::new(recording, seat.slot).expect("a compressor is a few hundred KiB")),
        unpack: None,
        shared,
        seat,
    };
    while let Some(task) = worker.next() {
        match task {
            Task::Job(job) => {
                let Some(report) = worker.recorded(job) else {
                    break;
                };
                worker.heed(&report);
                let scarce = shared.queue.len() < shared.scarce;
                let failed = report.failure.is_some();
                shared.news.tell(report, scarce);
                if failed && shared.halts {
                    // It may have been one failure too many, and then no other job is begun.
                    let (waiting, judged) = bounded(0);
                    shared.news.send(Event::Judged(waiting));
                    let _ = judged.recv();
                }
            }
            Task::Parts(parts) => shared.news.send(Event::Restored(worker.restore(parts))),
            Task::Bundle(bundle) => {
                let bundled = worker.bundle(bundle);
                shared.news.send(bundled);
            }
            Task::Merge(merge) => {
                worker.merge(merge);
            }
        }
        if let Some((left, of)) = worker.seat.leave() {
            let lack = worker.seat.lack();
            shared.news.send(Event::Fewer { left, of, lack });
            break;
        }
    }
    worker.end();
    worker.folds
}

/// Says that the worker has left, however it leaves.
struct Leaving<'a>(&'a Shared<'a>);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.news.send(Event::Left {
            broken: std::thread::panicking(),
        });
    }
}

impl Worker<'_> {
    /// The next task; None at the end. While there is none, the map looks after what it keeps.
    fn next(&mut self) -> Option<Task> {
        let mut again = Some(Duration::ZERO);
        loop {
            match merge::wait(self.shared, again) {
                Ok(task) => return Some(task),
                Err(RecvTimeoutError::Disconnected) => return self.take_returned(),
                Err(RecvTimeoutError::Timeout) => {}
            }
            again = self.guarded(|map, seat, aside| map.idle(seat, aside)).flatten();
        }
    }

    /// Ends what the map keeps from job to job.
    fn end(&mut self) {
        self.guarded(|map, seat, aside| map.end(seat, aside));
    }

    /// Calls the map outside of any job; None when it panicked, and then there is a new one.
    fn guarded<T>(
        &mut self,
        call: impl FnOnce(&mut dyn Map, &Seat, &mut dyn FnMut(Aside<'_>)) -> T,
    ) -> Option<T> {
        let (shared, seat, map) = (self.shared, &self.seat, &mut *self.map);
        let mut aside = |aside: Aside<'_>| lane::tell(shared, seat.slot, aside);
        match panic::caught(|| call(map, seat, &mut aside)) {
            Ok(answer) => Some(answer),
            Err(what) => {
                aside(Aside::Failure(Failure::Panicked { what }));
                self.map = (shared.start_map)(self.seat.slot);
                None
            }
        }
    }

    fn restore(&mut self, parts: Vec<Part>) -> io::Result<()> {
        match &mut self.folds {
            Some(folds) => ran::restore(parts, folds.total_mut(), &mut self.unpack),
            None => Ok(()),
        }
    }

    /// Tries a job until it succeeds, no try is left, or the run is stopped.
    fn job(&mut self, job: &Job) -> Report {
        let (shared, retries) = (self.shared, self.shared.retries);
        let mut warnings = Vec::new();
        let mut attempt = 1;
        loop {
            if !shared.gate.open.load(Ordering::Relaxed) || self.seat.wish() != Wish::Go {
                return Report {
                    failure: Some(Failure::Stopped),
                    warnings,
                    ..Report::new(job)
                };
            }
            let mut report = self.attempt(job, attempt);
            if let Some(recorder) = &mut self.recorder {
                recorder.tries = attempt;
            }
            warnings.append(&mut report.warnings);
            report.names = match &report.failure {
                None | Some(Failure::Stopped) => Vec::new(),
                Some(_) => job.inputs.iter().map(|input| input.name().to_owned()).collect(),
            };
            match &report.failure {
                None | Some(Failure::Stopped | Failure::Own { .. } | Failure::Hopeless { .. }) => {
                    return Report { warnings, ..report };
                }
                Some(_) if attempt > retries => return Report { warnings, ..report },
                Some(failure) => {
                    let number = job.seq + 1;
                    let name = job::shown(job.inputs.iter().map(Input::name));
                    warnings.push(format!(
                        "job {number} ({name}): {failure} (try {attempt} of {})",
                        retries + 1
                    ));
                }
            }
            shared.news.send(Event::Discard { seq: job.seq });
            self.wait(attempt);
            attempt += 1;
        }
    }

    /// Where a fatal failure ends the run, closes the gate before anyone can take another job.
    fn heed(&self, report: &Report) {
        let gate = self.shared.gate;
        let fatal = report.failure.as_ref().is_some_and(Failure::is_fatal);
        if fatal && gate.halt == Halt::Fatal {
            gate.open.store(false, Ordering::Relaxed);
        }
    }

    /// Waits before the try after this one: the delay, doubled for each, half to all of it, so
    /// that jobs which failed together are not tried together.
    fn wait(&self, attempt: u32) {
        let delay = self.shared.delay.saturating_mul(1 << (attempt - 1).min(16));
        let until = Instant::now() + delay.mul_f64(0.5 + fastrand::f64() / 2.0);
        while !delay.is_zero() && self.seat.wish() == Wish::Go && Instant::now() < until {
            self.seat.hush();
            self.seat.pause(until.saturating_duration_since(Instant::now()));
        }
    }

    /// One try at a job, and its fold merged if it succeeds or what it gave counts all the same.
    fn attempt(&mut self, job: &Job, attempt: u32) -> Report {
        let shared = self.shared;
        if let Some(stage) = &mut self.stage {
            stage.begin(job.name());
        }
        let map = &mut self.map;
        let mut lane = Lane::new(
            job,
            attempt,
            &self.seat,
            shared,
            self.stage.as_mut(),
            self.part.as_deref_mut(),
        );
        let end = panic::caught(|| map.run(job, &mut lane));
        let panicked = end.is_err();
        let end = end.unwrap_or_else(|what| Err(Failure::Panicked { what }));
        let end = end.and_then(|()| lane.end());
        // A map that was told that nobody wants more has returned early, and not for a failure.
        let end = match end {
            Ok(()) if self.seat.wish() != Wish::Go => Err(Failure::Stopped),
            end => end,
        };
        let kept = end.as_ref().err().is_some_and(|failure| lane.keeps(failure));
        let file = lane.take_file();
        let mut report = match &end {
            Err(_) if kept => lane.report_complete_lines(),
            _ => lane.report(),
        };
        report.link = job.link().cloned();
        report.continued = job.is_continued();
        report.failure = match end {
            Ok(()) => self
                .settle(job)
                .and_then(|()| file.map_or(Ok(()), NewFile::commit))
                .err(),
            Err(failure) if kept => {
                let own = report.failure.take().or_else(|| self.settle(job).err());
                Some(own.unwrap_or(failure))
            }
            Err(failure) => Some(failure),
        };
        if report.failure.is_some() && !kept {
            report.draft = None;
        }
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
                name: job.name().to_owned(),
                what,
            });
        }
        if let (Some(folds), Some(part), Some(start)) =
            (&mut self.folds, &mut self.part, self.shared.start_fold)
        {
            if let Some(recorder) = &mut self.recorder {
                recorder.keep(&mut **part)?;
            }
            let merged = folds.add(job.link(), &mut **part, start);
            merged.map_err(lane::spill_failed)?;
        }
        Ok(())
    }
}
