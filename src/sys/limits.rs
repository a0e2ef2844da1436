//! The process's own limits.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the soft limit of open files to the hard one; whether that gave any room.
///
/// Children inherit the higher limit: lowering it for them alone needs code between fork and
/// exec, which would cost `posix_spawn`. So it is asked for only when a file could not be opened.
pub fn raise_file_limit() -> bool {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return false;
    }
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).is_ok()
}

/// The memory that this process may use, in bytes: the machine's, or less where its cgroup says so.
pub fn available_memory() -> u64 {
    let info = rustix::system::sysinfo();
    let machine = info.totalram * u64::from(info.mem_unit.max(1));
    let limits = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ];
    let cgroup = limits
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok())
        .min();
    cgroup.map_or(machine, |limit: u64| limit.min(machine))
}
