//! Other people's programs, and what the environment decides.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// Returns a number that the environment may set.
pub fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().expect("a number"),
        Err(_) => default,
    }
}

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether the program is installed. A test that needs it is skipped otherwise.
#[track_caller]
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|dir| dir.join(program).is_file());
    if !found {
        skip(&format!("{program} is not installed"));
    }
    found
}

/// Whether a command can do what a test needs. The test is skipped for this reason otherwise.
#[track_caller]
pub fn can(command: &mut Command, reason: &str) -> bool {
    let can = command.output().is_ok_and(|done| done.status.success());
    if !can {
        skip(reason);
    }
    can
}

/// Says why a test can't run. Where `CI` is set it fails: a test that never runs there proves nothing.
#[track_caller]
pub fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "can't run: {reason}");
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// Returns what another program prints for `script`, run by `sh` with these arguments in `dir`.
#[track_caller]
pub fn oracle(dir: &Path, script: &str, args: &[&OsStr]) -> Vec<u8> {
    let mut sh = Command::new("sh");
    sh.arg("-c").arg(script).arg("sh").args(args);
    let done = sh.env("LC_ALL", "C").current_dir(dir).output().expect("sh");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success() && stderr.is_empty(),
        "oracle {script}: {stderr}"
    );
    done.stdout
}

/// Returns `bytes` as one gzip member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    member.write_all(bytes).expect("memory");
    member.finish().expect("memory")
}
