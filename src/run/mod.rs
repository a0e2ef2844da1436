//! The loop: jobs out, news in, signals, all on the main thread; then the join and the fold.
//!
//! It does not know any map or fold by name, nor which command line it came from.

mod conflicts;
mod deferred;
mod dispatch;
mod events;
mod jobs;
mod merges;
mod report;
mod reserved;
mod resume;
mod shutdown;
mod signal_thread;
mod split_files;
mod work;
mod workers;

pub use conflicts::Conflict;
use merges::Merges;
pub use merges::{MergeDestination, MergeInputs, MergeWork};
pub use report::{Failures, Summary};
use reserved::ReservedFiles;
use split_files::SplitFiles;
pub use work::{Destination, Work};

use crate::control::{Control, Shortage};
use crate::memory::Budget;
use crate::message;
use crate::output::FailedList;
use crate::plan::{Durability, FailureStyle, HaltAt, Order, Plan, SignalAction};
use crate::record::{OnBadLine, RecordPlan};
use crate::sink::{Closed, RowLimit, Sink};
use crate::sys::signals::{self, Signals};
use crate::sys::{Output, guardian};
use crate::worker::{self, Event, EventChannel, Folds, RequeuedJobs, RunState, Task, WorkerShared};
use anyhow::Context;
use crossbeam_channel::{Sender, after, bounded, never, select};
use jobs::JobSource;
use report::JobLog;
use resume::Resume;
use shutdown::{GRACE, Stop};
use signal_thread::StatusRequests;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use workers::{MANY_WORKERS, Workers};

/// Jobs that wait in the queue, for each worker: more than short ones need while nobody looks.
const WAITING: usize = 16;
/// Jobs in the queue, for each worker, below which workers say at once that they need more.
const SCARCE: usize = 4;
/// How long reports of short jobs may lie before they are looked at.
const LOOK: Duration = Duration::from_millis(2);
/// How far a job may be ahead of the lowest unprinted one: bounds what is remembered of jobs that
/// are done but not printed.
const WINDOW: u64 = 1 << 18;

/// Runs the plan to its end and says how it went. Failures of single jobs are in the summary.
///
/// # Errors
/// When the run can't be started: a pattern that matches nothing ([`crate::source::NoMatch`]), no
/// threads, no descriptors.
pub fn run(plan: &Plan, work: &Work<'_>) -> anyhow::Result<Summary> {
    let end = looped(plan, work);
    guardian::stop();
    end
}

fn looped(plan: &Plan, work: &Work<'_>) -> anyhow::Result<Summary> {
    let workers = plan.workers.get();
    worker::hush_maps();
    let own = ReservedFiles::of(plan, work)?;
    let mut feed = JobSource::new(plan, work.to.names(), own)?;
    let remember = Resume::open(plan, work.fold.is_some())?;
    let failed = FailedList::new(plan.failures.list.as_ref())?;
    let joblog = JobLog::new(plan.joblog.as_ref())?;
    let recording = resume::recording(plan, work.fold.is_some());
    // Where they are as many as can be, each gets its seat when it is needed.
    let seated = if workers > MANY_WORKERS { WAITING } else { workers };
    let control = Control::new(seated).context("can't make the workers' wake-up descriptors")?;
    let asked = Arc::<StatusRequests>::default();
    let heed = signal_thread::heed(control.clone(), Arc::clone(&asked), plan.signals);
    let signals = signals::install(heard(plan.signals), heed).context("can't listen to signals")?;
    if control.slots() < seated {
        fewer(control.slots(), workers);
    }
    let most = if workers > MANY_WORKERS {
        workers
    } else {
        control.slots()
    };
    let workers = control.slots();
    // Of large jobs, one for each worker waits.
    let waiting = if plan.batch.is_small() { WAITING } else { 1 };
    let (queue, jobs) = bounded(waiting * workers);
    let news = EventChannel::new(workers);
    let gate = RunState {
        lowest: AtomicU64::new(0),
        over: AtomicBool::new(false),
        order: plan.order,
        tag: plan.tag,
        partial: plan.partial,
        halt: plan.failures.halt,
        terminal: std::io::stdout().is_terminal(),
    };
    let drafts = merges::drafts(plan, work)?;
    let (merging, merges) = merges::start(work, drafts.as_ref(), workers);
    let shared = WorkerShared {
        merging,
        queue: jobs,
        returned: RequeuedJobs::default(),
        news: &news,
        scarce: SCARCE * workers,
        start_map: work.map,
        start_fold: work.fold,
        records: work.records,
        outputs: work.to.files(),
        retries: plan.failures.retries,
        delay: plan.failures.delay,
        halts: plan.failures.halt != HaltAt::Never,
        gate: &gate,
        recording: recording.as_ref(),
    };
    thread::scope(|scope| {
        let mut crew = Workers::new(scope, &shared, &control, most);
        let mut main = Main::new(plan, work, &control, &gate, failed, asked);
        (main.remember, main.joblog) = (remember, joblog);
        main.merges = Merges::new(work, workers, plan.empty, merges, shared.merging.as_ref());
        if let Some(records) = work.records {
            main.prepare(records)?;
        }
        main.drive(&mut feed, queue, &news, &signals, &mut crew)?;
        main.finish(crew.join());
        main.tally.failures.buried = main.sink.is_buried();
        main.end_state(&feed);
        Ok(main.tally)
    })
}

