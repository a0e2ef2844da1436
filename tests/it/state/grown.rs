//! Files that have grown: only what was appended is read, and the answer is that of a full run.

use crate::support::{Done, Place, gzip, has, set_age};
use std::fs::{self, File};
use std::io::Write as _;

/// Command lines whose records may lie across the old end of a file in many ways; each is run with a state and without.
const LINES: [&str; 9] = [
    "map in --count",
    "map in --select 1 --count",
    "map in --agg count,sum:2,p50:2,distinct:1",
    "map in --grep 1 --select -1 --count",
    "map in -d , --by 1 --agg count,max:2",
    "map in -i json --by a --agg count,sum:b",
    "map in --record-start ^a --count",
    "map in -i csv --by x --agg count,max:y",
    "map in --select @line,1 --count",
];

fn append(place: &Place, name: &str, bytes: &[u8]) {
    let mut file = File::options()
        .append(true)
        .create(true)
        .open(place.path(name))
        .expect("a file");
    file.write_all(bytes).expect("written");
}

/// Returns what the last run need not have read.
fn saved(place: &Place) -> u64 {
    let status = place.fan("status st --json").ok();
    let status: serde_json::Value = serde_json::from_slice(&status.out).expect("JSON");
    status["saved"]["bytes"].as_u64().expect("a number")
}

fn text(random: &mut fastrand::Rng, format: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.usize(20..400) {
        let word = random
            .choice(["a", "b", "\u{e9}", "a b", "", "x\r"])
            .expect("one");
        let number = random.i32(-5..100);
        match format {
            5 => bytes.extend(format!("{{\"a\": \"{}\", \"b\": {number}}}\n", word.trim()).bytes()),
            7 => bytes.extend(format!("\"{word}\nz\",{number}\n").bytes()),
            _ => bytes.extend(format!("{word} {number},{number}\n").bytes()),
        }
    }
    bytes
}

/// Returns what a run said, without how many jobs there were and in which order they failed.
fn said(done: &Done) -> Vec<String> {
    let lines = done.err.lines().filter(|line| !line.contains(" failed (exit"));
    let mut lines: Vec<_> = lines.map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Lets a file grow to all cuts of its bytes, one a night; each night's answer is that of a full run.
fn grows(line: &str, bytes: &[u8], cuts: &[usize], age: Option<u64>) -> Place {
    let place = Place::in_memory();
    fs::create_dir(place.path("in")).expect("a directory");
    place.file("in/other", b"a 1,1\n", 100);
    let with_state = format!("{line} --state st");
    let mut at = 0;
    for (night, &cut) in cuts.iter().chain(&[bytes.len()]).enumerate() {
        append(&place, "in/log", &bytes[at..cut]);
        at = cut;
        if let Some(age) = age {
            set_age(&place.path("in/log"), age - night as u64);
        }
        let (whole, done) = (
            place.fan(line).spawn().wait(),
            place.fan(&with_state).spawn().wait(),
        );
        done.expect(
            done.out == whole.out,
            &format!("night {night}, {cuts:?} of {line}"),
        );
        done.expect(
            said(&done) == said(&whole),
            &format!(
                "the notes of night {night}, {cuts:?} of {line}: {:?}",
                said(&whole)
            ),
        );
        done.expect(
            done.status == whole.status,
            &format!("the status of night {night}, {cuts:?} of {line}"),
        );
    }
    place
}

#[test]
fn a_file_that_grows_at_any_byte_gives_the_answer_of_a_full_run() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let _ = writeln!(std::io::stderr(), "seed {seed}");
    for (number, line) in LINES.iter().enumerate() {
        for age in [None, Some(100)] {
            let mut bytes = text(&mut random, number);
            if number == 7 {
                bytes = [b"x,y\n", &bytes[..]].concat();
            }
            let mut cuts: Vec<_> = (0..4).map(|_| random.usize(..bytes.len())).collect();
            cuts.sort_unstable();
            grows(line, &bytes, &cuts, age);
        }
    }
}

#[test]
fn only_what_was_appended_is_read() {
    let lines = "a 1\n".repeat(1000);
    for age in [None, Some(100)] {
        let place = grows(
            "map in --select 1 --count",
            lines.as_bytes(),
            &[2000, 3001, 3002],
            age,
        );
        assert_eq!(saved(&place), 3000, "the last line was not ended");
    }
}

#[test]
fn a_gz_file_to_which_members_are_appended_is_read_from_there_on() {
    for age in [None, Some(100)] {
        let members: Vec<_> = (0..4)
            .map(|n| gzip(format!("a {n}\n").repeat(100).as_bytes()))
            .collect();
        let cuts: Vec<_> = (1..4).map(|n| members[..n].iter().map(Vec::len).sum()).collect();
        let place = grows("map in --select 2 --count", &members.concat(), &cuts, age);
        assert_eq!(saved(&place), cuts[2] as u64);
        // What follows is no member, or follows no whole line.
        let line = "map in --select 2 --count";
        for more in [b"garbage".to_vec(), gzip(b"a 7\na"), gzip(b" 8\n")] {
            append(&place, "in/log", &more);
            let (whole, done) = (
                place.fan(line).spawn().wait(),
                place.fan(&format!("{line} --state st")).spawn().wait(),
            );
            let (is, should) = ((&done.out, said(&done)), (&whole.out, said(&whole)));
            done.expect(is == should, &format!("the answer of a full run: {should:?}"));
        }
    }
}

