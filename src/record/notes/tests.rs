//! Notes of several jobs, in any order, saved and placed.

use super::*;

fn job(seq: u64, values: &[&str]) -> Notes {
    let mut notes = Notes::default();
    let id = notes.enter(NoteKind::NoNumber, "bytes");
    notes.begin(format!("{seq}.log").as_bytes());
    for value in values {
        notes.line += 1;
        notes.judge(id);
        if value.parse::<u64>().is_err() {
            notes.add(id, value.as_bytes());
        }
    }
    let mut notes = notes.of_job();
    notes.place(seq, None);
    notes
}

fn merged(jobs: [Notes; 3]) -> Vec<String> {
    let mut all = Notes::default();
    jobs.into_iter().for_each(|notes| all.merge(notes));
    all.lines(&PartLines::default())
}

#[test]
fn the_first_place_is_the_first_in_input_order_however_jobs_end() {
    let jobs = || [job(0, &["1"]), job(1, &["2", "x", "-"]), job(2, &["y"])];
    let want = ["bytes: 3 of 5 values are '-' or no number (first: 1.log:2 'x')"];
    let [a, b, c] = jobs();
    assert_eq!(merged([a, b, c]), want);
    let [a, b, c] = jobs();
    assert_eq!(merged([c, b, a]), want);
}

#[test]
fn notes_are_saved_and_come_after_those_of_this_run() {
    let old = job(0, &["old", ""]);
    let mut saved = Vec::new();
    old.save(&mut saved).expect("memory");
    saved.extend(b"fold");
    let mut rest = &saved[..];
    let loaded = Notes::load(&mut rest).expect("as saved");
    assert_eq!(rest, b"fold");
    let texts = loaded.lines(&PartLines::default());
    assert_eq!(texts, old.lines(&PartLines::default()));
    let want = ["bytes: 3 of 3 values are empty or no number (first: 7.log:1 'z')"];
    assert_eq!(merged([loaded, Notes::default(), job(7, &["z"])]), want);
    assert!(Notes::load(&mut &b"\x01"[..]).expect("an older part").is_empty());
    assert!(Notes::load(&mut &saved[..20]).is_err());
}

#[test]
fn lines_of_a_later_part_count_from_the_beginning_of_the_file() {
    let mut lines = PartLines::default();
    lines.add(5, true, 100);
    lines.add(6, false, 10);
    let mut notes = job(7, &["1", "x"]);
    notes.place(7, Some(4096));
    let want = "bytes: 1 of 2 values is no number (first: 7.log:112 'x')";
    assert_eq!(notes.lines(&lines), [want]);
    let mut saved = Vec::new();
    notes.save(&mut saved).expect("memory");
    let notes = Notes::load(&mut &saved[..]).expect("as saved");
    let want = "(first: 7.log: line 2 of those that begin at byte 4096 or after it, 'x')";
    assert!(notes.lines(&lines)[0].ends_with(want));
}

#[test]
fn a_field_is_missing_when_no_job_has_seen_it() {
    let seen = |wrong: u64, of: u64| {
        let mut notes = Notes::default();
        let id = notes.enter(NoteKind::NoField, "lvl");
        notes.judge_all(id, of);
        notes.entries[id.0].tally.wrong = wrong;
        notes
    };
    let mut notes = seen(2, 2);
    notes.merge(seen(1, 1));
    assert_eq!(
        notes.lines(&PartLines::default()),
        ["lvl: no record that was read has this field"]
    );
    notes.merge(seen(0, 1));
    assert!(notes.lines(&PartLines::default()).is_empty());
}
