//! The shell that runs command lines, and which of them need none.
//!
//! It does not know what the command lines are for.

use crate::process::resolve_program;
use crate::template::Line;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

/// Programs that are shells.
const SHELLS: [&str; 15] = [
    "ash",
    "bash",
    "csh",
    "dash",
    "fish",
    "ksh",
    "ksh93",
    "mksh",
    "posh",
    "rbash",
    "sh",
    "static-sh",
    "tcsh",
    "yash",
    "zsh",
];

/// Shells whose words and builtins are known well enough to do without them.
const KNOWN: [&str; 4] = ["bash", "dash", "ash", "sh"];

/// What these shells do by themselves.
const BUILTINS: &str = " . : [ [[ ]] ! { } alias bg bind break builtin caller case cd command compgen complete compopt \
    continue coproc declare dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for \
    function getopts hash help history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray \
    readonly return select set shift shopt source suspend test then time times trap true type typeset ulimit umask \
    unalias unset until wait while ";

/// Programs that show what a shell would have added to their environment.
const CURIOUS: [&str; 2] = ["env", "printenv"];

/// Returns the shell: the one of `PARALLEL_SHELL`, else the one among our ancestors, else that of `SHELL`.
pub(super) fn shell() -> OsString {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
    variable("PARALLEL_SHELL")
        .or_else(ancestor)
        .or_else(|| variable("SHELL"))
        .unwrap_or_else(|| "/bin/sh".into())
}

/// Returns the nearest ancestor that is a shell.
fn ancestor() -> Option<OsString> {
    let mut pid = std::os::unix::process::parent_id();
    while pid > 1 {
        if let Ok(program) = std::fs::read_link(format!("/proc/{pid}/exe"))
            && is_one_of(&program, &SHELLS)
        {
            return Some(program.into_os_string());
        }
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        pid = status
            .lines()
            .find_map(|line| line.strip_prefix("PPid:"))?
            .trim()
            .parse()
            .ok()?;
    }
    None
}

fn is_one_of(program: &Path, names: &[&str]) -> bool {
    let name = program.file_name().and_then(OsStr::to_str);
    name.is_some_and(|name| names.contains(&name))
}

/// Returns the program of a command line that needs no shell, as nobody could see a difference.
pub(super) fn direct_program(line: &Line, shell: &OsStr) -> Option<OsString> {
    if !is_one_of(Path::new(shell), &KNOWN)
        || ["BASH_ENV", "ENV"].iter().any(|name| env::var_os(name).is_some())
    {
        return None;
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" \t-_./+,:@%=".contains(&byte);
    let program = OsString::from_vec(line.plain_program(is_plain)?);
    let text = program.to_str()?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_./+".contains(c);
    let is_builtin = BUILTINS.contains(&format!(" {text} "));
    if !text.chars().all(is_name) || is_builtin || CURIOUS.contains(&text) || is_function(text) {
        return None;
    }
    is_program(&resolve_program(&program).ok()?).then_some(program)
}

/// Returns whether a function of this name was exported.
fn is_function(name: &str) -> bool {
    let variable = [b"BASH_FUNC_", name.as_bytes(), b"%%"].concat();
    env::vars_os().any(|(name, _)| name.as_bytes() == variable)
}

/// Returns whether the system can start the file by itself.
fn is_program(file: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(4).read_to_end(&mut head));
    read.is_ok() && (head.starts_with(b"\x7fELF") || head.starts_with(b"#!"))
}
