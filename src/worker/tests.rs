//! A worker with a scripted map: what counts of a job that fails.

use super::*;
use crate::control::{Control, StopRequest};
use crate::fold::StartFold;
use crate::fold::{GroupPlan, Shape};
use crate::job::{Input, Job, Trust};
use crate::map::{Emit, StartMap};
use crate::memory::Budget;
use crate::output::StreamFiles;
use crate::plan::{HaltAt, Order, Partial, Tag};
use crate::record::{Format, RecordPlan};
use crossbeam_channel::{Receiver, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread;

/// Gives blocks that may still be wrong, and then turns out corrupt.
struct Corrupt(&'static [&'static str]);

impl Map for Corrupt {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        for block in self.0 {
            let _ = emit.out(block.as_bytes(), Trust::Provisional);
        }
        Err(Failure::Corrupt {
            name: job.inputs[0].name().to_owned(),
            what: "truncated".into(),
        })
    }
}

/// Jobs are printed in their order, and nothing ends the run.
fn run_state() -> RunState {
    RunState {
        over: AtomicBool::new(false),
        order: Order::Input,
        lowest: AtomicU64::new(0),
        tag: Tag::Off,
        partial: Partial::Discard,
        halt: HaltAt::Never,
        terminal: false,
    }
}

/// Each job is tried once, and its output is printed.
fn shared<'a>(
    queue: Receiver<Task>,
    events: &'a EventChannel,
    start_map: &'a StartMap<'a>,
    run_state: &'a RunState,
) -> WorkerShared<'a> {
    WorkerShared {
        grown: Default::default(),
        requeued: RequeuedJobs::default(),
        retries: 0,
        outputs: StreamFiles::default(),
        delay: Duration::ZERO,
        describes: false,
        queue,
        events,
        scarce: 0,
        start_map,
        start_fold: None,
        records: None,
        merging: None,
        run_state,
        recording: None,
    }
}

/// Returns what counts of one corrupt job, as the sink would take it, and the fold's rows.
fn counted(
    blocks: &'static [&'static str],
    partial: Partial,
    records: Option<&RecordPlan>,
    fold: Option<&StartFold<'_>>,
) -> (String, String) {
    let run_state = RunState {
        partial,
        ..run_state()
    };
    let (queue, jobs) = unbounded();
    let events = EventChannel::new(16);
    let control = Control::new(1).expect("descriptors");
    let start_map = |_slot| -> Box<dyn Map> { Box::new(Corrupt(blocks)) };
    let shared = WorkerShared {
        start_fold: fold,
        records,
        ..shared(jobs, &events, &start_map, &run_state)
    };
    let inputs = vec![Input::File("a.gz".into())];
    queue
        .send(Task::Job(Job {
            seq: 0,
            number: 1,
            inputs,
        }))
        .expect("taken");
    drop(queue);
    let folds =
        thread::scope(|scope| scope.spawn(|| work(&shared, control.worker(0))).join()).expect("no panic");
    let mut pieces = Vec::new();
    for event in events.receiver().try_iter() {
        match event {
            Event::Piece { piece, .. } => pieces.push(piece),
            Event::Done(report) => {
                assert!(matches!(report.failure, Some(Failure::Corrupt { .. })));
                pieces.extend(report.pieces);
            }
            _ => {}
        }
    }
    let stands = pieces.iter().filter(|piece| piece.trust == Trust::Final);
    let printed = stands.flat_map(|piece| piece.bytes.clone()).collect();
    let mut rows = Vec::new();
    if let Some(folds) = folds {
        let mut total = folds.total().expect("memory");
        total.finish(&mut rows).expect("memory");
    }
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (text(printed), text(rows))
}

const BLOCKS: &[&str] = &["one\ntw", "o\nthr", "ee\nincompl", "ete"];

#[test]
fn partial_output_is_taken_back_or_kept_to_its_last_complete_line() {
    assert_eq!(counted(BLOCKS, Partial::Discard, None, None).0, "");
    assert_eq!(counted(BLOCKS, Partial::Keep, None, None).0, "one\ntwo\nthree\n");
    assert_eq!(counted(&["no line"], Partial::Keep, None, None).0, "");
}

#[test]
fn partial_records_are_taken_back_or_kept_without_the_incomplete_one() {
    let plan = RecordPlan::new(Format::Lines);
    assert_eq!(counted(BLOCKS, Partial::Discard, Some(&plan), None).0, "");
    let (kept, _) = counted(BLOCKS, Partial::Keep, Some(&plan), None);
    assert_eq!(kept, "one\ntwo\nthree\n");
}

#[test]
fn a_fold_takes_partial_records_only_where_they_are_kept() {
    let plan = RecordPlan::new(Format::Lines);
    let group = GroupPlan::new(Shape::Keys, Vec::new());
    let start = || crate::fold::start(&group, &Budget::new(1 << 20), &std::env::temp_dir());
    let rows = |partial| counted(BLOCKS, partial, Some(&plan), Some(&start)).1;
    assert_eq!(rows(Partial::Discard), "");
    assert_eq!(rows(Partial::Keep), "one\nthree\ntwo\n");
}

/// Gives a record, then panics on its first tries.
struct Panicking {
    until: u32,
}

impl Map for Panicking {
    fn run(&mut self, _job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let _ = emit.out(b"record\n", Trust::Final);
        assert!(
            emit.for_child().expect("a worker's").attempt() > self.until,
            "not yet"
        );
        Ok(())
    }
}

/// Runs two jobs that panic until the try after `until`, and returns what [`ended`] does.
fn panicking(until: u32, retries: u32) -> (Vec<Option<String>>, String) {
    let control = Control::new(1).expect("descriptors");
    ended(&control, retries, &|_slot| Box::new(Panicking { until }))
}

