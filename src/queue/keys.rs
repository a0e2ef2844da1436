//! The names of a run's keys.

use super::url::RunName;

/// The keys of a run, in the order in which all functions get them.
const KEYS: [&str; 11] = ["m", "j", "l", "z", "c", "r", "x", "s", "n", "b", "h"];

/// The names of a run's keys: `{ff:RUN}:m` and so on.
#[derive(Debug, Clone)]
pub(super) struct QueueKeys {
    prefix: String,
    all: Vec<String>,
}

impl QueueKeys {
    pub(super) fn new(run: &RunName) -> QueueKeys {
        let prefix = format!("{{ff:{}}}:", run.as_str());
        let all = KEYS.iter().map(|key| format!("{prefix}{key}")).collect();
        QueueKeys { prefix, all }
    }

    /// Returns the keys that every function gets.
    pub(super) fn all(&self) -> &[String] {
        &self.all
    }

    /// Returns the results.
    pub(super) fn results(&self) -> &str {
        &self.all[5]
    }

    /// Returns the jobs that were given up.
    pub(super) fn given_up(&self) -> &str {
        &self.all[6]
    }

    /// Returns the list with the pieces of a large commit.
    pub(super) fn pieces(&self, worker: &str, number: u64) -> String {
        format!("{}b:{worker}:{number}", self.prefix)
    }
}
