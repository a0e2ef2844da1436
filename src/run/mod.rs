//! The main thread of a run: a loop that sends jobs and handles events and signals; then the join and the fold.
//!
//! It does not know any map or fold by name, nor which command line it came from.

mod deadline;
mod deferred;
mod deliver;
mod dispatch;
mod error;
mod events;
mod finish;
mod job_states;
mod job_totals;
mod jobs;
mod load;
mod merge;
mod meter;
mod output;
#[cfg(feature = "queue")]
mod part_merger;
mod report;
mod resume;
mod role;
mod save;
mod settling;
mod shutdown;
mod signal_thread;
mod stored;
mod work;
mod workers;

pub use crate::merge::{MergeDestination, MergeInputs};
pub use error::RunError;
pub(crate) use load::{LoadedFold, SavedPart, load};
#[cfg(feature = "queue")]
pub(crate) use part_merger::PartMerger;
pub use report::{Failures, SavedFoldsMet, Summary};
pub(crate) use role::QueueRole;
#[cfg(feature = "queue")]
pub(crate) use role::{DeliveredJob, JobFeed, QueueNews};
pub use work::{Destination, MergeWork, Work};

use crate::control::Control;
use crate::message;
use crate::output::ReservedFiles;
use crate::plan::{Durability, FailureStyle, Plan};
use crate::record::OnBadLine;
use crate::sys::guardian;
use crate::worker::{self, Event, EventChannel, GrownFiles, RequeuedJobs, RunState, Task, WorkerShared};
use crossbeam_channel::{Sender, after, at, bounded, never, select};
use deadline::RunDeadline;
use deliver::Delivery;
use dispatch::Pause;
use job_states::JobStates;
use jobs::JobSource;
use merge::Merges;
use meter::Meter;
use output::RunOutput;
use resume::Resume;
use settling::Settling;
use shutdown::Shutdown;
use signal_thread::RunSignals;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use workers::{UNBOUNDED, Workers, too_many_files};

/// How many jobs may wait in the queue for each worker: more than short jobs need while the main thread does not
/// look.
const QUEUED: usize = 16;
/// With fewer jobs in the queue for each worker, workers say at once that they need more.
const SCARCE: usize = 4;
/// How long reports of short jobs may lie before the main thread takes them.
const LOOK: Duration = Duration::from_millis(2);

/// Runs the plan to its end and returns how it went. Failures of single jobs are in the summary.
///
/// # Errors
/// When the run can't be started: a pattern that matches nothing ([`crate::source::NoMatch`]), no threads, no
/// descriptors.
pub fn run(plan: &Plan, work: &Work<'_>) -> Result<Summary, RunError> {
    run_in_role(plan, work, QueueRole::Alone)
}

/// Runs as [`run`] does, with others: it leads them, or does jobs that another has found.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_in_role(plan: &Plan, work: &Work<'_>, role: QueueRole) -> Result<Summary, RunError> {
    // A leader's own worker is a child still.
    let leads = matches!(role, QueueRole::Leader { .. });
    let end = prepare_and_drive(plan, work, role);
    if !leads {
        guardian::stop();
    }
    end
}

fn prepare_and_drive(plan: &Plan, work: &Work<'_>, role: QueueRole) -> Result<Summary, RunError> {
    worker::hush_maps();
    let folded = work.fold.is_some();
    let reserved = ReservedFiles::new(&work.files(plan), &plan.inputs)?;
    let recording = resume::recording(plan, folded, &role);
    let (delivery, feed) = Delivery::new(role);
    let source = match feed {
        Some(feed) => JobSource::from_feed(feed),
        None => JobSource::new(plan, work.checked(), reserved)?,
    };
    let resume = Resume::open(plan, folded)?;
    let target = plan.workers.get();
    // Of an unbounded number of workers, each gets its slot when it is started.
    let slots = if target > UNBOUNDED { QUEUED } else { target };
    let control =
        Control::new(slots).map_err(RunError::about("can't make the workers' wake-up descriptors"))?;
    let signals =
        RunSignals::install(&control, plan.signals).map_err(RunError::about("can't listen to signals"))?;
    let deadline = plan.deadline.map(RunDeadline::start).transpose();
    let deadline = deadline.map_err(RunError::about("can't start the thread of the deadline"))?;
    if control.slots() < slots {
        message::note(too_many_files(control.slots(), target));
    }
    let target = if target > UNBOUNDED {
        target
    } else {
        control.slots()
    };
    let workers = control.slots();
    // Of large jobs, only one for each worker waits.
    let queued = if plan.batch.is_small() { QUEUED } else { 1 };
    let (queue, jobs) = bounded(queued * workers);
    let events = EventChannel::new(workers);
    let run_state = RunState {
        lowest: AtomicU64::new(0),
        over: AtomicBool::new(false),
        order: plan.order,
        tag: plan.tag,
        partial: plan.partial,
        halt: plan.failures.halt,
        terminal: std::io::stdout().is_terminal(),
    };
    let intermediates = merge::intermediates(plan, work)?;
    let shared = WorkerShared {
        merging: merge::merging(work, intermediates.as_ref()),
        queue: jobs,
        requeued: RequeuedJobs::default(),
        events: &events,
        scarce: SCARCE * workers,
        start_map: work.map,
        start_fold: work.fold,
        records: work.records,
        outputs: work.written(),
        retries: plan.failures.retries,
        delay: plan.failures.delay,
        describes: plan.failures.style == FailureStyle::CommandLines,
        run_state: &run_state,
        recording: recording.as_ref(),
        grown: GrownFiles::default(),
    };
    let limit = match &plan.state {
        // What is stored is not run again, so what is not stored should be little more than what runs.
        Some(state) if state.durability == Durability::EachJob => plan.workers.get() as u64,
        _ => u64::MAX,
    };
    thread::scope(|scope| {
        let mut main = Main {
            plan,
            work,
            source,
            jobs: JobStates::new(limit),
            shutdown: Shutdown::new(&control, plan.patience),
            workers: Workers::new(scope, &shared, &control, target),
            resume,
            delivery,
            settling: Settling::new(plan.settling_time),
            output: RunOutput::new(plan, folded, &run_state, &control)?,
            merges: Merges::new(work, workers, plan.empty, shared.merging.as_ref()),
            deadline,
            meter: Meter::new(plan, &control),
            summary: Summary::default(),
            started: SystemTime::now(),
        };
        main.prepare_records()?;
        main.drive(queue, &events, &signals)?;
        Ok(main.finish())
    })
}

