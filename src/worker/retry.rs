//! The tries at a job or a merge: how often, how long after one another, and what becomes of what each gave.
//!
//! It does not know who asked for the job, nor who reads the report.

use super::err_file::ErrFile;
use super::event::{Event, Report};
use super::folds::fold_failure;
use super::job_output::{JobOutput, MergeTry};
use super::panic;
use super::record::PartUse;
use super::shared::Worker;
use crate::control::StopRequest;
use crate::job::{self, Failure, Input, Job, Trust};
use crate::map::Map;
use crate::merge::{Merge, Merged, MergedJobs};
use crate::plan::{Order, Tag};
use crate::record::{Evidence, Notes, RecordPlan, Stage};
use crate::sink::Stream;
use std::fmt;
use std::io;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

/// What is tried, as messages name it.
enum Subject<'t> {
    Job(&'t Job),
    Merge(MergedJobs),
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Job(job) => {
                let name = job::display_names(job.inputs.iter().map(Input::name));
                write!(f, "job {} ({name})", job.number)
            }
            Subject::Merge(jobs) => jobs.fmt(f),
        }
    }
}

impl Subject<'_> {
    /// Returns the report of a try that was not begun.
    fn stopped(&self) -> Report {
        let report = match self {
            Subject::Job(job) => Report::from_job(job),
            Subject::Merge(jobs) => Report::from_seq(jobs.from),
        };
        let failure = Some(Failure::Stopped);
        Report { failure, ..report }
    }
}

