//! `--state`: the same command line carries on.

use crate::support::{Place, gzip, set_age};
use std::fs::{self, File};

/// Appends the input's name to `ran`, and prints the file.
const NOTE: &str = r#"echo "$1" >> ran; cat "$1""#;

const COUNT: &str = "map in --select 1 --count";

#[test]
fn a_fold_reads_only_what_is_new_and_gives_the_answer_of_a_full_run() {
    let place = Place::new();
    place.logs(0..6);
    let with_state = format!("{COUNT} --state st");
    place.fan(&with_state).stdout(place.whole(COUNT)).ok();
    place.logs(6..7);
    // The contents of finished inputs are destroyed, so the answer can only come from the state.
    for n in 0..6 {
        let path = place.path(&format!("in/{n:02}.gz"));
        let before = fs::metadata(&path).expect("there");
        fs::write(&path, vec![0; before.len() as usize]).expect("written");
        let file = File::options().write(true).open(&path).expect("there");
        file.set_modified(before.modified().expect("a time"))
            .expect("ours");
    }
    let done = place.fan(&with_state).ok();
    place.logs(0..6);
    done.expect(done.out == place.whole(COUNT), "the answer of a full run");
}

#[test]
fn a_changed_input_counts_as_it_is_now_and_a_removed_one_does_not() {
    let place = Place::new();
    place.logs(0..4);
    let with_state = format!("{COUNT} --state st");
    place.fan(&with_state).ok();
    place.file("in/01.gz", &gzip(b"new line\n"), 50);
    fs::remove_file(place.path("in/02.gz")).expect("it was there");
    place.fan(&with_state).stdout(place.whole(COUNT)).ok();
    // The size is the same, the time is not.
    place.file("in/01.gz", &gzip(b"old line\n"), 40);
    place.fan(&with_state).stdout(place.whole(COUNT)).ok();
    place.logs(2..3);
    place.fan(&with_state).stdout(place.whole(COUNT)).ok();
}

#[test]
fn done_jobs_are_not_run_and_print_nothing() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100).file("in/b", b"b\n", 100);
    let run = || place.fan("run in --state st --shell").arg(NOTE);
    run().stdout("a\nb\n").ok();
    run().stdout("").ok();
    place.file("in/c", b"c\n", 100);
    run().stdout("c\n").ok();
    assert_eq!(place.lines("ran"), ["in/a", "in/b", "in/c"]);
}

#[test]
fn failed_jobs_run_again_and_only_they_with_retry_failed() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100).file("in/b", b"b\n", 100);
    let script = r#"echo "$1" >> ran; test ! -e "$1.bad" || exit 7; cat "$1""#;
    let run = |more: &str| {
        place
            .fan(&format!("run in/? --state st {more} --count --shell"))
            .arg(script)
    };
    place.file("in/b.bad", b"", 100);
    run("").says("exited with status 7").code(123);
    assert_eq!(place.lines("ran"), ["in/a", "in/b"]);
    place.file("in/c", b"c\n", 100);
    let one = "fanfold: 1 input is new or changed and was left out (--retry-failed)\n";
    let failed = run("--retry-failed").says("exited with status 7").says(one);
    failed.code(123);
    assert_eq!(place.lines("ran"), ["in/a", "in/b", "in/b"]);
    fs::remove_file(place.path("in/b.bad")).expect("it was there");
    run("--retry-failed").stdout("1\ta\n1\tb\n").stderr(one).ok();
    run("").stdout("1\ta\n1\tb\n1\tc\n").ok();
    run("--retry-failed").stdout("1\ta\n1\tb\n1\tc\n").ok();
    assert_eq!(place.lines("ran").len(), 5);
    place.file("in/a", b"A\n", 50).file("in/d", b"d\n", 50);
    let two = "fanfold: 2 inputs are new or changed and were left out (--retry-failed)\n";
    let some = run("--retry-failed").stdout("1\tb\n1\tc\n");
    some.stderr(two).ok();
}

#[test]
fn retry_failed_says_what_it_leaves_out() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100).file("in/b", b"b\n", 100);
    let run = || place.fan("run in --state st --retry-failed -- cat").stdout("");
    let two = "fanfold: 2 inputs are new or changed and were left out (--retry-failed)\n";
    for _ in 0..2 {
        run().stderr(two).ok();
    }
    place.fan("run in --state st -- cat").stdout("a\nb\n").ok();
    run().ok();
    // A file that is split is one input.
    let line = [&[b'x'; 65_535][..], b"\n"].concat();
    place.file("big", &line.repeat(520), 100);
    let one = "fanfold: 1 input is new or changed and was left out (--retry-failed)\n";
    place
        .fan("map big --count --state st2 --retry-failed")
        .stderr(one)
        .ok();
}