fn heard(signals: SignalAction) -> signals::Usr2 {
    match signals {
        SignalAction::Workers => signals::Usr2::Heard,
        SignalAction::Status => signals::Usr2::Unheard,
    }
}

fn fewer(left: usize, of: usize) {
    message::say(format_args!(
        "too many open files: going on with {left} of {of} workers"
    ));
}

/// How many there will be is not known: they leave one after the other.
fn too_few_processes() {
    message::say("too few processes can be had: going on with fewer workers");
}

/// The main thread's state.
struct Main<'a> {
    control: &'a Control,
    gate: &'a RunState,
    sink: Sink<'a>,
    work: &'a Work<'a>,
    order: Order,
    halt: HaltAt,
    told: FailureStyle,
    signals: SignalAction,
    failed: FailedList,
    joblog: JobLog,
    remember: Option<Resume>,
    /// How many jobs may have been sent and not have ended.
    most_running: u64,
    /// Jobs are left to be looked up, and it is time to handle what there is to handle.
    recess: bool,
    patience: Duration,
    tally: Summary,
    /// Jobs that were found, whether or not they are to be run.
    found: u64,
    sent: u64,
    ended: u64,
    /// Workers that have not left.
    working: usize,
    /// A worker left without saying how its job ended.
    broken: bool,
    stop: Option<Stop>,
    merges: Option<Merges<'a>>,
    /// What is wrong with a list of inputs, after so many jobs, until that is told.
    untold: Vec<(u64, String)>,
    wholes: SplitFiles,
    /// How few workers are left, where some left for lack of something.
    crew: usize,
    /// What more of them left for, and of how many, since that was told.
    shrunk: Option<(Shortage, usize)>,
    asked: Arc<StatusRequests>,
}

impl<'a> Main<'a> {
    fn new(
        plan: &Plan,
        work: &'a Work<'a>,
        control: &'a Control,
        gate: &'a RunState,
        failed: FailedList,
        asked: Arc<StatusRequests>,
    ) -> Self {
        let (out, err) = (Box::new(Output::stdout()), Box::new(Output::stderr()));
        // A fold's rows are counted by the fold.
        let first = if work.fold.is_some() {
            RowLimit::all()
        } else {
            plan.first
                .map_or_else(RowLimit::all, |wanted| RowLimit::rows(wanted, plan.tag))
        };
        let budget = Budget::new(plan.memory);
        let mut sink = Sink::new(out, err, plan.order, first, &budget, &plan.tmpdir);
        sink.send_to(Output::stdout());
        Main {
            control,
            gate,
            sink,
            work,
            order: plan.order,
            halt: plan.failures.halt,
            told: plan.failures.style,
            signals: plan.signals,
            failed,
            joblog: JobLog::default(),
            remember: None,
            most_running: match &plan.state {
                // What is stored is not run again, and what is not stored is what runs.
                Some(state) if state.durability == Durability::EachJob => plan.workers.get() as u64,
                _ => u64::MAX,
            },
            recess: false,
            patience: plan.patience + GRACE,
            tally: Summary::default(),
            found: 0,
            sent: 0,
            ended: 0,
            working: 0,
            broken: false,
            stop: None,
            merges: None,
            untold: Vec::new(),
            wholes: SplitFiles::default(),
            crew: usize::MAX,
            shrunk: None,
            asked,
        }
    }

