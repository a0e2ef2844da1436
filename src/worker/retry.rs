//! The tries at a job: how often, how long after one another, and what becomes of what each gave.

use super::job_output::{self, JobOutput};
use super::{Event, Report, Worker, panic};
use crate::control::StopRequest;
use crate::job::{self, Failure, Input, Job, Trust};
use crate::output::NewFile;
use crate::plan::Order;
use crate::record::Stage;
use crate::sink::Stream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

impl Worker<'_> {
    /// Tries a job until it succeeds, no try is left, or the run is stopped.
    pub(super) fn job(&mut self, job: &Job) -> Report {
        let (shared, retries) = (self.shared, self.shared.retries);
        let mut warnings = Vec::new();
        let mut attempt = 1;
        loop {
            if !self.worker.may_start() {
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
                None | Some(Failure::Stopped) => return Report { warnings, ..report },
                Some(failure) if failure.is_permanent() || attempt > retries => {
                    return Report { warnings, ..report };
                }
                Some(failure) => {
                    let number = job.seq + 1;
                    let name = job::display_names(job.inputs.iter().map(Input::name));
                    let what = format!(
                        "job {number} ({name}): {failure} (try {attempt} of {})",
                        retries + 1
                    );
                    warnings.push(what);
                    if self.is_heard_at_once(job.seq) {
                        // With those of earlier tries, which could not be heard then.
                        let told = warnings.drain(..).map(Event::Notice);
                        told.for_each(|event| shared.news.send(event));
                    }
                }
            }
            self.wait(attempt);
            if !self.worker.may_start() && self.worker.stop_request() == StopRequest::Continue {
                return Report {
                    warnings,
                    ..given_up(report)
                };
            }
            shared.news.send(Event::Discard { seq: job.seq });
            attempt += 1;
        }
    }

    /// Whether what is said of a job's try stands where it belongs though the job goes on: nothing that
    /// comes before it is still to be printed, or there is no order.
    fn is_heard_at_once(&self, seq: u64) -> bool {
        let gate = self.shared.gate;
        let is_lowest = || gate.lowest.load(Ordering::SeqCst) == seq;
        self.part.is_some() || gate.order != Order::Input || is_lowest()
    }

    /// Waits before the try after this one. There is no wait once nothing is to be started.
    pub(super) fn wait(&self, attempt: u32) {
        let delay = backoff(self.shared.delay, attempt, fastrand::f64());
        let until = Instant::now() + delay;
        while !delay.is_zero() && Instant::now() < until {
            self.worker.clear();
            if !self.worker.may_start() {
                return;
            }
            self.worker.pause(until.saturating_duration_since(Instant::now()));
        }
    }

    /// One try at a job, and its fold merged if it succeeds or what it gave counts all the same.
    fn attempt(&mut self, job: &Job, attempt: u32) -> Report {
        let shared = self.shared;
        if let Some(stage) = &mut self.stage {
            stage.begin(job.name());
        }
        let map = &mut self.map;
        let mut lane = JobOutput::new(
            job,
            attempt,
            &self.worker,
            shared,
            self.stage.as_mut(),
            self.part.as_deref_mut(),
        );
        let end = panic::caught(|| map.run(job, &mut lane));
        let panicked = end.is_err();
        let end = end.unwrap_or_else(|what| Err(Failure::Panicked { what }));
        let end = end.and_then(|()| lane.end());
        // A map that was told that nobody wants more has returned early, and not for a failure. One that
        // had come to its end by itself is done, whatever is wished meanwhile.
        let end = match end {
            Ok(()) if lane.was_cut() => Err(Failure::Stopped),
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
            self.map = (shared.start_map)(self.worker.slot);
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
            merged.map_err(job_output::spill_failed)?;
        }
        Ok(())
    }
}

/// The report of a try that turned out to be the last: what the command said of its failure counts.
fn given_up(mut report: Report) -> Report {
    let said = report
        .pieces
        .iter_mut()
        .filter(|piece| piece.stream == Stream::Err);
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