#[test]
fn fresh_forgets_even_another_command_line() {
    let place = Place::new();
    place.logs(0..2);
    place.fan(&format!("{COUNT} --state st")).ok();
    let unique = "map in --select 1 --unique";
    place
        .fan(&format!("{unique} --state st"))
        .says("the state of another command line: fold: stored '--count', now '--unique'")
        .code(2);
    place
        .fan(&format!("{unique} --state st --fresh"))
        .stdout(place.whole(unique))
        .ok();
    place
        .fan(&format!("{unique} --state st"))
        .stdout(place.whole(unique))
        .ok();
    place.fan(&format!("{COUNT} --state st")).says("fold").code(2);
}

#[test]
fn options_for_output_and_workers_make_no_other_command_line() {
    let place = Place::new();
    place.logs(0..2);
    place.fan(&format!("{COUNT} --state st")).ok();
    let shown = format!("{COUNT} --top 2 -o json -j1 --memory 1M --schedule order");
    place
        .fan(&format!("{shown} --state st"))
        .stdout(place.whole(&shown))
        .ok();
}

#[test]
fn another_command_or_option_for_records_or_input_is_another_command_line() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100);
    place.fan("run in --state st --grep a -- cat").stdout("a\n").ok();
    for (words, what) in [
        ("map in --state st --grep a", "mode: stored 'run', now 'map'"),
        (
            "run in --state st --grep a -- cat -n",
            "command: stored 'cat', now 'cat -n'",
        ),
        (
            "run in --state st --grep b -- cat",
            "record options: stored '--grep a', now '--grep b'",
        ),
        (
            "run in --state st --grep a -z -- cat",
            "standard input: stored '', now '--decompress'",
        ),
        (
            "run in --state st --grep a --count -- cat",
            "fold: stored '', now '--count'",
        ),
        (
            "run in --state st --grep a --ok-exit 0,1 -- cat",
            "ok-exit: stored '0', now '0,1'",
        ),
    ] {
        let before = fs::read(place.path("st")).expect("a state");
        place.fan(words).stdout("").says(what).code(2);
        assert_eq!(fs::read(place.path("st")).expect("a state"), before, "{words}");
    }
}

#[test]
fn a_file_that_is_no_state_is_refused_and_stays_as_it_is() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100);
    place.fan("run in --state newer -- true").ok();
    let newer = place.path("newer");
    let mut bytes = fs::read(&newer).expect("a state");
    bytes[63] = 3;
    fs::write(&newer, bytes).expect("written");
    place
        .file("text", b"not a state\n", 100)
        .file("short", b"SQLite format 3\0", 100);
    for (name, what) in [
        ("text", "text: not a state file"),
        ("short", "short: not a state file"),
        (
            "newer",
            "newer: a state of version 3, and this fanfold knows version 2",
        ),
    ] {
        let before = fs::read(place.path(name)).expect("a file");
        for more in ["", "--fresh"] {
            let line = format!("run in --state {name} {more} -- true");
            place.fan(&line).says(what).code(2);
            assert_eq!(fs::read(place.path(name)).expect("a file"), before, "{line}");
        }
    }
    place.fan("run in --state in -- true").says("in: ").code(5);
}

#[test]
fn an_input_that_changed_this_moment_is_read_again() {
    let place = Place::new();
    place.file("in/old", b"old\n", 100).file("in/new", b"new\n", 0);
    let run = || place.fan("run in --state st --count --shell").arg(NOTE);
    for _ in 0..2 {
        run().stdout("1\tnew\n1\told\n").ok();
    }
    assert_eq!(
        place.lines("ran").iter().filter(|name| *name == "in/old").count(),
        1
    );
    assert_eq!(
        place.lines("ran").iter().filter(|name| *name == "in/new").count(),
        2
    );
}

#[test]
fn an_input_that_changes_while_it_is_read_is_not_done() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100);
    let script = r#"echo "$1" >> ran; cat "$1"; touch -d "$(wc -l < ran) hours ago" "$1""#;
    let run = || place.fan("run in --state st --count --shell").arg(script);
    for runs in 1..3 {
        run().stdout("1\ta\n").ok();
        assert_eq!(place.lines("ran").len(), runs);
    }
}