impl Worker<'_> {
    /// Tries a job until it succeeds, no try is left, or the run is stopped.
    pub(super) fn run_job(&mut self, job: &Job) -> Report {
        let subject = Subject::Job(job);
        let mut report = self.retry(&subject, |worker, attempt| worker.attempt_job(job, attempt));
        // What the last try wrote to standard error tells why it failed. A try that was stopped has not said all.
        let err_file = self.last_err.take();
        if let Some(failure) = &report.failure
            && !matches!(failure, Failure::Stopped)
            && let Some(Err(own)) = err_file.map(ErrFile::commit)
        {
            report.warnings.push(format!("{subject}: {failure}"));
            report.failure = Some(own);
        }
        report
    }

    /// Tries a merge until it succeeds, no try is left, or the run is stopped.
    pub(super) fn run_merge(&mut self, merge: &mut Merge) -> Report {
        self.retry(&Subject::Merge(merge.jobs), |worker, attempt| {
            worker.attempt_merge(merge, attempt)
        })
    }

    fn retry(&mut self, subject: &Subject<'_>, mut attempt: impl FnMut(&mut Self, u32) -> Report) -> Report {
        let (shared, retries) = (self.shared, self.shared.retries);
        let mut warnings = Vec::new();
        for number in 1.. {
            if !self.handle.may_start() {
                let report = subject.stopped();
                return Report { warnings, ..report };
            }
            let mut report = attempt(self, number);
            warnings.append(&mut report.warnings);
            match &report.failure {
                None | Some(Failure::Stopped) => return Report { warnings, ..report },
                Some(failure) if failure.is_permanent() || number > retries => {
                    return Report { warnings, ..report };
                }
                Some(failure) => {
                    let tries = retries + 1;
                    warnings.push(format!("{subject}: {failure} (try {number} of {tries})"));
                    if self.is_heard_at_once(subject) {
                        // With the warnings of earlier tries, which could not be heard then.
                        let notices = warnings.drain(..).map(Event::Notice);
                        notices.for_each(|notice| shared.events.send(notice));
                    }
                }
            }
            self.wait(number);
            let is_job = matches!(subject, Subject::Job(_));
            if is_job && !self.handle.may_start() && self.handle.stop_request() == StopRequest::Continue {
                return Report {
                    warnings,
                    ..given_up(report)
                };
            }
            if let Subject::Job(job) = subject {
                shared.events.send(Event::Discard { seq: job.seq });
            }
        }
        unreachable!("a try is the last, or another follows")
    }

    /// Tells whether a message about a try can be printed now, although the job goes on: nothing that
    /// comes before it is still to be printed, or there is no order.
    fn is_heard_at_once(&self, subject: &Subject<'_>) -> bool {
        let run_state = self.shared.run_state;
        match subject {
            Subject::Job(job) => {
                let is_lowest = || run_state.lowest.load(Ordering::SeqCst) == job.seq;
                self.part.is_some()
                    || !matches!(run_state.order, Order::Input | Order::InputWhole)
                    || is_lowest()
            }
            Subject::Merge(_) => true,
        }
    }

    /// Waits before the try after this one. There is no wait once nothing is to be started.
    fn wait(&self, attempt: u32) {
        let delay = backoff(self.shared.delay, attempt, fastrand::f64());
        let until = Instant::now() + delay;
        while !delay.is_zero() && Instant::now() < until {
            self.handle.clear();
            if !self.handle.may_start() {
                return;
            }
            self.handle.pause(until.saturating_duration_since(Instant::now()));
        }
    }

    /// Tries a job once, and adds what it gave to the fold if it succeeds or counts all the same.
    fn attempt_job(&mut self, job: &Job, attempt: u32) -> Report {
        let shared = self.shared;
        self.last_err = None;
        self.handle.begin_try();
        if let Some(recorder) = &mut self.recorder {
            recorder.begin(attempt);
        }
        let is_too_old = shared.records.is_some_and(|records| is_too_old(job, records));
        if !is_too_old && let Err(failure) = self.continue_from_base(job) {
            let failure = Some(failure);
            return Report {
                failure,
                ..Report::from_job(job)
            };
        }
        if let Some(stage) = &mut self.stage {
            let reads_times = shared.records.is_none_or(RecordPlan::reads_times);
            let modified = if reads_times { modified(job) } else { None };
            stage.begin(job.name(), modified);
        }
        let is_tagged = shared.run_state.tag != Tag::Off;
        let label = is_tagged.then(|| self.map.label(job, self.handle.slot));
        let mut output = JobOutput::new(
            (job, label),
            attempt,
            &self.handle,
            shared,
            self.stage.as_mut(),
            (self.part.as_deref_mut(), self.recorder.as_mut()),
        );
        let end = match is_too_old {
            true => output.end(),
            false => run(&mut *self.map, job, &mut output),
        };
        let kept = end.as_ref().err().is_some_and(|failure| output.keeps(failure));
        if kept {
            output.drop_incomplete();
        }
        self.last_err = output.take_err_file();
        let err_tail = output.take_err_tail();
        let (mut report, destination) = output.into_report();
        report.link = job.link().cloned();
        report.start = job.start();
        report.range = job.range();
        report.continued = job.is_continued();
        report.input_size = self.handle.input_size();
        if job.is_tail() {
            report.evidence = Evidence::Readable;
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.stderr = err_tail;
            report.lines += recorder.continue_notes(&mut report.notes);
        }
        let counts = report.failure.take().map_or(Ok(()), Err);
        let commit = |worker: &mut Self| {
            counts?;
            worker.last_err.take().map_or(Ok(()), ErrFile::commit)?;
            worker.commit_part(job, &report)?;
            destination.commit()
        };
        report.failure = match end {
            Err(failure) if !kept => Some(failure),
            end => match commit(self) {
                Ok(merged) => {
                    report.merged = merged;
                    end.err()
                }
                Err(failure) => {
                    report.is_unlike = matches!(
                        (&failure, &report.evidence),
                        (Failure::Corrupt { what, .. }, Evidence::Lacking(Some(why))) if what == why
                    );
                    Some(failure)
                }
            },
        };
        if !report.evidence.is_readable() {
            report.names = vec![job.name().to_owned()];
        }
        if let Some(failure) = &report.failure {
            if let Some(part) = &mut self.part {
                part.clear();
            }
            if !kept {
                report.notes = Notes::default();
            }
            if !matches!(failure, Failure::Stopped) {
                report.names = job.inputs.iter().map(|input| input.name().to_owned()).collect();
            }
        }
        if matches!(report.failure, Some(Failure::Panicked { .. })) {
            // What a panic left behind is not to be trusted.
            self.map = (shared.start_map)(self.handle.slot);
            self.stage = shared.records.map(Stage::new);
        }
        report
    }

    /// Tries a merge once.
    fn attempt_merge(&mut self, merge: &mut Merge, attempt: u32) -> Report {
        let mut report = Report::from_seq(merge.jobs.from);
        match self.merge_once(merge, attempt) {
            Ok(merged) => report.merged = merged,
            Err(failure) => report.failure = Some(failure),
        }
        if matches!(report.failure, Some(Failure::Panicked { .. })) {
            self.merge_map = None;
        }
        report
    }

    fn merge_once(&mut self, merge: &mut Merge, attempt: u32) -> Result<Option<Merged>, Failure> {
        let shared = self.shared;
        let merging = shared.merging.as_ref().ok_or(Failure::Stopped)?;
        let (job, feeders) = merge.job(merging.outputs.intermediates())?;
        let heading = shared.records.map(RecordPlan::heading).unwrap_or_default();
        let destination = merging.outputs.of_merge(merge.is_last, &heading)?;
        let merge = MergeTry {
            jobs: merge.jobs,
            feeders,
        };
        let slot = self.handle.slot;
        let map = self.merge_map.get_or_insert_with(|| (merging.start_map)(slot));
        let mut output = JobOutput::of_merge(&job, attempt, &self.handle, shared, (merge, destination));
        run(&mut **map, &job, &mut output).map_err(|failure| output.cause_of(failure))?;
        let (_, destination) = output.into_report();
        destination.commit()
    }

    /// Adds what an earlier run read of a file before the tail that the job is about.
    fn continue_from_base(&mut self, job: &Job) -> Result<(), Failure> {
        if !job.is_tail() {
            return Ok(());
        }
        match (self.shared.grown.get(job.seq), &mut self.part, &mut self.recorder) {
            (Some(grown), Some(part), Some(recorder)) => {
                let mut grown = grown.lock().unwrap_or_else(PoisonError::into_inner);
                recorder.continue_from(&mut grown, &mut **part)
            }
            _ => Err(fold_failure(io::ErrorKind::NotFound.into())),
        }
    }

    fn commit_part(&mut self, job: &Job, report: &Report) -> Result<(), Failure> {
        if let Some(stage) = &self.stage
            && let Some(what) = stage.failure()
        {
            return Err(match stage.is_unrecognized() {
                true => Failure::UnknownFormat {
                    name: job.name().to_owned(),
                    what,
                },
                false => corrupt(job, what),
            });
        }
        // Of a part of a file, that is known when all parts have ended.
        if let (Evidence::Lacking(Some(what)), None) = (&report.evidence, report.start) {
            return Err(corrupt(job, what.clone()));
        }
        if let (Some(folds), Some(part), Some(start)) =
            (&mut self.folds, &mut self.part, self.shared.start_fold)
        {
            if let Some(recorder) = &mut self.recorder {
                recorder.keep_part(&mut **part, &report.notes)?;
            }
            if self
                .shared
                .recording
                .is_some_and(|of| of.use_of_parts == PartUse::Delivered)
            {
                part.clear();
                return Ok(());
            }
            let added = folds.add(job.link(), &mut **part, start);
            added.map_err(fold_failure)?;
        }
        Ok(())
    }
}

