//! Finds out whether the out-of-memory killer was at work in our cgroup.
//!
//! The kernel counts its kills for each cgroup: the line `oom_kill` of memory.events (version 2) or
//! of memory.oom_control (version 1), see cgroups(7). It does not see the kill of a child that left our cgroup, nor
//! whom a kill hit.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The counter of our own cgroup.
static KILLS: OnceLock<Option<Kills>> = OnceLock::new();

/// A file that counts kills, and how many of them were taken.
#[derive(Debug)]
struct Kills {
    file: PathBuf,
    seen: Mutex<u64>,
}

/// Begins to count. The second call costs nothing; the first is best made while a child runs.
pub(crate) fn watch() {
    KILLS.get_or_init(here);
}

/// Takes one kill that came since the count began; false when each was taken.
pub(crate) fn take_kill() -> bool {
    KILLS.get_or_init(here).as_ref().is_some_and(Kills::take)
}

fn here() -> Option<Kills> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    Kills::from_cgroup(&own, Path::new("/sys/fs/cgroup"))
}

impl Kills {
    /// Returns the counter of the cgroup that these lines of /proc/PID/cgroup name, if it has one.
    fn from_cgroup(lines: &str, root: &Path) -> Option<Self> {
        let files = lines.lines().flat_map(|line| counters(line, root));
        let counted = |file: PathBuf| Some((count(&file)?, file));
        let (seen, file) = files.filter_map(counted).next()?;
        Some(Kills {
            file,
            seen: Mutex::new(seen),
        })
    }

    fn take(&self) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let risen = count(&self.file).is_some_and(|now| now > *seen);
        *seen += u64::from(risen);
        risen
    }
}

/// Returns the files that may count for a line `ID:CONTROLLERS:PATH`. In a container the path may be the host's,
/// while the container's own cgroup is mounted at the root.
fn counters(line: &str, root: &Path) -> Vec<PathBuf> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
        return Vec::new();
    };
    let path = path.trim_start_matches('/');
    if controllers.split(',').any(|name| name == "memory") {
        let root = root.join("memory");
        return vec![
            root.join(path).join("memory.oom_control"),
            root.join("memory.oom_control"),
        ];
    }
    match controllers {
        "" => vec![root.join(path).join("memory.events"), root.join("memory.events")],
        _ => Vec::new(),
    }
}

fn count(file: &Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "9:name=systemd:/\n4:cpu,memory:/jobs/7\n0::/\n";
    const V2: &str = "0::/jobs/7\n";

    fn write(file: &Path, kills: u32) {
        let dir = file.parent().expect("it is below the root");
        fs::create_dir_all(dir).expect("a directory");
        let text = format!("oom_kill_disable 0\nunder_oom 0\noom 9\noom_kill {kills}\n");
        fs::write(file, text).expect("a file");
    }

    #[test]
    fn each_kill_since_the_beginning_is_taken_once() {
        for (lines, file) in [
            (V1, "memory/jobs/7/memory.oom_control"),
            (V1, "memory/memory.oom_control"),
            (V2, "jobs/7/memory.events"),
            (V2, "memory.events"),
        ] {
            let root = tempfile::tempdir().expect("a temporary directory");
            let file = root.path().join(file);
            assert!(Kills::from_cgroup(lines, root.path()).is_none(), "no counter");
            write(&file, 3);
            let kills = Kills::from_cgroup(lines, root.path()).expect("a counter");
            assert!(!kills.take(), "those before do not count");
            write(&file, 5);
            assert_eq!([kills.take(), kills.take(), kills.take()], [true, true, false]);
        }
    }
}