#[test]
fn a_job_may_consume_its_input_or_make_what_it_names() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100);
    place.fan("run in --state st -- rm").ok();
    place.file("list", b"made\n", 100);
    let make = || {
        place
            .fan("run -a list --state st2 --shell")
            .arg(r#"echo x > "$1"; echo made"#)
    };
    make().stdout("made\n").ok();
    make().stdout("").ok();
    set_age(&place.path("made"), 50);
    make().stdout("made\n").ok();
}

#[test]
fn a_batch_is_done_as_a_whole_and_forgotten_when_its_inputs_change() {
    let place = Place::new();
    for name in ["a", "b", "c", "d"] {
        place.file(&format!("in/{name}"), format!("{name}\n").as_bytes(), 100);
    }
    let run = || {
        place
            .fan("run in -n2 --state st --count --shell")
            .arg(r#"echo "$*" >> ran; cat "$@""#)
    };
    run().stdout("1\ta\n1\tb\n1\tc\n1\td\n").ok();
    run().stdout("1\ta\n1\tb\n1\tc\n1\td\n").ok();
    assert_eq!(place.lines("ran"), ["in/a in/b", "in/c in/d"]);
    set_age(&place.path("in/d"), 50);
    run().stdout("1\ta\n1\tb\n1\tc\n1\td\n").ok();
    assert_eq!(place.lines("ran"), ["in/a in/b", "in/c in/d", "in/c in/d"]);
    fs::remove_file(place.path("in/a")).expect("it was there");
    run().stdout("1\tb\n1\tc\n1\td\n").ok();
    assert_eq!(place.lines("ran").len(), 5);
    let db = rusqlite::Connection::open(place.path("st")).expect("a database");
    let count = |table| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        db.query_row(&sql, (), |row| row.get(0)).expect("a table")
    };
    assert_eq!(["jobs", "inputs", "parts"].map(count), [2, 1, 2]);
}

#[test]
fn a_name_listed_twice_counts_twice() {
    let place = Place::new();
    place.file("a", b"x\n", 100);
    for _ in 0..2 {
        place.fan("map a a --count --state st").stdout("2\tx\n").ok();
    }
    place.fan("map a a a --count --state st").stdout("3\tx\n").ok();
    place.fan("map a --count --state st").stdout("1\tx\n").ok();
}

#[test]
fn a_dry_run_shows_what_would_run_and_writes_nothing() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100).file("in/b", b"b\n", 100);
    let dry = || place.fan("run in --state st --dry-run -- cat");
    dry().stdout("cat in/a\ncat in/b\n").ok();
    assert!(!place.path("st").exists());
    place.fan("run in/a --state st -- cat").stdout("a\n").ok();
    let before = fs::read(place.path("st")).expect("a state");
    dry().stdout("cat in/b\n").ok();
    assert_eq!(fs::read(place.path("st")).expect("a state"), before);
}

#[test]
fn only_the_owner_can_read_a_state() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    place.file("in/a", b"a\n", 100);
    place.fan("run in --state st -- true").ok();
    let mode = fs::metadata(place.path("st"))
        .expect("a state")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn output_files_of_done_jobs_stay_and_missing_ones_are_made() {
    let place = Place::new();
    place.file("a", b"A", 60).file("c", b"C", 60);
    let script = r#"cat "$1"; echo "$1" >> ran; [ "$1" != c ]"#;
    let to = |template: &str, names: &str| {
        let fan = place.fan("run --state s -j1 --out").arg(template).stdin(names);
        fan.args(["--", "sh", "-c", script, "sh"])
    };
    let run = |names: &str| to("out/{}", names);
    run("a\nc\n").says("job 2 (c)").code(123);
    assert!(place.path("out/a").exists() && !place.path("out/c").exists());
    place.file("b", b"B", 60);
    run("a\nb\n").stdout("").ok();
    assert_eq!(place.lines("ran"), ["a", "b", "c"]);
    for (name, bytes) in [("out/a", "A"), ("out/b", "B")] {
        assert_eq!(std::fs::read(place.path(name)).expect("made"), bytes.as_bytes());
    }
    fs::remove_file(place.path("out/a")).expect("it was made");
    run("a\nb\n").stdout("").ok();
    assert_eq!(place.lines("ran"), ["a", "a", "b", "c"]);
    assert!(place.path("out/a").exists());
    to("other/{}", "a\n")
        .says("out: stored 'out/{}', now 'other/{}'")
        .code(2);
}