#[test]
fn what_is_not_as_it_was_is_read_whole() {
    let place = Place::in_memory();
    let line = "map in --select 2 --count";
    let with_state = format!("{line} --state st");
    let long = |n: usize| (0..n).map(|i| format!("line {}\n", i % 10)).collect::<String>();
    let night = |bytes: &[u8]| {
        place.file("in/log", bytes, 50);
        place.fan(&with_state).stdout(place.whole(line)).ok();
        saved(&place)
    };
    assert_eq!(night(long(20_000).as_bytes()), 0);
    assert!(night(long(20_100).as_bytes()) > 0, "grown");
    // Truncated, and then longer than before, with other bytes at the beginning or at the old end.
    assert_eq!(night(b"line 7\n"), 0);
    assert_eq!(night(long(20_200).as_bytes()), 0);
    let mut other = long(20_300).into_bytes();
    other[5] = b'x';
    assert_eq!(night(&other), 0);
    let mut other = long(20_400).into_bytes();
    let old_end = long(20_300).len();
    other[old_end - 3] = b'x';
    assert_eq!(night(&other), 0);
    // The same size and another time.
    let mut other = long(20_400).into_bytes();
    other[100_000] = b'x';
    place.file("in/log", &other, 40);
    place.fan(&with_state).stdout(place.whole(line)).ok();
}

#[test]
fn times_without_a_year_are_of_the_year_that_a_full_run_gives_them() {
    let place = Place::in_memory();
    let line = "map in -i syslog --by time:year --agg count";
    let day = 86_400;
    let text = "Mar 10 06:55:46 host prog: text\n".repeat(100);
    // The day after March 10 of some year, and the same a year later.
    let old = |age| place.file("in/log", text.as_bytes(), age);
    old(800 * day);
    place
        .fan(&format!("{line} --state st"))
        .stdout(place.whole(line))
        .ok();
    for age in [790, 400, 30] {
        append(&place, "in/log", text.as_bytes());
        set_age(&place.path("in/log"), age * day);
        place
            .fan(&format!("{line} --state st"))
            .stdout(place.whole(line))
            .ok();
    }
}

#[test]
fn a_big_file_is_read_from_the_range_that_was_the_last() {
    let place = Place::in_memory();
    let line = "map in --select 2 --count";
    let with_state = format!("{line} --state st");
    let lines =
        |mib: usize| "some words 0123456789abcdef0123456789abcdef0123456789abcdef000\n".repeat(mib << 14);
    append(&place, "nothing", b"");
    fs::create_dir(place.path("in")).expect("a directory");
    // A line that no byte ends lies across the end of a range.
    append(&place, "in/log", lines(39).as_bytes());
    append(&place, "in/log", b"unterminated");
    for more in [1, 9, 1] {
        let before = fs::metadata(place.path("in/log")).expect("there").len();
        place.fan(&with_state).stdout(place.whole(line)).ok();
        append(&place, "in/log", b" line\nnext ");
        append(&place, "in/log", lines(more).as_bytes());
        append(&place, "in/log", &vec![b'z'; 3 << 20]);
        place.fan(&with_state).stdout(place.whole(line)).ok();
        assert!(
            saved(&place) + (4 << 20) > before,
            "{} of {before}",
            saved(&place)
        );
    }
}

#[test]
fn a_big_file_that_was_just_written_is_read_once_and_one_that_was_changed_within_is_read_again() {
    let place = Place::in_memory();
    let line = "map in --select 2 --count";
    let with_state = format!("{line} --state st");
    fs::create_dir(place.path("in")).expect("a directory");
    let mut bytes = "some words 0123456789abcdef0123456789abcdef0123456789abcdef000\n"
        .repeat(40 << 14)
        .into_bytes();
    append(&place, "in/log", &bytes);
    place.fan(&with_state).stdout(place.whole(line)).ok();
    append(&place, "in/log", b"new line\n");
    bytes.extend_from_slice(b"new line\n");
    place.fan(&with_state).stdout(place.whole(line)).ok();
    assert!(saved(&place) > 39 << 20, "{}", saved(&place));
    set_age(&place.path("in/log"), 100);
    place.fan(&with_state).ok();
    // The size is the same: the file did not grow.
    bytes[(8 << 20) + 5] = b'W';
    place.file("in/log", &bytes, 50);
    place.fan(&with_state).stdout(place.whole(line)).ok();
}

#[test]
fn a_run_that_is_killed_while_a_file_has_grown_carries_on() {
    if !has("strace") {
        return;
    }
    let place = Place::in_memory();
    let line = "map in --select 1 --count --state st";
    let text: String = (0..300).map(|n| format!("host{} x\n", n % 7)).collect();
    place.file("in/log", text.as_bytes(), 100);
    place.fan(line).ok();
    for n in 1.. {
        append(&place, "in/log", format!("new{n} y\nhalf").as_bytes());
        let inject = format!("inject=pwrite64:signal=KILL:when={n}");
        let options = ["-e", "trace=pwrite64", "-e", &inject];
        let killed = crate::support::strace::inject(place.fan(line), &options)
            .spawn()
            .wait();
        place
            .fan(line)
            .stdout(place.whole("map in --select 1 --count"))
            .ok();
        if killed.status.success() {
            assert!(n > 2, "pwrite64 was never called");
            return;
        }
    }
}