/// Runs two jobs. Returns their failures, and the fold's rows.
fn ended(control: &Control, retries: u32, start_map: &StartMap<'_>) -> (Vec<Option<String>>, String) {
    let run_state = run_state();
    let (plan, group) = (
        RecordPlan::new(Format::Lines),
        GroupPlan::new(Shape::Counted, Vec::new()),
    );
    let start = || crate::fold::start(&group, &Budget::new(1 << 20), &std::env::temp_dir());
    let (queue, jobs) = unbounded();
    let events = EventChannel::new(16);
    for seq in 0..2 {
        let inputs = vec![Input::File("a".into())];
        queue
            .send(Task::Job(Job {
                seq,
                number: seq + 1,
                inputs,
            }))
            .expect("taken");
    }
    drop(queue);
    let shared = WorkerShared {
        retries,
        start_fold: Some(&start),
        records: Some(&plan),
        ..shared(jobs, &events, start_map, &run_state)
    };
    let total = thread::scope(|scope| scope.spawn(|| work(&shared, control.worker(0))).join());
    let mut failures = Vec::new();
    for event in events.receiver().try_iter() {
        if let Event::Done(report) = event {
            failures.push(report.failure.map(|failure| failure.to_string()));
        }
    }
    let mut rows = Vec::new();
    let folds = total.expect("a worker never dies").expect("there is a fold");
    let mut total = folds.total().expect("memory");
    total.finish(&mut rows).expect("memory");
    (failures, String::from_utf8(rows).expect("text"))
}

#[test]
fn a_panic_fails_its_job_and_the_worker_goes_on() {
    let message = Some("the map panicked: not yet".to_owned());
    assert_eq!(panicking(1, 0), (vec![message.clone(), message], String::new()));
}

#[test]
fn a_retry_does_not_double_count() {
    assert_eq!(panicking(2, 2), (vec![None, None], "2\trecord\n".to_owned()));
}

/// Gives a record, has the run stopped, and returns once nobody wants more, as maps do.
struct Stopping {
    control: Arc<Control>,
}

impl Map for Stopping {
    fn run(&mut self, _job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let _ = emit.out(b"record\n", Trust::Final);
        self.control.request_stop(StopRequest::Terminate(15));
        assert!(emit.out(b"more\n", Trust::Final).is_break());
        Ok(())
    }
}

#[test]
fn a_job_that_was_cut_short_is_not_done() {
    let control = Arc::new(Control::new(1).expect("descriptors"));
    let start = |_slot| -> Box<dyn Map> {
        Box::new(Stopping {
            control: Arc::clone(&control),
        })
    };
    let stopped = Some("stopped".to_owned());
    assert_eq!(ended(&control, 0, &start), (vec![stopped; 2], String::new()));
}

/// Gives a record, and comes to its end while the run is being stopped.
struct ChildOutcome {
    control: Arc<Control>,
}

impl Map for ChildOutcome {
    fn run(&mut self, _job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let _ = emit.out(b"record\n", Trust::Final);
        self.control.request_stop(StopRequest::Terminate(15));
        assert!(
            emit.for_child()
                .expect("a worker's")
                .take(b"more\n", Trust::Final)
                .is_continue()
        );
        Ok(())
    }
}

#[test]
fn a_job_that_came_to_its_end_is_done_though_the_run_is_stopped() {
    let control = Arc::new(Control::new(1).expect("descriptors"));
    let start = |_slot| -> Box<dyn Map> {
        Box::new(ChildOutcome {
            control: Arc::clone(&control),
        })
    };
    let ends = vec![None, Some("stopped".to_owned())];
    assert_eq!(
        ended(&control, 0, &start),
        (ends, "1\tmore\n1\trecord\n".to_owned())
    );
}

/// Fails.
struct Failing;

impl Map for Failing {
    fn run(&mut self, _job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        emit.err(b"why\n");
        Err(Failure::Panicked { what: "no".into() })
    }
}

#[test]
fn a_job_that_waits_for_its_next_try_has_failed_once_nothing_more_is_started() {
    let control = Control::new(1).expect("descriptors");
    let run_state = run_state();
    let (queue, jobs) = unbounded();
    let events = EventChannel::new(16);
    let inputs = vec![Input::File("a".into())];
    queue
        .send(Task::Job(Job {
            seq: 0,
            number: 1,
            inputs,
        }))
        .expect("taken");
    drop(queue);
    let shared = WorkerShared {
        retries: 1,
        delay: Duration::from_secs(600),
        ..shared(jobs, &events, &|_slot| Box::new(Failing), &run_state)
    };
    let patience = Duration::from_secs(60);
    let (notice, ended) = thread::scope(|scope| {
        scope.spawn(|| work(&shared, control.worker(0)));
        // The worker says that it failed before it tries again.
        let notice = events.receiver().recv_timeout(patience);
        control.request_stop(StopRequest::Drain);
        let ended = events.receiver().recv_timeout(patience);
        // Ends its wait when this test fails.
        control.request_stop(StopRequest::Kill);
        (notice, ended)
    });
    let what = "job 1 (a): the map panicked: no (try 1 of 2)";
    assert!(matches!(notice, Ok(Event::Notice(line)) if line == what));
    let Ok(Event::Done(report)) = ended else {
        panic!("not its end: {ended:?}");
    };
    assert!(matches!(report.failure, Some(Failure::Panicked { .. })));
    let said = report.pieces.iter().map(|piece| (&*piece.bytes, piece.trust));
    assert_eq!(said.collect::<Vec<_>>(), [(&b"why\n"[..], Trust::Final)]);
}