    /// What is done for the records before the first job: their header, and the file of bad lines.
    fn prepare(&mut self, records: &RecordPlan) -> anyhow::Result<()> {
        if let OnBadLine::Keep(path) = &records.on_bad_line {
            let name = message::shown(path.as_os_str()).into_owned();
            let file = File::create(path).with_context(|| name.clone())?;
            self.sink.keep_bad(name, file);
        }
        if self.work.fold.is_none()
            && self.work.to.files().is_none()
            && self.work.merge.is_none()
            && let Err(closed) = self.sink.heading(&records.header())
        {
            self.close(&closed);
        }
        Ok(())
    }

    /// Runs until every job that was sent has ended and every worker has left, or, when the run is
    /// stopped, until the workers have heard of it.
    ///
    /// # Errors
    /// When no worker can be started.
    fn drive(
        &mut self,
        feed: &mut JobSource,
        queue: Sender<Task>,
        news: &EventChannel,
        signals: &Signals,
        crew: &mut Workers<'_, '_>,
    ) -> anyhow::Result<()> {
        let mut queue = Some(queue);
        let mut look = false;
        let began = Instant::now();
        loop {
            let lasting = deferred::since(began);
            let (found, looking) = news.find(look);
            for report in found {
                self.handle(Event::Done(report));
            }
            look = false;
            self.store(feed);
            if let Some(open) = &queue {
                crew.hand_on(open);
                self.fill(feed, open);
            }
            // What was sent ends by a worker's hands, also where it is stopped before there is one.
            if self.stop.is_none() || self.working == 0 && !self.broken {
                self.working += crew.staff(self.sent - self.ended, self.working, self.ended)?;
            }
            if self.stop.is_some() || self.is_dry(feed) {
                // Closed, so that workers exit once it is empty.
                queue = None;
                self.gate.over.store(true, Ordering::Release);
            }
            let all = queue.is_none() && self.ended == self.sent;
            self.merge(all);
            if (all || self.broken) && self.working == 0 {
                return Ok(());
            }
            self.note_counts(feed);
            let inputs = feed
                .channel()
                .filter(|_| queue.is_some())
                .cloned()
                .unwrap_or_else(never);
            let later = match looking {
                true => after(LOOK),
                false => lasting,
            };
            // That the queue has room again needs no arm of its own: a job has ended then.
            select! {
                recv(news.receiver()) -> event => if let Ok(event) = event {
                    // What was read before a job ended the run is known when it does.
                    self.look_ahead(feed);
                    look = matches!(event, Event::Done(_));
                    self.drain_events(event, news.receiver());
                },
                recv(later) -> _ => {},
                recv(crew.later()) -> _ => {},
                recv(signals.received()) -> signal => if let Ok(signal) = signal { self.signal(signal, feed, crew) },
                recv(inputs) -> found => feed.received(found.ok()),
                recv(self.deadline()) -> _ => self.give_up(news, feed),
                recv(self.recess()) -> _ => {},
            }
        }
    }

    /// Merges the workers' folds in their order and prints the result.
    fn finish(&mut self, folds: Vec<Folds>) {
        self.tell_crew();
        let one_answer = self.work.fold.is_some() || self.work.merge.is_some();
        if self.tally.halted && one_answer && self.tally.failures.merges == 0 {
            message::say("the run was halted: the answer is not printed");
        }
        self.heed_last_signal();
        self.sink.heed_signals();
        let mut folds = folds.into_iter();
        // A run that was stopped has no answer: a part must not be taken for the whole.
        if let Some(first) = folds.next().filter(|_| self.stop.is_none()) {
            let mut out = BufWriter::with_capacity(1 << 16, &mut self.sink);
            let bad_values = &mut self.tally.bad_values;
            let written = first.total().and_then(|mut total| {
                folds.try_for_each(|folds| total.merge(&mut *folds.total()?))?;
                *bad_values = total.bad_values();
                total.finish(&mut out)?;
                out.flush()
            });
            if let Err(cause) = written {
                // What is left in the buffer would be tried again, and fail again.
                let _ = out.into_parts();
                let closed = self.sink.reason().unwrap_or(Closed::Failed {
                    what: "the fold's result".into(),
                    cause,
                });
                self.close(&closed);
            }
        }
        self.print_merged();
        self.heed_last_signal();
    }
}
