//! `--progress` puts no byte into the output: random runs with standard error on a terminal print what they print
//! without progress.
//!
//! `FANFOLD_PROGRESS_RUNS=N` makes more of them, `FANFOLD_SEED=N` makes others.

use super::progress::events;
use crate::support::{Place, setting, until};
use fastrand::Rng;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// The ways to show progress.
const WAYS: [&str; 5] = ["auto", "bar", "plain", "json", "none"];

/// How many runs are made at the same time: those that are held wait for a second.
const THREADS: u64 = 4;

/// A terminal of 90 columns, and a thread that reads what is written to it.
struct Terminal {
    written: Arc<Mutex<Vec<u8>>>,
    reader: std::thread::JoinHandle<()>,
}

impl Terminal {
    /// Returns a terminal, and the end of it that a program writes to.
    fn new() -> (Terminal, File) {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&ours).expect("it is ours");
        unlockpt(&ours).expect("it is ours");
        let name = ptsname(&ours, Vec::new()).expect("it has a name");
        let name = name.to_str().expect("a name in ASCII").to_owned();
        let theirs = OpenOptions::new().read(true).write(true).open(name);
        let theirs = theirs.expect("the other end");
        let mut size = rustix::termios::tcgetwinsize(&theirs).expect("a size");
        (size.ws_row, size.ws_col) = (24, 90);
        rustix::termios::tcsetwinsize(&theirs, size).expect("a size");
        let written = Arc::new(Mutex::new(Vec::new()));
        let reader = std::thread::spawn({
            let written = Arc::clone(&written);
            move || read_all(ours, &written)
        });
        (Terminal { written, reader }, theirs)
    }

    fn shows(&self, text: &str) -> bool {
        let written = self.written.lock().expect("no panic");
        String::from_utf8_lossy(&written).contains(text)
    }

    /// Returns all that was written, once nobody has the other end.
    fn all(self) -> String {
        self.reader.join().expect("no panic");
        let written = self.written.lock().expect("no panic");
        String::from_utf8_lossy(&written).into_owned()
    }
}

fn read_all(terminal: OwnedFd, written: &Mutex<Vec<u8>>) {
    let mut terminal = File::from(terminal);
    let mut buffer = [0; 4096];
    // When the other end is closed, reading fails.
    while let Ok(n @ 1..) = terminal.read(&mut buffer) {
        written.lock().expect("no panic").extend(&buffer[..n]);
    }
}

/// Where standard output goes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stdout {
    File,
    Pipe,
}

/// A random run: its words before and behind `--progress`, whose inputs come on standard input.
#[derive(Debug)]
struct Run {
    options: String,
    command: &'static str,
    stdout: Stdout,
    is_held: bool,
}

impl Run {
    fn random(rng: &mut Rng) -> Run {
        let commands = ["map", "run"];
        let command = commands[rng.usize(..2)];
        let order = ["", "--unordered", "--line-buffer"][rng.usize(..3 - usize::from(command == "map"))];
        let kinds = [
            "",
            "--count",
            "--count --select 1",
            "--tag",
            "--where '1 > 4'",
            "--by 1 --agg count",
            "--select 2 -o json",
            "--unique",
        ];
        Run {
            options: format!(
                "{command} {order} {} -j{}",
                kinds[rng.usize(..kinds.len())],
                rng.u8(1..5)
            ),
            command: match command {
                "map" => "",
                _ => ["-- cat", "-- sort", "--shell 'cat \"$1\"; echo heard >&2'"][rng.usize(..3)],
            },
            stdout: [Stdout::File, Stdout::Pipe][rng.usize(..2)],
            is_held: rng.u8(..3) == 0,
        }
    }

    /// Runs it, and returns what it printed in byte order and what the terminal got.
    fn end(&self, place: &Place, way: &str, output: &str) -> (Vec<Vec<u8>>, String) {
        let (terminal, theirs) = Terminal::new();
        let script = format!("exec \"$0\" {} --progress {way} {}", self.options, self.command);
        let file = place.path(output);
        let mut child = Command::new("sh")
            .args(["-c", &script])
            .arg(env!("CARGO_BIN_EXE_fanfold"))
            .current_dir(place.path(""))
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(match self.stdout {
                Stdout::File => Stdio::from(File::create(&file).expect("a file")),
                Stdout::Pipe => Stdio::piped(),
            })
            .stderr(theirs)
            .spawn()
            .expect("sh starts");
        let mut printed = self.feed(&mut child, &terminal, way);
        assert!(
            child.wait().expect("it ends").success(),
            "{self:?} {way}: {}",
            terminal.all()
        );
        if self.stdout == Stdout::File {
            printed = std::fs::read(&file).expect("the output");
        }
        let mut lines: Vec<_> = printed.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.sort();
        (lines, terminal.all())
    }

    /// Names the inputs, and returns what comes by the pipe. The list of a run that is held ends when the terminal
    /// shows how far it is.
    fn feed(&self, child: &mut Child, terminal: &Terminal, way: &str) -> Vec<u8> {
        let stdout = child.stdout.take();
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut pipe) = stdout {
                pipe.read_to_end(&mut bytes).expect("read");
            }
            bytes
        });
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(b"0\n1\n2\n3\n4\n5\n").expect("written");
        let shown = match way {
            "auto" | "bar" => " done, ",
            "json" => "\"event\":\"progress\"",
            _ => "",
        };
        if self.is_held {
            until(shown, || terminal.shows(shown));
        }
        drop(stdin);
        reader.join().expect("no panic")
    }
}

#[test]
fn progress_puts_no_byte_into_the_output_of_random_runs() {
    let (runs, seed) = (setting("FANFOLD_PROGRESS_RUNS", 30), setting("FANFOLD_SEED", 17));
    let place = Place::new();
    let mut rng = Rng::with_seed(seed);
    for (name, lines) in [0, 1, 7, 100, 2000, 3].into_iter().enumerate() {
        let line = |rng: &mut Rng| format!("{} {}\n", rng.u8(..9), rng.u32(..));
        let text: String = (0..lines).map(|_| line(&mut rng)).collect();
        place.file(&name.to_string(), text.as_bytes(), 0);
    }
    let place = &place;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let mut rng = Rng::with_seed(seed.wrapping_mul(1000) + thread);
            scope.spawn(move || {
                for number in (thread..runs).step_by(THREADS as usize) {
                    let way = WAYS[(number / THREADS) as usize % WAYS.len()];
                    let run = Run::random(&mut rng);
                    check(&run, way, place, &format!("out{thread}"));
                }
            });
        }
    });
}

/// Compares a run with progress with one without.
fn check(run: &Run, way: &str, place: &Place, output: &str) {
    let none = Run {
        options: run.options.clone(),
        is_held: false,
        ..*run
    };
    let (expected, quiet) = none.end(place, "none", output);
    let (printed, shown) = run.end(place, way, output);
    assert_eq!(printed, expected, "{run:?} {way}");
    let heard = quiet.lines().count();
    match way {
        "json" => assert!(
            events(&shown).iter().any(|event| event["event"] == "end"),
            "{shown}"
        ),
        "plain" | "none" => assert_eq!(shown.lines().count(), heard, "{run:?} {way}: {shown}"),
        _ => assert_eq!(shown.matches("heard").count(), heard, "{run:?} {way}: {shown}"),
    }
}
