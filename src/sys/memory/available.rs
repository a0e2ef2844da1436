//! How much memory this process may use: what the machine has, and less when a cgroup or a limit says so.
//!
//! The files of cgroups are those of the kernel's documentation, "Control Group v2" and "Memory Resource Controller"
//! (v1); mountinfo is that of proc_pid_mountinfo(5). It does not know what the memory is for.

use rustix::process::{Resource, getrlimit};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// Returns the memory that this process may use, in bytes: the least of what the machine has, what the cgroup of the
/// process and each one above it allow, and `ulimit -v` and `-d`. It is looked up once.
pub(crate) fn available_memory() -> u64 {
    static FOUND: OnceLock<u64> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let info = rustix::system::sysinfo();
        let machine = info.totalram * u64::from(info.mem_unit.max(1));
        let limits = [Resource::As, Resource::Data].map(|resource| getrlimit(resource).current);
        let limits = limits.into_iter().flatten();
        let groups = cgroup_limit(Path::new("/"));
        limits.chain(groups).fold(machine, u64::min)
    })
}

/// A hierarchy of cgroups that has memory limits.
struct Hierarchy {
    /// Where it is mounted.
    mount: PathBuf,
    /// The cgroup that is mounted there.
    root: PathBuf,
    /// The files that hold a cgroup's limits.
    files: &'static [&'static str],
}

/// Returns the least limit of the process's own cgroups and those above them, as far as they can be seen. `root` is
/// the root of the file system.
fn cgroup_limit(root: &Path) -> Option<u64> {
    let read = |file: &str| fs::read(root.join(file)).unwrap_or_default();
    let (groups, mounts) = (read("proc/self/cgroup"), read("proc/self/mountinfo"));
    let limits = |line: &[u8]| {
        let hierarchy = hierarchy(line)?;
        let group = own_group(&groups, &hierarchy)?;
        let mount = root.join(hierarchy.mount.strip_prefix("/").ok()?);
        // In a container, the path may be one of the host's, of which only the container's own cgroup is mounted.
        let below = group.strip_prefix(&hierarchy.root).unwrap_or(Path::new(""));
        let is_outside = below.components().any(|part| part == Component::ParentDir);
        let below = if is_outside { Path::new("") } else { below };
        let levels = below.ancestors().flat_map(|level| {
            let files = hierarchy.files.iter();
            files.map(|file| mount.join(level).join(file)).collect::<Vec<_>>()
        });
        levels.filter_map(|file| limit(&file)).min()
    };
    mounts.split(|&byte| byte == b'\n').filter_map(limits).min()
}

/// Returns the number in a file; `None` when there is none, as for `max`.
fn limit(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Returns the hierarchy of a line of mountinfo: `ID PARENT DEVICE ROOT MOUNT OPTIONS... - TYPE SOURCE OPTIONS`.
fn hierarchy(line: &[u8]) -> Option<Hierarchy> {
    let mut fields = line.split(|&byte| byte == b' ');
    let (root, mount) = (fields.nth(3)?, fields.next()?);
    let mut rest = fields.skip_while(|field| *field != b"-").skip(1);
    let (kind, options) = (rest.next()?, rest.nth(1)?);
    let files: &[&str] = match kind {
        b"cgroup2" => &["memory.max", "memory.high"],
        b"cgroup"
            if options
                .split(|&byte| byte == b',')
                .any(|option| option == b"memory") =>
        {
            &["memory.limit_in_bytes"]
        }
        _ => return None,
    };
    Some(Hierarchy {
        mount: unescape(mount),
        root: unescape(root),
        files,
    })
}

/// Returns the path of the process's cgroup from lines `ID:CONTROLLERS:PATH`; there are no controllers in version 2.
fn own_group(groups: &[u8], hierarchy: &Hierarchy) -> Option<PathBuf> {
    let is_first_version = hierarchy.files.len() == 1;
    groups.split(|&byte| byte == b'\n').find_map(|line| {
        let mut fields = line.splitn(3, |&byte| byte == b':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        let is_own = match is_first_version {
            true => controllers
                .split(|&byte| byte == b',')
                .any(|name| name == b"memory"),
            false => controllers.is_empty(),
        };
        is_own.then(|| PathBuf::from(OsStr::from_bytes(path)))
    })
}

/// Decodes the octal escapes of mountinfo, as in `\040`.
fn unescape(field: &[u8]) -> PathBuf {
    let (mut bytes, mut rest) = (Vec::new(), field);
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.get(..3).filter(|_| byte == b'\\');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &tail[3..];
            }
            None => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the limit in a file system with these files.
    fn found(files: &[(&str, &str)]) -> Option<u64> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("it has one")).expect("a directory");
            fs::write(path, text).expect("a file");
        }
        cgroup_limit(dir.path())
    }

    const SECOND: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn every_level_above_the_process_counts() {
        let files = |own, high, above| {
            found(&[
                ("proc/self/cgroup", "0::/system.slice/cron job.service\n"),
                ("proc/self/mountinfo", SECOND),
                ("sys/fs/cgroup/system.slice/cron job.service/memory.max", own),
                ("sys/fs/cgroup/system.slice/cron job.service/memory.high", high),
                ("sys/fs/cgroup/system.slice/memory.max", above),
            ])
        };
        assert_eq!(files("100\n", "max\n", "max\n"), Some(100));
        assert_eq!(files("100\n", "90\n", "max\n"), Some(90));
        assert_eq!(files("max\n", "max\n", "80\n"), Some(80));
        assert_eq!(files("max\n", "max\n", "max\n"), None);
    }

    #[test]
    fn the_first_version_has_a_hierarchy_of_its_own() {
        let mounts = "40 32 0:35 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                      41 32 0:36 / /sys/fs/cgroup/memory\\040v1 rw shared:9 - cgroup cgroup rw,memory\n";
        let limit = found(&[
            (
                "proc/self/cgroup",
                "5:cpu,cpuacct:/x\n4:memory:/slurm/job_7/step_0\n0::/\n",
            ),
            ("proc/self/mountinfo", mounts),
            (
                "sys/fs/cgroup/memory v1/slurm/job_7/memory.limit_in_bytes",
                "70\n",
            ),
            ("sys/fs/cgroup/memory v1/x/memory.limit_in_bytes", "1\n"),
        ]);
        assert_eq!(limit, Some(70));
    }

    #[test]
    fn a_container_sees_its_own_cgroup_at_the_mount() {
        let mount = |root: &str| SECOND.replace(" / /sys", &format!(" {root} /sys"));
        let limit = |group: &str, root: &str| {
            found(&[
                ("proc/self/cgroup", &format!("0::{group}\n")),
                ("proc/self/mountinfo", &mount(root)),
                ("sys/fs/cgroup/memory.max", "60\n"),
                ("sys/fs/cgroup/app/memory.max", "50\n"),
            ])
        };
        // With a namespace of its own, with the host's, and with a path that leads out of what is mounted.
        assert_eq!(limit("/", "/"), Some(60));
        assert_eq!(limit("/docker/1/app", "/docker/1"), Some(50));
        assert_eq!(limit("/docker/1", "/docker/1"), Some(60));
        assert_eq!(limit("/elsewhere", "/docker/1"), Some(60));
        assert_eq!(limit("/../../app", "/"), Some(60));
    }
}
