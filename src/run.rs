//! The loop: jobs out, news in, signals, all on the main thread; then the join and the fold.
//!
//! It does not know any map or fold by name, nor which command line it came from.

mod feed;
mod tally;

pub use tally::Summary;
use tally::Tally;

use crate::control::{Control, Wish};
use crate::fold::{Fold, StartFold};
use crate::job::{Failure, Job};
use crate::map::StartMap;
use crate::memory::Budget;
use crate::message;
use crate::plan::{Order, Plan};
use crate::record::RecordPlan;
use crate::sink::{Closed, First, Sink, Verdict};
use crate::source::Missing;
use crate::sys::{self, signals};
use crate::worker::{self, Event, Gate, Report, Shared};
use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, bounded, never, select};
use feed::Feed;
use std::io::{BufWriter, IsTerminal, Write as _};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Jobs that wait in the queue, for each worker.
const WAITING: usize = 4;
/// News that waits, for each worker.
const NEWS: usize = 4;
/// How far a job may be ahead of the lowest unprinted one: bounds what is remembered of jobs that
/// are done but not printed.
const WINDOW: u64 = 1 << 18;

/// What is done to each job and to what it gives.
pub struct Work<'a> {
    /// Makes each worker's map.
    pub map: &'a StartMap<'a>,
    /// How the map's bytes become records; `None`: they pass as they are.
    pub records: Option<&'a RecordPlan>,
    /// Makes folds of the records; `None`: they are printed.
    pub fold: Option<&'a StartFold<'a>>,
}

/// Runs the plan to its end and says how it went. Failures of single jobs are in the summary.
///
/// # Errors
/// When the run can't be started: a pattern that matches nothing ([`crate::source::NoMatch`]), no
/// threads, no descriptors.
pub fn run(plan: &Plan, work: &Work<'_>) -> anyhow::Result<Summary> {
    let workers = plan.workers.get();
    let mut feed = Feed::new(plan)?;
    let news = signals::install().context("can't listen to signals")?;
    let control = Control::new(workers).context("can't make the workers' wake-up descriptors")?;
    let (queue, jobs) = bounded(WAITING * workers);
    let (events, reports) = bounded(NEWS * workers);
    let gate = Gate {
        lowest: AtomicU64::new(0),
        tag: plan.tag,
        terminal: std::io::stdout().is_terminal(),
    };
    let shared = Shared {
        queue: jobs,
        events,
        start_map: work.map,
        start_fold: work.fold,
        records: work.records,
        gate: &gate,
    };
    thread::scope(|scope| {
        let mut threads = Vec::with_capacity(workers);
        for slot in 0..workers {
            let (shared, seat) = (&shared, control.seat(slot));
            let thread = thread::Builder::new().name(format!("worker {}", slot + 1));
            match thread.spawn_scoped(scope, move || worker::work(shared, seat)) {
                Ok(thread) => threads.push(thread),
                Err(cause) if threads.is_empty() => return Err(cause).context("can't start a worker"),
                Err(_) => {
                    message::say(format_args!("only {slot} of {workers} workers could be started"));
                    break;
                }
            }
        }
        let mut main = Main::new(plan, &control, &gate, work.fold.is_some());
        main.drive(&mut feed, queue, &reports, &news);
        // Workers that still have something to say must not wait for someone to listen.
        while threads.iter().any(|thread| !thread.is_finished()) {
            let _ = reports.recv_timeout(Duration::from_millis(1));
        }
        // A worker catches the panics of maps; one of its own is a defect that must be seen.
        let join =
            |thread: thread::ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|e| resume_unwind(e));
        main.finish(threads.into_iter().filter_map(join).collect());
        Ok(main.tally)
    })
}

/// The main thread's state.
struct Main<'a> {
    control: &'a Control,
    gate: &'a Gate,
    sink: Sink<'a>,
    order: Order,
    folds: bool,
    tally: Tally,
    sent: u64,
    ended: u64,
    stop: Option<Stop>,
}

/// The run is on its way to its end before its time: nothing new starts.
struct Stop {
    /// When the second signal kills at once.
    signalled: bool,
}

impl<'a> Main<'a> {
    fn new(plan: &Plan, control: &'a Control, gate: &'a Gate, folds: bool) -> Self {
        let (out, err) = (Box::new(sys::Output::stdout()), Box::new(sys::Output::stderr()));
        // A fold's rows are counted by the fold.
        let first = if folds {
            First::all()
        } else {
            First::rows(plan.first)
        };
        Main {
            control,
            gate,
            sink: Sink::new(
                out,
                err,
                plan.order,
                first,
                &Budget::new(plan.memory),
                &plan.tmpdir,
            ),
            order: plan.order,
            folds,
            tally: Tally::default(),
            sent: 0,
            ended: 0,
            stop: None,
        }
    }

