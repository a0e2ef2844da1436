//! How many files a run is about, and how large they are: counted beside the run, which does not wait for it.
//!
//! It does not know which of them were read.

use crate::job::Input;
use crate::plan::{Empty, Inputs, Plan};
use crate::source::NamedInputs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long the thread counts, and how long it rests after that, so that it takes no hundredth of two cores.
const SPELL: Duration = Duration::from_millis(1);
const REST: Duration = Duration::from_millis(100);

/// The files and their bytes.
#[derive(Default)]
struct Counted {
    files: AtomicU64,
    bytes: AtomicU64,
    is_over: AtomicBool,
    is_dropped: AtomicBool,
}

/// What was counted so far.
pub(super) struct JobTotals(Arc<Counted>);

impl JobTotals {
    /// Begins to count the inputs of the plan, if they are named on the command line. Others are known only when they
    /// come.
    pub(super) fn count(plan: &Plan) -> Self {
        let totals = JobTotals(Arc::default());
        if let (Inputs::Named(names, walk), None) = (&plan.inputs, plan.shard) {
            let (names, walk, counted) = (names.clone(), walk.clone(), Arc::clone(&totals.0));
            // Without a thread, the numbers are not known.
            let _ = std::thread::Builder::new().name("totals".into()).spawn(move || {
                if let Ok(found) = NamedInputs::new(&names, &walk, Empty::Allowed) {
                    counted.add_all(found.flatten());
                }
            });
        }
        totals
    }

    /// Returns the number of files and of their bytes, once all are counted.
    pub(super) fn get(&self) -> Option<(u64, u64)> {
        let Counted {
            files,
            bytes,
            is_over,
            ..
        } = &*self.0;
        let get = || (files.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed));
        is_over.load(Ordering::Acquire).then(get)
    }
}

impl Drop for JobTotals {
    fn drop(&mut self) {
        self.0.is_dropped.store(true, Ordering::Relaxed);
    }
}

impl Counted {
    fn add_all(&self, inputs: impl Iterator<Item = Input>) {
        crate::sys::signals::block_in_this_thread();
        let mut began = Instant::now();
        for input in inputs {
            let Input::File(name) = input else { return };
            let size = std::fs::metadata(&name).map_or(0, |found| found.len());
            self.files.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(size, Ordering::Relaxed);
            if began.elapsed() > SPELL {
                std::thread::sleep(REST);
                began = Instant::now();
            }
            if self.is_dropped.load(Ordering::Relaxed) {
                return;
            }
        }
        self.is_over.store(true, Ordering::Release);
    }
}
