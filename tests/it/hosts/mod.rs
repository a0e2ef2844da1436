//! A run on many machines, with a Redis server of the test's own: all machines are processes here.

mod answer;
mod chaos;
mod losses;
mod refused;
mod root;
mod signed;
mod torn;

use crate::support::{Place, Redis, Running};

/// A directory with inputs, and a server.
struct Hosts {
    place: Place,
    redis: Redis,
}

impl Hosts {
    fn new() -> Hosts {
        Hosts::with(Redis::start())
    }

    fn with(redis: Redis) -> Hosts {
        let place = Place::new();
        place.logs(0..30);
        Hosts { place, redis }
    }

    /// Returns a command line with the queue's options in the place of `QUEUE`.
    fn words(&self, words: &str, more: &str) -> String {
        let queue = format!("--queue {} --lease 1s {more}", self.redis.url("r"));
        words.replace("QUEUE", &queue)
    }

    /// Starts the process that leads; `more` are further options.
    fn lead(&self, words: &str, more: &str) -> Running {
        self.place.fan(&self.words(words, more)).spawn()
    }

    /// Starts a worker.
    fn join(&self, words: &str) -> Running {
        self.place.fan(&self.words(words, "-j2 --join")).spawn()
    }

    /// Returns what a single run prints, and how it ends.
    fn single(&self, words: &str) -> (Vec<u8>, i32, String) {
        outcome(self.place.fan(&words.replace("QUEUE", "")).spawn())
    }
}

/// Waits for the end of a run. Returns what it printed, its exit code, and its messages.
fn outcome(running: Running) -> (Vec<u8>, i32, String) {
    let done = running.wait();
    (done.out, done.status.code().unwrap_or(-1), done.err)
}