/// Returns when the file that a job is about was written last; `None` when it is about no file.
fn modified(job: &Job) -> Option<SystemTime> {
    match job.inputs.first()? {
        Input::Stdin | Input::Opened(_) => None,
        input => std::fs::metadata(input.name()).ok()?.modified().ok(),
    }
}

/// Tells whether a file was written last before the records that are wanted begin.
fn is_too_old(job: &Job, records: &RecordPlan) -> bool {
    let window = records.window.as_ref().filter(|window| window.skips_old_files);
    let Some(since) = window.and_then(|window| window.since) else {
        return false;
    };
    modified(job).is_some_and(|modified| modified < SystemTime::from(since))
}

/// Runs a map on a job. A map that was told that nobody wants more has returned early, and its job was stopped.
/// A map that finished on its own counts as done, even if a stop was requested meanwhile.
fn run(map: &mut dyn Map, job: &Job, output: &mut JobOutput<'_, '_>) -> Result<(), Failure> {
    let end = panic::caught(|| map.run(job, output));
    end.unwrap_or_else(|what| Err(Failure::Panicked { what }))?;
    output.end()?;
    if output.was_cut() {
        return Err(Failure::Stopped);
    }
    output.damage().map_or(Ok(()), |what| Err(corrupt(job, what)))
}

fn corrupt(job: &Job, what: String) -> Failure {
    Failure::Corrupt {
        name: job.name().to_owned(),
        what,
    }
}

/// Returns the report of a try that turned out to be the last: what the command said of its failure counts.
fn given_up(mut report: Report) -> Report {
    let pieces = report.pieces.iter_mut();
    let said = pieces.filter(|piece| piece.stream == Stream::Err);
    said.for_each(|piece| piece.trust = Trust::Final);
    report
}

/// Returns the delay before the try after this one: doubled for each try, and of that a half at least, plus a
/// random share of the other half, so that jobs which failed together are not tried together.
fn backoff(delay: Duration, attempt: u32, random: f64) -> Duration {
    let delay = delay.saturating_mul(1 << (attempt - 1).min(16));
    delay.mul_f64(0.5 + random / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_with_each_try_up_to_the_17th() {
        let delay = Duration::from_millis(100);
        let delays = [1, 2, 3, 17, 18].map(|attempt| backoff(delay, attempt, 1.0) / 100);
        assert_eq!(delays.map(|delay| delay.as_millis()), [1, 2, 4, 1 << 16, 1 << 16]);
        assert_eq!(backoff(delay, 1, 0.0), delay / 2);
    }
}
