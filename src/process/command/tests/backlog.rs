//! A command whose earlier output nobody takes for a while.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};

/// Takes what was emitted when it is asked for the third time, and says so.
struct Slow {
    worker: WorkerHandle,
    asked: u32,
    taken: Sender<()>,
}

impl Emit for Slow {
    fn out(&mut self, _: &[u8], _: Trust) -> ControlFlow<()> {
        GO_ON
    }
    fn err(&mut self, _: &[u8]) {}
    fn warn(&mut self, _: &OsStr, _: &str) {}
    fn worker(&self) -> &WorkerHandle {
        &self.worker
    }
    fn for_child(&mut self) -> Option<&mut dyn ChildEmit> {
        Some(self)
    }
}

impl ChildEmit for Slow {
    fn take(&mut self, _: &[u8], _: Trust) -> ControlFlow<()> {
        GO_ON
    }
    fn out_of_band(&mut self, _: OutOfBand<'_>) {}
    fn flush(&mut self) {
        self.asked += 1;
        if !self.is_full() {
            // Nobody listens any more where it came too late.
            let _ = self.taken.send(());
        }
    }
    fn is_full(&self) -> bool {
        self.asked < 3
    }
    fn attempt(&self) -> u32 {
        1
    }
}

#[test]
fn what_waits_to_be_taken_does_not_wait_for_the_exit() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let plan = CommandPlan {
        capture: Capture::Inherit,
        ..plan(&["cat", "{}"], ChildStdin::Null)
    };
    let fifo = fifo(dir.path());
    let held = fs::File::options()
        .read(true)
        .write(true)
        .open(&fifo)
        .expect("a FIFO");
    let control = control();
    let (taken, came) = mpsc::channel();
    let worker = control.worker(2);
    std::thread::scope(|scope| {
        let control = &control;
        scope.spawn(move || {
            let came = came.recv_timeout(Duration::from_secs(10));
            control.request_stop(StopRequest::Kill);
            came.expect("it was asked for while the command ran");
        });
        let mut emit = Slow {
            worker,
            asked: 0,
            taken,
        };
        let job = Job {
            seq: 0,
            number: 1,
            inputs: vec![Input::File(fifo.into())],
        };
        let end = Command::new(Arc::new(plan), Decoder::new(Budget::new(1 << 20), None)).run(&job, &mut emit);
        assert!(matches!(end, Err(Failure::Stopped)), "it was stopped: {end:?}");
    });
    drop(held);
}

/// Takes nothing until it may, as when nobody reads standard output.
struct Stuck<'a> {
    kept: Kept<'a>,
    taken: &'a AtomicBool,
}

impl Emit for Stuck<'_> {
    fn out(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        self.kept.out(block, trust)
    }
    fn err(&mut self, block: &[u8]) {
        self.kept.err(block);
    }
    fn warn(&mut self, name: &OsStr, what: &str) {
        self.kept.warn(name, what);
    }
    fn worker(&self) -> &WorkerHandle {
        &self.kept.worker
    }
    fn for_child(&mut self) -> Option<&mut dyn ChildEmit> {
        Some(self)
    }
}

impl ChildEmit for Stuck<'_> {
    fn take(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        self.out(block, trust)
    }
    fn out_of_band(&mut self, _: OutOfBand<'_>) {}
    fn is_full(&self) -> bool {
        !self.taken.load(Ordering::SeqCst)
    }
    fn attempt(&self) -> u32 {
        1
    }
}

#[test]
fn who_holds_the_output_is_killed_though_nobody_takes_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (fifo, pids) = (fifo(dir.path()), dir.path().join("pids"));
    let text = format!(
        "sh -c 'trap \"\" INT; echo $$ >> {1}; read line < {0}' & while ! [ -s {1} ]; do :; done; echo $$ >> {1}",
        fifo.display(),
        pids.display()
    );
    let (control, taken) = (control(), AtomicBool::new(false));
    let kept = kept(&control, |_| GO_ON);
    std::thread::scope(|scope| {
        let (control, taken, pids) = (&control, &taken, &pids);
        let stopped = scope.spawn(move || {
            let read = || fs::read_to_string(pids).unwrap_or_default();
            until("both process ids", || read().lines().count() == 2);
            let read = read();
            let (holder, command) = read.trim().split_once('\n').expect("two lines");
            until("the command's exit", || state(command).is_none());
            control.request_stop(StopRequest::Terminate(2));
            let started = Instant::now();
            let is_gone = || state(holder).is_none();
            while !is_gone() && started.elapsed() < Duration::from_secs(10) {
                std::thread::sleep(Duration::from_millis(1));
            }
            let gone = is_gone();
            taken.store(true, Ordering::SeqCst);
            gone
        });
        let mut emit = Stuck { kept, taken };
        let job = Job {
            seq: 0,
            number: 1,
            inputs: Vec::new(),
        };
        // Whether the job counts is not what this is about.
        let mut plan = script(&text);
        // The run may stop before the exit of the command is known.
        plan.kill_after = Duration::from_millis(50);
        let _ = Command::new(Arc::new(plan), Decoder::new(Budget::new(1 << 20), None)).run(&job, &mut emit);
        assert!(stopped.join().expect("no panic"), "the holder was left to live");
    });
}
