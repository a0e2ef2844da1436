//! `fanfold xargs` and the installed xargs, compared on random inputs and options: standard output, messages
//! apart from the name of the program, and exit status.
//!
//! `FANFOLD_SEED=N` makes other cases; `FANFOLD_CASES=N` makes more of them.

use crate::support::{Watch, fan, fifo, has, setting};
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

#[test]
fn a_link_named_xargs_is_xargs_and_says_its_own_name() {
    let program = env!("CARGO_BIN_EXE_fanfold");
    fan("xargs ./xargs echo")
        .link("xargs", program)
        .stdin("a")
        .stdout("a\n")
        .ok();
    fan("xargs ./xargs -z")
        .link("xargs", program)
        .stderr("./xargs: invalid option -- 'z'\nTry './xargs --help' for more information.\n")
        .code(123);
    fan("xargs -z")
        .says("fanfold xargs: invalid option -- 'z'\n")
        .code(1);
}

#[test]
fn what_comes_after_the_logical_end_is_left_to_who_reads_next() {
    let script = format!("{} xargs -E _ <list; cat", env!("CARGO_BIN_EXE_fanfold"));
    let script = format!("exec <list; {}", script.replace(" <list", ""));
    fan("xargs sh -c")
        .arg(script)
        .file("list", "a\n_\nrest\n")
        .stdout("a\nrest\n")
        .ok();
}

#[test]
fn with_a_file_of_words_commands_read_our_own_standard_input() {
    fan("xargs -a words cat -")
        .file("words", "one")
        .file("one", "1\n")
        .stdin("in\n")
        .stdout("in\n1\n")
        .ok();
    fan("xargs cat -")
        .file("one", "1\n")
        .stdin("one")
        .stdout("1\n")
        .ok();
    fan("xargs -a nothing")
        .says("Cannot open input file 'nothing': No such file or directory\n")
        .code(1);
}

#[test]
fn commands_stay_in_our_process_group_unless_their_time_is_limited() {
    let script = "test $(ps -o pgid= -p $$) = $(ps -o pgid= -p $PPID)";
    fan("xargs sh -c").arg(script).ok();
    fan("xargs --timeout 1h sh -c").arg(script).code(123);
}

#[test]
fn nothing_is_added_to_the_environment_but_the_slot() {
    fan("xargs sh -c").arg("env | grep FANFOLD_").code(123);
    fan("xargs -n1 --process-slot-var=WHICH sh -c")
        .arg("echo $WHICH")
        .stdin("a b")
        .stdout("0\n0\n")
        .ok();
}

#[test]
fn a_file_that_is_no_program_is_a_script() {
    let done = fan("xargs sh -c").arg("chmod +x script; exec \"$0\" xargs -n1 ./script <list");
    done.arg(env!("CARGO_BIN_EXE_fanfold"))
        .file("script", "echo $0 $#: $1\n")
        .file("list", "a 'b c'\n")
        .stdout("./script 1: a\n./script 1: b c\n")
        .ok();
}

#[test]
fn the_output_can_be_kept_whole_in_order_and_tagged() {
    // The first command ends after the second.
    let script = "case $1 in a) read x <gate;; b) echo second >gate;; esac; echo $1; echo $1 again";
    let run = |options: &str| {
        fan(&format!("xargs {options} -n1 sh -c"))
            .arg(script)
            .arg("sh")
            .fifo("gate")
            .stdin("a b")
    };
    run("-P2 --keep-order").stdout("a\na again\nb\nb again\n").ok();
    run("-P2 --keep-order --tag")
        .stdout("a\ta\na\ta again\nb\tb\nb\tb again\n")
        .ok();
    let said = run("-P2 --group").ok().out;
    assert_eq!(said.split(|&b| b == b'\n').count(), 5);
}

#[test]
fn a_command_is_tried_again_and_one_that_takes_too_long_is_ended() {
    let twice = "test -e tried || { touch tried; exit 1; }; echo done";
    fan("xargs --retries 1 sh -c")
        .arg(twice)
        .says("(try 1 of 2)")
        .stdout("done\n")
        .code(0);
    let never = "read x <gate";
    fan("xargs --timeout 10ms sh -c")
        .arg(never)
        .fifo("gate")
        .says("sh: ran longer than 10ms")
        .code(123);
}

#[test]
fn as_many_commands_as_there_are_run_at_a_time() {
    // Each command waits for the next; the last waits for none.
    let script =
        "case $1 in 40) echo x >f39;; 1) read x <f1;; *) read x <f$1; echo x >f$(($1-1));; esac; echo done";
    let fifos = (1..40).fold(fan("xargs -P0 -n1 sh -c"), |fan, n| fan.fifo(&format!("f{n}")));
    let fifos = fifos
        .arg(script)
        .arg("sh")
        .stdin((1..=40).map(|n| format!("{n}\n")).collect::<String>());
    fifos.stdout("done\n".repeat(40)).ok();
}

#[test]
fn the_limits_are_those_of_the_installed_xargs() {
    if !has("xargs") {
        return;
    }
    let theirs = Command::new("xargs")
        .arg("--show-limits")
        .stdin(Stdio::null())
        .output()
        .expect("xargs");
    fan("xargs --show-limits")
        .stdout("\n")
        .stderr(&String::from_utf8_lossy(&theirs.stderr))
        .code(0);
}

#[test]
fn user_signals_raise_and_lower_the_number_of_commands_at_a_time() {
    use rustix::process::Signal;
    let script = "echo start $1; read x <$1; echo end $1";
    let mut one = fan("xargs -n1 sh -c")
        .arg(script)
        .arg("sh")
        .fifo("a")
        .fifo("b")
        .spawn();
    one.write("a b\n");
    assert_eq!(one.line(), "start a");
    one.signal(Signal::USR1);
    assert_eq!(one.line(), "start b");
    for gate in ["b", "a"] {
        fifo::write(&one.path(gate), "go\n");
        assert_eq!(one.line(), format!("end {gate}"));
    }
    let done = one.wait();
    done.expect(done.status.success(), "exit code 0");
    // Each command prints how many run at the moment.
    let script = "test $1 = 1 && read x <gate; >at.$1; ls at.* | wc -l; rm at.$1";
    let words: String = (1..=60).map(|n| format!("{n}\n")).collect();
    let mut two = fan("xargs -P2 -n1 sh -c")
        .arg(script)
        .arg("sh")
        .fifo("gate")
        .spawn();
    two.write(words);
    two.line();
    two.signal(Signal::USR2);
    fifo::write(&two.path("gate"), "go\n");
    let done = two.wait();
    done.expect(done.out.ends_with(b"\n1\n1\n1\n"), "one at a time in the end");
    done.expect(done.status.success(), "exit code 0");
}
