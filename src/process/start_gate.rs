//! When a command may start: so long after the one before, and while the machine has room for it.
//!
//! It does not know which commands.

use crate::control::WorkerHandle;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the machine is looked at.
const LOOK: Duration = Duration::from_millis(300);

/// What the machine must have before a command starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum StartCondition {
    /// So many bytes of memory are free.
    FreeMemory(u64),
    /// At most so many processes want to run.
    Load(f64),
}

impl StartCondition {
    fn holds(self) -> bool {
        match self {
            StartCondition::FreeMemory(bytes) => free_memory().is_none_or(|free| free > bytes),
            StartCondition::Load(most) => runnable().is_none_or(|count| count <= most),
        }
    }
}

/// Returns how much memory a new process can have, in bytes.
fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

/// Returns how many processes want to run, beside this one.
fn runnable() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    let (running, _) = text.split_whitespace().nth(3)?.split_once('/')?;
    running.parse::<f64>().ok().map(|count| count - 1.0)
}

/// A gate that all commands of a run pass one after the other. Without a delay it is open.
#[derive(Debug, Clone, Default)]
pub(crate) struct StartGate {
    delay: Duration,
    conditions: Vec<StartCondition>,
    /// When the next command may start.
    next: Arc<Mutex<Option<Instant>>>,
}

impl StartGate {
    /// Returns a gate that lets a command pass so long after the one before, while all conditions hold.
    pub(crate) fn new(delay: Duration, conditions: Vec<StartCondition>) -> Self {
        StartGate {
            delay,
            conditions,
            next: Arc::default(),
        }
    }

    /// Waits for this command's turn. Returns whether it may start: nothing does once the run stops.
    pub(super) fn pass(&self, worker: &WorkerHandle) -> bool {
        if !self.delay.is_zero() && !self.await_turn(worker) {
            return false;
        }
        while !self.conditions.iter().all(|condition| condition.holds()) {
            worker.clear();
            if !worker.may_start() {
                return false;
            }
            worker.pause(LOOK);
        }
        true
    }

    /// Waits until the delay after the last command is over. Returns as [`StartGate::pass`] does.
    fn await_turn(&self, worker: &WorkerHandle) -> bool {
        let now = Instant::now();
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = next.map_or(now, |next| next.max(now));
            *next = turn.checked_add(self.delay);
            turn
        };
        while Instant::now() < turn {
            worker.clear();
            if !worker.may_start() {
                return false;
            }
            worker.pause(turn.saturating_duration_since(Instant::now()));
        }
        true
    }
}