    /// Runs until every job that was sent has ended, or, when the run is stopped, until the
    /// workers have heard of it.
    fn drive(
        &mut self,
        feed: &mut Feed,
        queue: Sender<Job>,
        reports: &Receiver<Event>,
        news: &Receiver<i32>,
    ) {
        let mut queue = Some(queue);
        // A channel that takes nothing, for when there is nothing to send.
        let (idle, _unheard) = bounded::<Job>(0);
        loop {
            if let Some(open) = &queue {
                self.fill(feed, open);
            }
            if self.stop.is_some() || feed.is_dry() {
                // Closed, so that workers exit once it is empty.
                queue = None;
            }
            if queue.is_none() && self.ended == self.sent {
                return;
            }
            let to = queue
                .as_ref()
                .filter(|_| feed.has_job() && self.within_window())
                .unwrap_or(&idle);
            let inputs = feed
                .channel()
                .filter(|_| queue.is_some())
                .cloned()
                .unwrap_or_else(never);
            select! {
                recv(reports) -> event => match event {
                    Ok(event) => self.hear(event),
                    // Every worker has gone, so there is no more to wait for.
                    Err(_) => return,
                },
                recv(news) -> signal => if let Ok(signal) = signal { self.signal(signal) },
                recv(inputs) -> found => feed.received(found.ok()),
                send(to, feed.take().expect("a job is ready, or the channel takes nothing")) -> sent => {
                    if sent.is_ok() { self.sent += 1 }
                },
            }
        }
    }

    /// Sends jobs until the queue is full.
    fn fill(&mut self, feed: &mut Feed, queue: &Sender<Job>) {
        while self.stop.is_none() && self.within_window() && feed.fetch() {
            let Some(job) = feed.take() else { break };
            if let Err(refused) = queue.try_send(job) {
                feed.put_back(refused.into_inner());
                break;
            }
            self.sent += 1;
        }
        for missing in feed.take_missing() {
            self.missing(&missing);
        }
    }

    fn within_window(&self) -> bool {
        self.order == Order::Finish || self.sent - self.sink.lowest() < WINDOW
    }

    fn missing(&mut self, missing: &Missing) {
        self.tally.bad_inputs += 1;
        message::say(missing);
    }

    fn hear(&mut self, event: Event) {
        let printed = match event {
            Event::Piece { seq, piece } => self.printing(|sink| sink.piece(seq, piece)),
            Event::Discard { seq } => return self.sink.discard(seq),
            Event::Done(report) => self.done(report),
        };
        if let Err(closed) = printed {
            self.close(&closed);
        }
    }

    fn printing(&mut self, print: impl FnOnce(&mut Sink<'a>) -> Result<(), Closed>) -> Result<(), Closed> {
        // Once something could not be printed, what comes after it would not be where it belongs.
        if self.sink.is_closed() {
            Ok(())
        } else {
            print(&mut self.sink)
        }
    }

    fn done(&mut self, report: Report) -> Result<(), Closed> {
        self.ended += 1;
        self.tally.count(report.failure.as_ref());
        self.tally.bad_lines += report.bad_lines;
        let mut notes: Vec<String> = report.warnings;
        match &report.failure {
            None | Some(Failure::Stopped) => {}
            Some(failure @ (Failure::Unreadable { .. } | Failure::Corrupt { .. })) => {
                notes.push(failure.to_string())
            }
            Some(failure) => notes.push(format!("job {}: {failure}", report.seq + 1)),
        }
        if let Some(Failure::Own { .. }) = report.failure {
            self.halt();
        }
        let verdict = if report.failure.is_some() {
            Verdict::Drop
        } else {
            Verdict::Keep
        };
        if self.folds {
            // Nothing is printed before the end, so there is no order to keep.
            notes.drain(..).for_each(message::say);
        }
        let notes = notes
            .iter()
            .flat_map(|note| format!("fanfold: {note}\n").into_bytes())
            .collect();
        self.printing(|sink| {
            for piece in report.pieces {
                sink.piece(report.seq, piece)?;
            }
            sink.done(report.seq, verdict, notes)
        })?;
        self.gate.lowest.store(self.sink.lowest(), Ordering::Relaxed);
        Ok(())
    }

    /// Nothing more can be printed: says why where that is an error, and stops the run.
    fn close(&mut self, closed: &Closed) {
        self.sink.close();
        self.tally.closed(closed);
        if let Closed::Failed { what, cause } = closed {
            message::say(format_args!("{what}: {}", message::cause(cause)));
        }
        self.halt();
    }

    /// Starts nothing more and ends what runs.
    fn halt(&mut self) {
        self.stop.get_or_insert(Stop { signalled: false });
        self.control.wish(Wish::Terminate(signals::TERM));
    }

    fn signal(&mut self, signal: i32) {
        match signal {
            signals::TSTP => {
                self.control.suspend(Duration::from_millis(500));
                signals::stop_self();
            }
            signals::CONT => self.control.resume(),
            signals::USR1 => self.status(),
            _ => {
                let again = self
                    .stop
                    .replace(Stop { signalled: true })
                    .is_some_and(|stop| stop.signalled);
                self.tally.signal = Some(signal);
                self.control.wish(if again {
                    Wish::Kill
                } else {
                    Wish::Terminate(signal)
                });
            }
        }
    }

    /// Answers USR1.
    fn status(&self) {
        let failed = self.tally.failed + self.tally.bad_inputs;
        let running = self.sent - self.ended;
        message::say(format_args!(
            "{} done, {failed} failed, {running} running or queued",
            self.tally.done
        ));
    }

    /// Merges the workers' folds in their order and prints the result.
    fn finish(&mut self, folds: Vec<Box<dyn Fold>>) {
        let mut folds = folds.into_iter();
        // A run that was stopped has no answer: a part must not be taken for the whole.
        if let Some(mut total) = folds.next().filter(|_| self.stop.is_none()) {
            let mut out = BufWriter::with_capacity(1 << 16, &mut self.sink);
            let merged = folds.try_for_each(|mut fold| total.merge(&mut *fold));
            let written = merged
                .and_then(|()| total.finish(&mut out))
                .and_then(|()| out.flush());
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
    }
}
