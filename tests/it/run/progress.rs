//! `--progress`: what standard error shows of a run, on a terminal and for programs.

use crate::support::{Place, fifo, has, until};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// How many jobs the run on the terminal has, of 1000 bytes each.
const JOBS: usize = 10;

/// An interactive shell in tmux, which is ended with this.
struct Terminal<'a> {
    place: &'a Place,
}

impl<'a> Terminal<'a> {
    fn new(place: &'a Place, columns: &str) -> Terminal<'a> {
        let terminal = Terminal { place };
        let shell = ["bash", "--norc", "--noprofile", "-i"];
        let size = ["new-session", "-d", "-y", "15", "-x", columns];
        terminal.tmux(&[&size[..], &shell[..]].concat());
        terminal.types("PS1='ready> '; clear");
        terminal.sees("ready>");
        terminal
    }

    fn tmux(&self, words: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S")
            .arg(self.place.path("socket"))
            .args(["-f", "/dev/null"])
            .args(words);
        tmux.env("PATH_OF_FANFOLD", env!("CARGO_BIN_EXE_fanfold"));
        let done = tmux.current_dir(self.place.path("")).output().expect("tmux");
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{words:?}: {err}");
        String::from_utf8(done.stdout).expect("text")
    }

    fn types(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.tmux(&["send-keys", "Enter"]);
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    #[track_caller]
    fn sees(&self, text: &str) {
        self.sees_all(&[text]);
    }

    #[track_caller]
    fn sees_all(&self, texts: &[&str]) {
        until(&format!("{texts:?} on the terminal"), || {
            let screen = self.screen();
            texts.iter().all(|text| screen.contains(text))
        });
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let mut tmux = Command::new("tmux");
        let _ = tmux
            .arg("-S")
            .arg(self.place.path("socket"))
            .arg("kill-server")
            .output();
    }
}

#[test]
fn a_bar_has_the_right_numbers_and_leaves_nothing_behind() {
    if !has("tmux") || !has("bash") {
        return;
    }
    let place = Place::new();
    for job in 0..JOBS {
        place.file(&format!("f{job}"), &[b'x'; 1000], 0);
        fifo::make(&place.path(&format!("f{job}.gate")));
    }
    let open = |job: usize| fifo::write(&place.path(&format!("f{job}.gate")), "go\n");
    let terminal = Terminal::new(&place, "100");
    let script = "read x < \"$1.gate\"; echo \"$1\"; test $1 != f2 || { echo its stderr >&2; exit 1; }";
    terminal.types(&format!("$PATH_OF_FANFOLD run -j1 f? --shell '{script}' > out"));
    open(0);
    terminal.sees_all(&[
        "[=>        ] 10%",
        "left, 1 of 10 done, 1 running, 1.00 kB of 10.00 kB",
        "f1 for",
    ]);
    (1..5).for_each(open);
    let half = "4 of 10 done, 1 failed, 1 running";
    terminal.sees_all(&["] 50%", half, "5.00 kB of 10.00 kB", "\nits stderr\n", "f5 for"]);

    terminal.tmux(&["resize-window", "-x", "60", "-y", "15"]);
    until("a line without a bar", || terminal.screen().contains("\n50%"));
    let screen = terminal.screen();
    assert_eq!(screen.matches(" running").count(), 1, "{screen}");
    terminal.tmux(&["resize-window", "-x", "130", "-y", "15"]);
    terminal.sees("[============>           ] 50%");
    let screen = terminal.screen();
    assert_eq!(screen.matches(" running").count(), 1, "{screen}");

    terminal.tmux(&["send-keys", "C-z"]);
    terminal.sees("Stopped");
    let screen = terminal.screen();
    assert!(!screen.contains(half) && !screen.contains("f5 for"), "{screen}");
    terminal.types("fg; echo ended $?");
    terminal.sees(half);
    (5..9).for_each(open);
    terminal.sees_all(&[
        "] 90%",
        "8 of 10 done, 1 failed, 1 running",
        "9.00 kB of 10.00 kB",
        "f9 for",
    ]);
    open(9);
    terminal.sees("ended 123");
    let screen = terminal.screen();
    assert!(
        !screen.contains(" running") && !screen.contains("f9 for"),
        "{screen}"
    );
    let printed = fs::read_to_string(place.path("out")).expect("the output");
    let expected: String = (0..JOBS).map(|job| format!("f{job}\n")).collect();
    assert_eq!(printed, expected);
}

#[test]
fn the_bar_of_one_large_file_moves_with_what_is_read_of_it() {
    if !has("tmux") || !has("bash") {
        return;
    }
    let place = Place::new();
    let sparse = fs::File::create(place.path("large")).expect("a file");
    sparse.set_len(100_000_000).expect("it grows");
    for gate in ["10", "50", "90"] {
        fifo::make(&place.path(gate));
    }
    let terminal = Terminal::new(&place, "100");
    // What the command has not read yet is in a pipe and a block: less than a hundredth of the file.
    let read = |bytes: &str, gate: &str| format!("head -c {bytes} > /dev/null; read x < {gate}; ");
    let script = [
        read("10000000", "10"),
        read("40000000", "50"),
        read("40000000", "90"),
    ]
    .concat();
    terminal.types(&format!(
        "$PATH_OF_FANFOLD run large --stdin --shell '{script}cat > /dev/null' > out; echo ended $?"
    ));
    for gate in ["10", "50", "90"] {
        terminal.sees_all(&[&format!("] {gate}%"), "0 of 1 done, 1 running", "of 100.00 MB"]);
        fifo::write(&place.path(gate), "go\n");
    }
    terminal.sees("ended 0");
}

pub(super) fn events(text: &str) -> Vec<Value> {
    let event = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    text.lines().map(event).collect()
}

/// Returns the texts of the events of this kind, in byte order.
fn texts(events: &[Value], kind: &str) -> Vec<String> {
    let of_kind = events.iter().filter(|event| event["event"] == kind);
    let mut texts: Vec<_> = of_kind
        .map(|event| event["text"].as_str().expect("a text").to_owned())
        .collect();
    texts.sort();
    texts
}

#[test]
fn for_programs_everything_on_standard_error_is_an_object() {
    let place = Place::new();
    place.file("a", b"xx\n", 0).file("b", b"y\n", 0);
    let script = "cat \"$1\"; echo one >&2; test $1 = a || { printf 'tw\\377o' >&2; exit 1; }";
    let done = place
        .fan("run a b gone --progress json --shell")
        .arg(script)
        .stdout("xx\ny\n")
        .code(123);
    let events = events(&done.err);
    let jobs: Vec<_> = events.iter().filter(|event| event["event"] == "job").collect();
    assert_eq!(jobs.len(), 2, "{}", done.err);
    let failed = jobs
        .iter()
        .find(|job| job["inputs"][0] == "b")
        .expect("the second");
    assert_eq!(
        (&failed["job"], &failed["failure"]),
        (&2.into(), &"job 2 (b): 'sh' exited with status 1".into())
    );
    let end = events
        .iter()
        .find(|event| event["event"] == "end")
        .expect("an end");
    let numbers = ["done", "failed", "running", "bytes"].map(|name| end[name].as_u64().expect("a number"));
    assert_eq!(numbers, [1, 2, 0, 5], "{}", done.err);
    assert_eq!(texts(&events, "stderr"), ["one", "one", "tw\u{fffd}o"]);
    let messages = texts(&events, "message").join("\n");
    for part in [
        "fanfold: gone: no such file or directory",
        "fanfold: job 2 (b): 'sh' exited with status 1",
    ] {
        assert!(messages.contains(part), "{part}: {messages}");
    }
}

#[test]
fn for_programs_a_refusal_is_an_object_too() {
    let place = Place::new();
    place.file("a", b"", 0);
    for (words, why) in [
        ("map a --progress json --select nosuch:unit", "unit"),
        ("run a --progress json -u -- cat", "--ungroup"),
    ] {
        let done = place.fan(words).stdout("").code(2);
        assert!(
            texts(&events(&done.err), "message").join("\n").contains(why),
            "{}",
            done.err
        );
    }
}

#[test]
fn for_programs_an_option_that_is_unknown_is_told_plainly_before_any_object() {
    let place = Place::new();
    place.file("a", b"", 0);
    for words in [
        "map a --progress json --nosuch",
        "run a --progress json --timeout x -- cat",
    ] {
        let done = place.fan(words).stdout("").code(2);
        assert!(
            done.err.starts_with("error: ") && !done.err.contains('{'),
            "{}",
            done.err
        );
    }
}

#[test]
fn progress_is_for_people_who_ask_or_have_a_terminal() {
    let place = Place::new();
    place.file("a", b"x\n", 0);
    for words in ["--bar", "--eta", "--progress plain", "-q", "--bar -q"] {
        place
            .fan(&format!("run a {words} -- cat"))
            .stdout("x\n")
            .stderr("")
            .ok();
        place.fan(&format!("map a {words}")).stdout("x\n").stderr("").ok();
    }
    place
        .fan("map a --bar --progress plain")
        .says("cannot be used with")
        .code(2);
}
