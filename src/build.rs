//! The build script: has the program linked with the C library in it and for a fixed address, where
//! the library is installed as an archive. A third of the time of a run of one short command was
//! spent on finding, mapping and relocating.
//!
//! rustc's own switch for that, `+crt-static`, goes for a whole build and so refuses procedural
//! macros, unless a target is named, which moves the program to another folder. It does not know
//! the crate: nothing here is compiled into it.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The libraries that rustc has a program linked with, and the archives that take their place.
const ARCHIVES: &[(&str, &[&str])] = &[
    ("gcc_s", &["gcc_eh", "gcc"]),
    // These two need each other, and GNU ld looks into an archive once.
    ("c", &["c", "gcc", "gcc_eh"]),
    ("m", &["m"]),
    ("pthread", &["pthread"]),
    ("rt", &["rt"]),
    ("dl", &["dl"]),
    ("util", &["util"]),
];

fn main() {
    directive("rerun-if-changed=src/build.rs");
    directive("rerun-if-env-changed=CC");
    if !is_wanted() {
        return;
    }
    let dir = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    match archives(&dir) {
        // Where a folder holds an archive and no shared library, the linker takes the archive.
        Ok(()) => {
            directive(&format!("rustc-link-arg-bins=-L{}", dir.display()));
            // Not `-static-pie`: relocating the program touches every page of its tables.
            directive("rustc-link-arg-bins=-static");
            directive("rustc-link-arg-bins=-no-pie");
        }
        Err(cause) => directive(&format!("warning=fanfold is linked dynamically: {cause}")),
    }
}

fn directive(text: &str) {
    println!("cargo::{text}");
}

/// For the machine that builds it, with the GNU C library, unless the feature was left out.
fn is_wanted() -> bool {
    let is = |name, value: &str| env::var_os(name).is_some_and(|found| found == value);
    let host = env::var("HOST").expect("cargo sets it");
    env::var_os("CARGO_FEATURE_STATIC").is_some()
        && is("TARGET", &host)
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
}

/// Puts a linker script into this folder for each library, which names its archives.
///
/// # Errors
/// When the compiler knows no such archive, or the folder can't be written.
fn archives(dir: &Path) -> io::Result<()> {
    for (library, archives) in ARCHIVES {
        let found = archives.iter().map(|archive| found(&format!("lib{archive}.a")));
        let quoted: io::Result<Vec<_>> = found.map(|path| Ok(format!("\"{}\"", path?.display()))).collect();
        let script = format!("GROUP({})\n", quoted?.join(" "));
        std::fs::write(dir.join(format!("lib{library}.a")), script)?;
    }
    Ok(())
}

/// Where the compiler has a file: it says the name alone when it has none.
fn found(name: &str) -> io::Result<PathBuf> {
    let compiler = env::var_os("CC").unwrap_or_else(|| OsString::from("cc"));
    let said = Command::new(compiler)
        .arg(format!("-print-file-name={name}"))
        .output()?;
    let path = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim_end());
    match path.is_absolute() {
        true => Ok(path),
        false => Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("{name} is not installed"),
        )),
    }
}