/// The main thread.
struct Main<'scope, 'run> {
    plan: &'run Plan,
    work: &'run Work<'run>,
    /// Where jobs come from.
    source: JobSource,
    /// Where each job stands that was sent.
    jobs: JobStates,
    shutdown: Shutdown<'run>,
    workers: Workers<'scope, 'run>,
    resume: Resume,
    /// What others do, or want.
    delivery: Delivery,
    settling: Settling,
    output: RunOutput<'run>,
    merges: Option<Merges<'run>>,
    deadline: Option<RunDeadline>,
    meter: Meter<'run>,
    summary: Summary,
    started: SystemTime,
}

impl Main<'_, '_> {
    /// Does what records need before the first job: the header is printed, and the file of bad lines created.
    fn prepare_records(&mut self) -> Result<(), RunError> {
        let Some(records) = self.work.records else {
            return Ok(());
        };
        if let OnBadLine::Keep(path) = &records.on_bad_line {
            let created = self.output.keep_bad_lines(path);
            created.map_err(RunError::about_file(path))?;
        }
        let prints = self.work.fold.is_none() && !self.delivery.is_joiner();
        if prints && self.work.checked().out.is_none() && self.work.merge.is_none() {
            let printed = self.output.print(|sink| sink.heading(&records.heading()));
            self.end_printing_on(printed);
        }
        Ok(())
    }

    /// Runs until every task that was sent has ended and every worker has exited.
    ///
    /// # Errors
    /// When no worker can be started.
    fn drive(
        &mut self,
        queue: Sender<Task>,
        events: &EventChannel,
        signals: &RunSignals,
    ) -> Result<(), RunError> {
        let mut queue = Some(queue);
        let mut look = false;
        let began = Instant::now();
        loop {
            let started = deferred::start_when_due(began);
            let (reports, looking) = events.find(look);
            for report in reports {
                self.handle(Event::Done(report));
            }
            self.handle_settled();
            look = false;
            self.store();
            self.meter.show_when_due(&self.summary, self.source.left());
            let mut pause = Pause::Full;
            if let Some(queue) = &queue {
                self.workers.requeue(queue);
                if self.merges.as_ref().is_some_and(Merges::is_crowded) {
                    self.send_merges(queue);
                }
                pause = self.dispatch(queue);
                self.send_merges(queue);
            }
            // What was sent ends by a worker's hands, also when the run is stopped before there is one.
            let stopping = self.shutdown.is_stopping();
            let here = self.jobs.running() - self.delivery.away();
            if !stopping || self.workers.are_gone() && !self.workers.is_one_panicked() {
                let merges = self.merges.as_ref().map_or(0, Merges::under_way);
                self.workers.start(here + merges, self.jobs.ended())?;
            }
            if stopping || self.is_dry() {
                // Closed, so that workers exit once it is empty.
                queue = None;
                self.workers.note_queue_closed();
            }
            let all_ended = queue.is_none() && here == 0;
            if (all_ended || self.workers.is_one_panicked()) && self.workers.are_gone() {
                return Ok(());
            }
            signals.note(self.counts());
            let inputs = self.source.channel().filter(|_| queue.is_some()).cloned();
            let later = if looking { after(LOOK) } else { started };
            let at_once = if pause == Pause::Recess {
                at(Instant::now())
            } else {
                never()
            };
            // No arm for "the queue has room": room appears only when a job ends, and that is an event.
            select! {
                recv(events.receiver()) -> event => if let Ok(event) = event {
                    self.look_ahead();
                    look = matches!(event, Event::Done(_));
                    self.handle_events(event, events);
                },
                recv(later) -> _ => {},
                recv(self.meter.due()) -> _ => {},
                recv(at_once) -> _ => {},
                recv(self.settling.due()) -> _ => {},
                recv(self.workers.next_step()) -> _ => {},
                recv(signals.received()) -> signal => if let Ok(signal) = signal { self.handle_signal(signal, signals) },
                recv(inputs.unwrap_or_else(never)) -> found => self.source.receive(found.ok()),
                recv(self.delivery.news()) -> news => self.handle_news(news.ok()),
                recv(self.shutdown.deadline()) -> _ => self.give_up(events),
            }
        }
    }

    /// Handles one event, and with a state all that there are: how jobs ended is stored together.
    fn handle_events(&mut self, event: Event, events: &EventChannel) {
        self.handle(event);
        if self.resume.is_on() {
            let waiting = events.receiver().len();
            for event in events.receiver().try_iter().take(waiting) {
                self.handle(event);
            }
        }
    }

    fn store(&mut self) {
        let stored = self.resume.store(&mut self.jobs, self.source.left());
        self.check_state(stored);
    }
}
