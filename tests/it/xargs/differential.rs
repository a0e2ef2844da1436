//! `fanfold xargs` and the installed xargs, compared on random inputs and options: standard output, messages
//! apart from the name of the program, and exit status.
//!
//! `FANFOLD_SEED=N` makes other cases; `FANFOLD_CASES=N` makes more of them.

use crate::support::{Watch, fan, has, setting};
use fastrand::Rng;
use std::ffi::{OsStr, OsString};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A command line without the program, and its standard input.
#[derive(Debug)]
struct Case {
    args: Vec<OsString>,
    input: Vec<u8>,
    /// Whether the input comes through a pipe, and not from a file.
    piped: bool,
}

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

/// Returns words and separators, many of them special.
fn input(rng: &mut Rng) -> Vec<u8> {
    let pieces: &[&[u8]] = &[
        b"a",
        b"b",
        b"c",
        b"abc",
        b"xyz",
        b"_",
        b"E",
        b"-n",
        b"{}",
        b"1",
        b" ",
        b" ",
        b" ",
        b"  ",
        b"\t",
        b"\n",
        b"\n",
        b"\n",
        b"\n\n",
        b" \n",
        b"\n ",
        b"'",
        b"''",
        b"'a b'",
        b"\"",
        b"\"\"",
        b"\"a'b\"",
        b"\\",
        b"\\ ",
        b"\\\n",
        b"\\'",
        b",",
        b"\x0b",
        b"\x0c",
        b"\r",
        b"\xff",
        b"\xc3\xa9",
    ];
    let mut input = Vec::new();
    for _ in 0..rng.usize(..24) {
        match rng.u8(..100) {
            0 => input.push(rng.u8(..)),
            1 => input.push(0),
            _ => input.extend_from_slice(pieces[rng.usize(..pieces.len())]),
        }
    }
    if rng.bool() {
        input.push(b'\n');
    }
    input
}

/// Returns a few options: how words end, which of them make a command, and how it is run.
fn options(rng: &mut Rng) -> Vec<OsString> {
    let mut options = Vec::new();
    for _ in 0..rng.usize(..5) {
        let number = rng.u8(1..5).to_string();
        let size = rng.u8(4..60).to_string();
        let choice = match rng.u8(..24) {
            0 => "-0".to_owned(),
            1 => format!(
                "-d{}",
                one(rng, &[",", "a", "\\n", "\\x2c", "\\054", " ", "\\\\"])
            ),
            2 => format!("--delimiter={}", one(rng, &[",", "\\t", "\\0"])),
            3 => one(rng, &["-E_", "-eE", "-e", "-E", "--eof=_", "--eof"]).to_owned(),
            4 | 5 => one(
                rng,
                &["-I{}", "-IE", "-i", "-i{}", "-iE_", "--replace", "--repl=_"],
            )
            .to_owned(),
            6 | 7 => format!("-L{number}"),
            8 => one(rng, &["-l", "-l2", "--max-lines", "--max-l=3"]).to_owned(),
            9..=12 => format!("-n{number}"),
            13 => format!("--max-args={number}"),
            14..=16 => format!("-s{size}"),
            17 => "-x".to_owned(),
            18 | 19 => "-r".to_owned(),
            20 | 21 => one(rng, &["-t", "--verbose", "--verb"]).to_owned(),
            22 => one(rng, &["--exit", "--no-run", "--null", "-tr", "-rt0", "-xn2"]).to_owned(),
            _ if rng.u8(..4) > 0 => "-P1".to_owned(),
            _ => one(
                rng,
                &[
                    "-n0",
                    "-nx",
                    "-L-1",
                    "-z",
                    "--max",
                    "--nothing",
                    "--null=1",
                    "-dab",
                    "-d\\q",
                    "-d\\400",
                    "-s0",
                    "-Px",
                    "-n",
                    "-s99999999",
                    "--process-slot-var=a=b",
                    "--n",
                    "-0z",
                    "--eo",
                    "--",
                ],
            )
            .to_owned(),
        };
        if choice == "-E" {
            options.extend(["-E".into(), one(rng, &["_", "", "abc"]).into()]);
        } else {
            options.push(choice.into());
        }
    }
    options
}

/// Fails in each way that a command can, depending on its arguments.
const FAILING: &str = "for q; do case $q in 1) exit 3;; abc) exit 255;; xyz) kill -9 $$;; esac; done";

