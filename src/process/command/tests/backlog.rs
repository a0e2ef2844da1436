//! A command whose earlier output nobody takes for a while.

use super::*;
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
            inputs: vec![Input::File(fifo.into())],
        };
        let end = Command::new(Arc::new(plan), Decoder::new(Budget::new(1 << 20), None)).run(&job, &mut emit);
        assert!(matches!(end, Err(Failure::Stopped)), "it was stopped: {end:?}");
    });
    drop(held);
}
