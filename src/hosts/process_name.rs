//! Names of leaders and workers: `HOST:PID:RANDOM`.
//!
//! It does not know who has which name.

use std::fs;
use std::path::Path;

/// The names of this process.
#[derive(Debug)]
pub(super) struct ProcessName {
    current: String,
}

impl ProcessName {
    /// Returns a name that no process has had.
    pub(super) fn new() -> Self {
        ProcessName {
            current: random_name(),
        }
    }

    /// Takes another name that no process has had, and returns it.
    pub(super) fn renew(&mut self) -> String {
        self.current = random_name();
        self.current.clone()
    }

    /// Returns the name.
    pub(super) fn current(&self) -> &str {
        &self.current
    }
}

fn random_name() -> String {
    format!("{}:{}:{:016x}", host(), std::process::id(), random())
}

/// Returns 64 random bits.
pub(super) fn random() -> u64 {
    use std::io::Read as _;
    let mut bits = [0; 8];
    let read = fs::File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bits));
    read.map_or_else(|_| fastrand::u64(..), |()| u64::from_le_bytes(bits))
}

/// Returns the name of this host.
pub(super) fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim().replace([':', ' '], "-");
    if name.is_empty() { "host".into() } else { name }
}

/// Returns whether a name is that of a process of this host which is no more, or was this process's before it began
/// anew.
pub(super) fn is_gone(name: &str) -> bool {
    let mut parts = name.rsplit(':').skip(1);
    let (pid, at) = (parts.next(), parts.next());
    let (Some(pid), true) = (pid.and_then(|pid| pid.parse::<u32>().ok()), at == Some(&host())) else {
        return false;
    };
    // A process that has begun anew by exec has had other names.
    pid == std::process::id() || !Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_name() {
        let mut name = ProcessName::new();
        let parent = std::os::unix::process::parent_id();
        assert!(!is_gone(&format!("{}:{parent}:0", host())));
        assert!(is_gone(name.current()), "this process has begun anew");
        assert_ne!(name.current().to_owned(), name.renew());
        // The highest number that a process can have is 2^22.
        assert!(is_gone(&format!("{}:4194305:0", host())));
        assert!(!is_gone("elsewhere.invalid:4194305:0") && !is_gone("x"));
    }
}