fn command(rng: &mut Rng) -> Vec<OsString> {
    let words: &[&str] = match rng.u8(..16) {
        0..=2 => &[],
        3..=8 => &["printf", "[%s]\\n"],
        9 => &["printf", "<%s>", "{}", "x{}y{}"],
        10 => &["printf", "<%s>", "a b", "ab"],
        11 => &["echo", "it's", "x\ty", "a=b", "", "é"],
        12 | 13 => &["sh", "-c", FAILING, "sh"],
        14 => &["./nothing"],
        _ => &["/"],
    };
    words.iter().map(OsString::from).collect()
}

fn case(rng: &mut Rng) -> Case {
    let mut args = options(rng);
    args.extend(command(rng));
    Case {
        args,
        input: input(rng),
        piped: rng.bool(),
    }
}

/// Runs `program` with the words `own`, followed by those of the case.
fn run(program: &OsStr, own: &[&str], case: &Case, dir: &Path) -> Output {
    let mut command = Command::new(program);
    command
        .args(own)
        .args(&case.args)
        .current_dir(dir)
        .env("LC_ALL", "C");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if case.piped {
        command.stdin(Stdio::piped());
    } else {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&case.input).expect("written");
        file.seek(SeekFrom::Start(0)).expect("a file can be sought in");
        command.stdin(file);
    }
    let mut child = command.spawn().expect("it starts");
    let watch = Watch::new(child.id());
    if let Some(mut stdin) = child.stdin.take() {
        // A program may stop reading before the end.
        let _ = stdin.write_all(&case.input);
    }
    let output = child.wait_with_output().expect("it is our child");
    assert!(!watch.finish(), "{program:?} hangs: {case:?}");
    output
}

/// Returns the messages of a program without its name. A warning comes when the input is read, which may be
/// before or after other messages.
fn said(output: &Output, name: &str) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.replace(&format!("'{name} --help'"), "'NAME --help'");
    let own = format!("{name}: ");
    let mut lines: Vec<_> = text
        .lines()
        .map(|line| line.strip_prefix(&own).unwrap_or(line))
        .collect();
    if text.contains("a NUL character occurred") {
        lines.sort_unstable();
    }
    // Only a program that reads ahead reports what it read while the last command ran.
    if text.contains("; aborting") || text.contains("terminated by signal") {
        lines.retain(|line| !line.starts_with("unmatched") && !line.starts_with("arg"));
    }
    lines.join("\n")
}

/// Returns how the two differ, if they do.
fn difference(case: &Case, dir: &Path) -> Option<String> {
    let ours = run(OsStr::new(env!("CARGO_BIN_EXE_fanfold")), &["xargs"], case, dir);
    let theirs = run(OsStr::new("xargs"), &[], case, dir);
    let shown = |output: &Output, name| {
        let out = OsStr::from_bytes(&output.stdout);
        format!("{:?}\n  {out:?}\n  {:?}", output.status, said(output, name))
    };
    let (ours, theirs) = (shown(&ours, "fanfold xargs"), shown(&theirs, "xargs"));
    let input = OsStr::from_bytes(&case.input);
    (ours != theirs).then(|| {
        format!(
            "{:?}\n  input {input:?} piped {}\nours {ours}\ntheirs {theirs}\n",
            case.args, case.piped
        )
    })
}

/// Compares this many cases, on as many threads as there are cores.
#[track_caller]
fn agree(cases: u64, make: fn(&mut Rng) -> Case) {
    if !has("xargs") {
        return;
    }
    let dir = fan("");
    let seed = setting("FANFOLD_SEED", 1);
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get() as u64);
    let share = cases.div_ceil(threads);
    let differences = std::thread::scope(|scope| {
        let part = |thread| {
            let mut rng = Rng::with_seed(seed.wrapping_mul(1000) + thread);
            let dir = dir.dir();
            let differ = move || -> Vec<_> {
                (0..share)
                    .filter_map(|_| difference(&make(&mut rng), dir))
                    .collect()
            };
            scope.spawn(differ)
        };
        let parts: Vec<_> = (0..threads).map(part).collect();
        let join = |part: std::thread::ScopedJoinHandle<'_, Vec<_>>| part.join().expect("no panic");
        parts.into_iter().flat_map(join).collect::<Vec<_>>()
    });
    let number = differences.len();
    let first = differences.into_iter().take(8).collect::<Vec<_>>().join("\n");
    assert!(
        number == 0,
        "seed {seed}: {number} of {cases} cases differ:\n{first}"
    );
}

#[test]
fn random_command_lines_do_what_the_installed_xargs_does() {
    agree(setting("FANFOLD_CASES", 2400), case);
}
