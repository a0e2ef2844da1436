//! `fanfold parallel` and the installed GNU parallel, compared on random command lines: standard output, exit
//! status, and the job log. Values come from words, files and standard input, which may be cut into blocks too.
//!
//! `FANFOLD_SEED=N` makes other cases; `FANFOLD_PARALLEL_CASES=N` makes more of them: 2000 take some minutes, as
//! GNU parallel starts slowly.

use crate::support::{fan, has, setting};
use fastrand::Rng;
use std::ffi::{OsStr, OsString};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Command;

/// A command line without the program, its standard input, and the files that it may read.
#[derive(Debug, Default)]
struct Case {
    args: Vec<OsString>,
    input: Vec<u8>,
    files: Vec<(&'static str, Vec<u8>)>,
    /// A job log of an earlier run.
    log: Vec<u8>,
}

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

/// Returns a value, often with characters that mean something to a shell.
fn value(rng: &mut Rng) -> Vec<u8> {
    let whole = [
        "a", "b.c", "d/e.f", "1", "0", "2", "a b", " a", "b ", "", "it's", "'", "''", "\"", "$x", "*", "\\",
        "~", "#", "-n", "{}", "{.}", ".hid", "x/", "/", "/top", "a,b", ",", "a,b,c", "é", "a;b", "a&", "(",
        "`ls`", "!", "a=b", "%", "\t", "a..b", "./..", "x.tar.gz",
    ];
    match rng.u8(..10) {
        0 => (0..rng.usize(1..5))
            .map(|_| rng.u8(1..=255))
            .filter(|&byte| byte != b'\n')
            .collect(),
        1 => (0..rng.usize(1..4))
            .flat_map(|_| one(rng, &whole).bytes().collect::<Vec<_>>())
            .collect(),
        _ => one(rng, &whole).into(),
    }
}

fn values(rng: &mut Rng) -> Vec<Vec<u8>> {
    (0..rng.usize(1..5)).map(|_| value(rng)).collect()
}

/// Returns options about values and output.
fn options(rng: &mut Rng) -> Vec<OsString> {
    let mut options: Vec<OsString> = vec![one(rng, &["-k", "-kj3", "-j1", "--keep-order"]).into()];
    for _ in 0..rng.usize(..3) {
        let choice = match rng.u8(..17) {
            0 | 1 => one(
                rng,
                &["-n2", "-N2", "-N", "-n3", "-L2", "-l2", "--max-args=2", "-N0"],
            ),
            2 => one(rng, &["-X", "-m", "--xargs"]),
            3 | 4 => one(rng, &["--tag", "--tagstring=<{}>", "--tagstring=[{1}]"]),
            5 => one(rng, &["--colsep=,", "-C,", "--colsep= +", "--colsep=[.,]"]),
            6 => one(rng, &["-r", "--no-run-if-empty"]),
            7 => one(rng, &["--link", "--xapply"]),
            8 => one(rng, &["--trim=l", "--trim=r", "--trim=lr"]),
            9 => one(rng, &["-d,", "-0", "-d ", "-da"]),
            10 => one(rng, &["-I,,", "-I_", "--plus", "-U=="]),
            11 => "-q",
            12 => one(rng, &["-v", "--dry-run", "--dryrun"]),
            13 | 14 => one(
                rng,
                &[
                    "--halt=now,fail=1",
                    "--halt=soon,fail=2",
                    "--halt=soon,success=1",
                    "--halt=2",
                    "--halt=soon,fail=50%",
                ],
            ),
            15 => one(rng, &["-Ea", "-Ex"]),
            _ => one(rng, &["--will-cite", "--gnu", "--group"]),
        };
        match choice {
            "-N" => options.extend(["-N".into(), "3".into()]),
            choice => options.push(choice.into()),
        }
        // Which jobs run when one of several ends the run is no matter of order.
        if choice.starts_with("--halt") {
            options[0] = "-j1".into();
        }
    }
    if rng.u8(..4) == 0 {
        options[0] = "-j1".into();
        options.push("--joblog=jl".into());
    }
    options
}

fn command(rng: &mut Rng) -> Vec<OsString> {
    let words: &[&str] = match rng.u8(..15) {
        0..=2 => &["echo"],
        3 => &["echo", "{}"],
        4 => &["printf", "'[%s]\\n'"],
        5 => &["echo", "x{}y", "{.}", "{/}", "{//}", "{/.}"],
        6 => &["echo", "{2}-{1}", "{-1}", "{1.}{2/}"],
        7 => &["echo {} | tr a-z A-Z; echo {#}"],
        8 => &["echo {#} {}; exit {#}"],
        9 => &["echo {}; test {#} != 2"],
        10 => &["echo", "{} {}", "pre-{}-post"],
        11 => &["/bin/echo", "{}", "{/.}"],
        12 => &["printf", "%s,"],
        13 => &["echo", "out {}; echo err >&2", "{name}{n2}"],
        _ => &["echo", "{..}", "{+.}", "{+/}", ",,", "_"],
    };
    words.iter().map(OsString::from).collect()
}

/// Returns values as lines.
fn lines(rng: &mut Rng) -> Vec<u8> {
    let mut lines = values(rng).join(&b'\n');
    if rng.bool() {
        lines.push(b'\n');
    }
    lines
}

/// Returns a case whose standard input is cut into blocks.
fn pipe_case(rng: &mut Rng) -> Case {
    let mut args: Vec<OsString> = vec!["-k".into(), "--pipe".into()];
    let end = one(
        rng,
        &[
            "",
            "--recend=,",
            "--recstart=>",
            "--recend=,\\n",
            "--recend=b --rrs",
        ],
    );
    args.extend(end.split_whitespace().map(OsString::from));
    let size = one(
        rng,
        &[
            "-N1",
            "-N2",
            "-N3",
            "--block=5",
            "--block=12",
            "-L2 -N1",
            "--header=: -N1",
        ],
    );
    args.extend(size.split_whitespace().map(OsString::from));
    if rng.u8(..4) == 0 && !size.starts_with("--header") {
        // The rows of a log are in the order in which jobs end.
        args[0] = "-j1".into();
        args.push("--joblog=jl".into());
    }
    let commands = [
        "cat; echo '|'",
        "wc",
        "wc -c",
        "echo {#}; cat",
        "head -n1; echo",
        "od -c",
    ];
    args.push(one(rng, &commands).into());
    let bytes = b"ab,>\n\n1 ";
    let input = (0..rng.usize(..60))
        .map(|_| bytes[rng.usize(..bytes.len())])
        .collect();
    Case {
        args,
        input,
        ..Case::default()
    }
}

/// Returns a job log of an earlier run of some of four jobs.
fn earlier(rng: &mut Rng) -> Vec<u8> {
    let mut log = b"Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n".to_vec();
    for seq in 1..=4 {
        if rng.bool() {
            let exit = rng.u8(..2);
            log.extend(format!("{seq}\t:\t1.0\t0.1\t0\t0\t{exit}\t0\techo old{seq}\n").into_bytes());
        }
    }
    log
}

fn case(rng: &mut Rng) -> Case {
    if rng.u8(..8) == 0 {
        return pipe_case(rng);
    }
    let mut args = options(rng);
    let (mut input, mut files, mut log) = (Vec::new(), Vec::new(), Vec::new());
    if rng.u8(..10) == 0 {
        args[0] = "-j1".into();
        args.push("--joblog=jl".into());
        args.push(one(rng, &["--resume", "--resume-failed"]).into());
        log = earlier(rng);
    }
    let mut source = rng.u8(..6);
    // GNU parallel prints `{1}` for the name of a column when `-I` spells `{}` in another way.
    let is_respelled = |option: &OsString| ["-I,,", "-I_"].iter().any(|respelled| option == respelled);
    if source == 3 && args.iter().any(is_respelled) {
        source = 5;
    }
    if source == 2 {
        args.extend(["-a".into(), "in1".into()]);
        files.push(("in1", lines(rng)));
    }
    if source == 3 {
        args.push("--header=:".into());
    }
    args.extend(command(rng));
    if source < 2 {
        input = lines(rng);
    } else if source == 4 {
        for name in &["in1", "in2"][..rng.usize(1..3)] {
            // Behind an empty file, GNU parallel prints replacement strings as they are.
            let is_linked = files.first().is_some_and(|(_, lines)| !lines.is_empty());
            args.extend([
                one(rng, &["::::", "::::", "::::+"][..2 + usize::from(is_linked)]).into(),
                name.into(),
            ]);
            files.push((*name, lines(rng)));
        }
    } else if source != 2 || rng.bool() {
        for at in 0..rng.usize(1..3) {
            let links = [":::", ":::", ":::+"];
            // Behind a file, GNU parallel links the file too.
            let choice = if at == 0 { 1 } else { 3 - usize::from(source == 2) };
            args.push(one(rng, &links[..choice]).into());
            if source == 3 {
                args.push(["name", "n2"][at].into());
            }
            args.extend(values(rng).into_iter().map(OsString::from_vec));
        }
    }
    Case {
        args,
        input,
        files,
        log,
    }
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
struct End {
    status: Option<i32>,
    out: Vec<u8>,
    log: Vec<u8>,
}

fn run(program: &OsStr, own: &[&str], case: &Case, dir: &Path) -> (End, Vec<u8>) {
    let log = dir.join("jl");
    let _ = std::fs::remove_file(&log);
    let earlier = Some(&case.log).filter(|log| !log.is_empty());
    for (name, bytes) in case
        .files
        .iter()
        .map(|(name, bytes)| (*name, bytes))
        .chain(earlier.map(|log| ("jl", log)))
    {
        std::fs::write(dir.join(name), bytes).expect("written");
    }
    let mut input = tempfile::tempfile().expect("a file");
    input.write_all(&case.input).expect("written");
    input.seek(SeekFrom::Start(0)).expect("a file can be sought in");
    let mut command = Command::new(program);
    command.args(own).args(&case.args).current_dir(dir).stdin(input);
    command
        .env("PARALLEL_HOME", dir)
        .env("PARALLEL_SHELL", "/bin/bash")
        .env("LC_ALL", "C.UTF-8");
    let output = command.output().expect("it starts");
    let columns = |line: &[u8]| {
        let columns: Vec<_> = line.split(|&byte| byte == b'\t').enumerate().collect();
        let kept = columns.into_iter().filter(|(at, _)| !(2..4).contains(at));
        kept.map(|(_, column)| column).collect::<Vec<_>>().join(&b'\t')
    };
    let log = std::fs::read(log).unwrap_or_default();
    let log: Vec<_> = log.split(|&byte| byte == b'\n').map(columns).collect();
    let end = End {
        status: output.status.code(),
        out: output.stdout,
        log: log.join(&b'\n'),
    };
    (end, output.stderr)
}

/// Returns how the two differ, if they do.
fn difference(case: &Case, dirs: [&Path; 2]) -> Option<String> {
    let (ours, our_err) = run(
        OsStr::new(env!("CARGO_BIN_EXE_fanfold")),
        &["parallel"],
        case,
        dirs[0],
    );
    let (theirs, their_err) = run(OsStr::new("parallel"), &["--will-cite"], case, dirs[1]);
    let show = |end: &End, err: &[u8]| {
        let shown = [&end.out, &end.log, err].map(|bytes| OsStr::from_bytes(bytes).to_owned());
        format!("{:?} {shown:?}", end.status)
    };
    (ours != theirs).then(|| {
        let input = OsStr::from_bytes(&case.input);
        let (ours, theirs) = (show(&ours, &our_err), show(&theirs, &their_err));
        format!(
            "{:?}\n  input {input:?} files {:?}\n  ours {ours}\n  theirs {theirs}\n",
            case.args, case.files
        )
    })
}

#[test]
fn random_command_lines_do_what_the_installed_parallel_does() {
    if !has("parallel") {
        return;
    }
    let cases = setting("FANFOLD_PARALLEL_CASES", 100);
    let seed = setting("FANFOLD_SEED", 1);
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get() as u64);
    let differences = std::thread::scope(|scope| {
        let part = |thread: u64| {
            let mut rng = Rng::with_seed(seed.wrapping_mul(1000) + thread);
            scope.spawn(move || {
                let dirs = [fan(""), fan("")];
                let places = [dirs[0].dir(), dirs[1].dir()];
                let differences =
                    (0..cases.div_ceil(threads)).filter_map(|_| difference(&case(&mut rng), places));
                differences.collect::<Vec<_>>()
            })
        };
        let parts: Vec<_> = (0..threads).map(part).collect();
        let joined = parts.into_iter().map(|part| part.join().expect("no panic"));
        joined.flatten().collect::<Vec<_>>()
    });
    let number = differences.len();
    let first = differences.into_iter().take(30).collect::<Vec<_>>().join("\n");
    assert!(
        number == 0,
        "seed {seed}: {number} of {cases} cases differ:\n{first}"
    );
}
