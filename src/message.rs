//! Writes all diagnostics: one line each, on standard error, beginning with `fanfold: `.
//!
//! Names are bytes; control bytes in them are escaped, so that a hostile name can't control the terminal or
//! forge a line. This file does not know what went wrong, only how a message looks.

use anstyle::{AnsiColor, Style};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Display;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The longest path that a system call accepts.
const LONGEST: usize = 4096;

/// The name of the program in messages, if it is not `fanfold`.
static NAME: OnceLock<String> = OnceLock::new();

/// Whether the name of the program has a colour in messages.
static IS_COLORED: AtomicBool = AtomicBool::new(false);

const ERROR: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();

/// Has the name of the program be coloured in messages, or not.
pub fn set_colored(is_colored: bool) {
    IS_COLORED.store(is_colored, Ordering::Relaxed);
}

/// Sets the name of the program in messages. Only the first call has an effect.
pub fn set_name(name: String) {
    let _ = NAME.set(name);
}

/// Returns the name of the program in messages.
pub fn name() -> &'static str {
    NAME.get().map_or("fanfold", String::as_str)
}

/// Returns the line `fanfold: WHAT` of an error.
pub fn format_line(what: impl Display) -> String {
    styled_line(ERROR, what)
}

fn styled_line(style: Style, what: impl Display) -> String {
    let name = name();
    match IS_COLORED.load(Ordering::Relaxed) {
        true => format!("{style}{name}:{style:#} {what}\n"),
        false => format!("{name}: {what}\n"),
    }
}

/// Prints the line `fanfold: WHAT` of an error on standard error. If that fails (a closed stderr), the line is dropped:
/// there is nowhere left to report it.
pub fn say(what: impl Display) {
    let _ = crate::sys::write_stderr(format_line(what).as_bytes());
}

/// As [`say`], but it is no error.
pub fn note(what: impl Display) {
    let _ = crate::sys::write_stderr(styled_line(NOTE, what).as_bytes());
}

/// As [`note`], but without blocking: as much of the line as standard error does not take at once is dropped.
pub fn note_now(what: impl Display) {
    crate::sys::write_stderr_now(styled_line(NOTE, what).as_bytes());
}

/// Returns a name as messages show it: control bytes as `\n` or `\x1b`, bytes that are not UTF-8 as `\xff`.
/// Printable text and backslashes stay, so ordinary names are never changed. A name that is too long for any
/// file is cut, and its length is given.
pub fn display_name(name: &OsStr) -> Cow<'_, str> {
    if name.len() > LONGEST {
        let head = escaped(&name.as_bytes()[..100]);
        return Cow::Owned(format!("{head}… ({} bytes)", name.len()));
    }
    match name.to_str() {
        Some(text) if !text.chars().any(char::is_control) => Cow::Borrowed(text),
        _ => Cow::Owned(escaped(name.as_bytes())),
    }
}

fn escaped(bytes: &[u8]) -> String {
    let escape = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c.is_control() {
                true => text.push_str(&escape(c.encode_utf8(&mut [0; 4]).as_bytes())),
                false => text.push(c),
            }
        }
        text.push_str(&escape(chunk.invalid()));
    }
    text
}

/// Returns the system's text for an error in lowercase, without the `(os error N)` that std adds.
pub fn cause(error: &io::Error) -> String {
    let text = system(error);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if !text.starts_with("I/O") => first.to_lowercase().chain(chars).collect(),
        _ => text,
    }
}

/// Returns why a file can't be read: its name, the system's text for the error, and where the name seems to come from
/// when there is no such file.
pub fn unreadable(name: &OsStr, error: &io::Error) -> String {
    let is_of_list = error.kind() == io::ErrorKind::NotFound && name.as_bytes().ends_with(b"\r");
    let hint = match is_of_list {
        true => {
            " (the name ends with a carriage return: tr -d '\\r' takes them out of a list with the line ends of Windows)"
        }
        false => "",
    };
    format!("{}: {}{hint}", display_name(name), cause(error))
}

/// Returns the system's text for an error, without the `(os error N)` that std adds.
pub fn system(error: &io::Error) -> String {
    let mut text = error.to_string();
    text.truncate(text.find(" (os error").unwrap_or(text.len()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_name_escapes_what_would_control_a_terminal() {
        let name = |bytes| display_name(OsStr::from_bytes(bytes)).into_owned();
        assert_eq!(name(b"plain name.gz"), "plain name.gz");
        assert_eq!(name(b"a\nb\x1b[31m"), "a\\nb\\x1b[31m");
        assert_eq!(name(b"\xff\xc3\xa9"), "\\xff\u{e9}");
    }

    #[test]
    fn display_name_cuts_names_that_no_file_can_have() {
        let long = "é".repeat(3000);
        let expected = format!("{}… (6000 bytes)", "é".repeat(50));
        assert_eq!(display_name(OsStr::new(&long)), expected);
        assert_eq!(display_name(OsStr::new(&long[..4096])), long[..4096]);
    }

    #[test]
    fn cause_is_lowercase_and_short() {
        assert_eq!(
            cause(&io::Error::from_raw_os_error(2)),
            "no such file or directory"
        );
    }
}
