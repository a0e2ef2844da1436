//! Names are bytes: they pass through exactly, and are escaped only on a terminal.

use crate::support::{Done, Fan, fan, has};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

/// Returns 200 names of any bytes, and those that go wrong most often, none of them twice.
fn names() -> Vec<Vec<u8>> {
    let hostile: [&[u8]; 14] = [
        b"-n",
        b"--help",
        b"new\nline",
        b"trailing\n",
        b" blanks  ",
        b"it's \"quoted\"",
        b"$(touch pwned)",
        b"`touch pwned`; touch pwned & $HOME",
        b"*?[a-z]{}{/}",
        b"back\\slash\\n",
        b"\x1b[31mred\x07",
        b"\xff\xfe\x80",
        b"\xc3\xa9\xcc\x81",
        b"tab\there\r",
    ];
    let mut random = fastrand::Rng::with_seed(4);
    let mut names: BTreeSet<Vec<u8>> = hostile.iter().map(|name| name.to_vec()).collect();
    while names.len() < hostile.len() + 200 {
        let length = random.usize(1..60);
        let byte = |_| match random.u8(1..=255) {
            b'/' => b'_',
            byte => byte,
        };
        let name: Vec<u8> = (0..length).map(byte).collect();
        if name != b"." && name != b".." {
            names.insert(name);
        }
    }
    names.into_iter().collect()
}

/// Joins the names, each followed by `end`.
fn joined<'n>(names: impl IntoIterator<Item = &'n Vec<u8>>, end: u8) -> Vec<u8> {
    names
        .into_iter()
        .flat_map(|name| [name, &[end][..]].concat())
        .collect()
}

/// Returns the names as a command gets them: a leading dash makes no option.
fn given() -> Vec<Vec<u8>> {
    let guarded = |name: Vec<u8>| match name.starts_with(b"-") {
        true => [b"./", &name[..]].concat(),
        false => name,
    };
    names().into_iter().map(guarded).collect()
}

fn run(words: &str) -> Fan {
    fan("run -0 -j3")
        .args(words.split_whitespace())
        .stdin(joined(&names(), 0))
}

#[track_caller]
fn untouched(done: &Done) {
    done.expect(
        !done.fan.path("pwned").exists(),
        "no name that was taken for a command",
    );
}

#[test]
fn arguments_are_the_names() {
    for template in [&["{}"][..], &[]] {
        let run = run("").args(["--", "printf", "%s\\0"]).args(template);
        untouched(&run.stdout(joined(&given(), 0)).ok());
    }
    // Inside a word, a dash needs no guard.
    let marked: Vec<_> = names()
        .iter()
        .map(|name| [b"<", &name[..], b">"].concat())
        .collect();
    let run = run("").args(["--", "printf", "%s\\0", "<{}>"]);
    untouched(&run.stdout(joined(&marked, 0)).ok());
}

#[test]
fn several_arguments_are_the_names() {
    let run = run("-X").args(["--", "printf", "%s\\0", "{}"]);
    untouched(&run.stdout(joined(&given(), 0)).ok());
}

#[test]
fn a_script_gets_names_as_arguments_not_as_code() {
    let run = run("--shell").arg("printf '%s\\0' \"$1\"");
    untouched(&run.stdout(joined(&given(), 0)).ok());
}

#[test]
fn a_tag_is_the_name() {
    let tagged: Vec<_> = names().iter().map(|name| [&name[..], b"\tx"].concat()).collect();
    let run = run("--tag --shell").arg("echo x");
    untouched(&run.stdout(joined(&tagged, b'\n')).ok());
}

#[test]
fn the_list_of_failures_has_the_names() {
    let done = run("--failed failed")
        .args(["--", "false"])
        .says("jobs failed (exit 123)")
        .code(123);
    let listed = std::fs::read(done.fan.path("failed")).expect("it was made");
    let mut listed: Vec<_> = listed.split(|&b| b == 0).map(<[u8]>::to_vec).collect();
    done.expect(
        listed.pop().is_some_and(|rest| rest.is_empty()),
        "an end after each name",
    );
    listed.sort();
    done.expect(listed == names(), "all names");
    // Messages are for people: a name in them can neither control a terminal nor forge a line.
    done.expect(
        done.err.lines().all(|line| line.starts_with("fanfold: ")),
        "messages of one line",
    );
    let drives = |c: char| c.is_control() && c != '\n';
    done.expect(!done.err.contains(drives), "no control characters in messages");
}

#[test]
fn a_shell_reads_back_the_names_of_a_dry_run() {
    let done = run("--dry-run").args(["--", "printf", "%s\\0"]).ok();
    let mut sh = Command::new("sh");
    sh.current_dir(done.fan.dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut sh = sh.spawn().expect("sh is installed");
    let mut script = sh.stdin.take().expect("it is piped");
    let lines = done.out.clone();
    let writer = std::thread::spawn(move || script.write_all(&lines));
    let printed = sh.wait_with_output().expect("it is our child").stdout;
    writer.join().expect("no panic").expect("sh reads it");
    done.expect(printed == joined(&given(), 0), "the names, from a shell");
    untouched(&done);
}

#[test]
fn files_with_hostile_names_are_read() {
    let names: Vec<_> = names()
        .into_iter()
        .filter(|name| !name.contains(&b'/'))
        .map(|name| [b"dir/", &name[..]].concat())
        .collect();
    let mut run = fan("map dir --hidden --select @file,1 --unique");
    for name in &names {
        run = run.file(OsStr::from_bytes(name), "x\n");
    }
    // Tabs, newlines and backslashes are escaped where rows are built.
    let row = |name: &Vec<u8>| [&escaped(name), &b"\tx"[..]].concat();
    let mut rows: Vec<_> = names.iter().map(row).collect();
    rows.sort();
    run.stdout(joined(&rows, b'\n')).ok();
}

fn escaped(name: &[u8]) -> Vec<u8> {
    let byte = |&byte: &u8| match byte {
        b'\t' => b"\\t".to_vec(),
        b'\n' => b"\\n".to_vec(),
        b'\\' => b"\\\\".to_vec(),
        byte => vec![byte],
    };
    name.iter().flat_map(byte).collect()
}

#[test]
fn a_tag_is_escaped_on_a_terminal() {
    if !has("script") {
        return;
    }
    let program = env!("CARGO_BIN_EXE_fanfold");
    let line = format!("printf '%s\\0' 'a\x1b[31mb' | '{program}' run -0 --tag -- printf x");
    let done = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::null())
        .output();
    let shown = done.expect("script starts").stdout;
    let text = String::from_utf8_lossy(&shown);
    assert!(
        text.contains("a\\x1b[31mb\tx") && !text.contains('\x1b'),
        "{text:?}"
    );
}
