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
