//! Nights of a log rotation: each night's answer is that of a full run, and only what is new is read.

use crate::support::{Place, gzip, has, set_age, setting, strace};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;

/// How many nights each rotation has, unless the environment says otherwise:
/// `FANFOLD_NIGHTS=30 cargo test --test it state::rotation`.
const NIGHTS: u64 = 6;

const LINE: &str = "map in --by 1 --agg count,sum:2 -q";

/// How many old logs are kept.
const KEPT: u64 = 4;

#[derive(Clone, Copy, PartialEq)]
enum Rotation {
    Numbered,
    Compressed,
    CopyTruncate,
    Dated,
}

fn append(place: &Place, name: &str, bytes: &[u8]) {
    let path = place.path(name);
    let mut file = File::options()
        .append(true)
        .create(true)
        .open(path)
        .expect("a file");
    file.write_all(bytes).expect("written");
}

fn lines(random: &mut fastrand::Rng) -> Vec<u8> {
    let line = |random: &mut fastrand::Rng| format!("host{} {}\n", random.u8(..9), random.u16(..));
    (0..random.usize(100..3000))
        .flat_map(|_| line(random).into_bytes())
        .collect()
}

impl Rotation {
    fn rotate(self, place: &Place, night: u64) {
        let path = |name: &str| place.path(name);
        let old = |n: u64| match (self, n) {
            (Rotation::Compressed, 2..) => path(&format!("in/log.{n}.gz")),
            _ => path(&format!("in/log.{n}")),
        };
        if self == Rotation::Dated {
            let _ = fs::remove_file(path(&format!(
                "in/log-{}",
                20_260_100 + night.saturating_sub(KEPT)
            )));
            fs::rename(path("in/log"), path(&format!("in/log-{}", 20_260_100 + night))).expect("renamed");
            return;
        }
        let _ = fs::remove_file(old(KEPT));
        for n in (1..KEPT).rev().filter(|&n| old(n).exists()) {
            match self == Rotation::Compressed && n == 1 {
                true => {
                    fs::write(old(2), gzip(&fs::read(old(1)).expect("there"))).expect("written");
                    fs::remove_file(old(1)).expect("removed");
                }
                false => fs::rename(old(n), old(n + 1)).expect("renamed"),
            }
        }
        match self {
            Rotation::CopyTruncate => {
                fs::copy(path("in/log"), old(1)).expect("copied");
                File::options()
                    .write(true)
                    .open(path("in/log"))
                    .expect("there")
                    .set_len(0)
                    .expect("truncated");
            }
            _ => fs::rename(path("in/log"), old(1)).expect("renamed"),
        }
    }
}

/// Returns the sizes and times of the logs.
fn stamps(place: &Place) -> BTreeMap<std::ffi::OsString, (u64, std::time::SystemTime)> {
    let files = fs::read_dir(place.path("in")).expect("there").flatten();
    let stamp = |entry: fs::DirEntry| {
        let found = entry.metadata().expect("there");
        (
            entry.file_name(),
            (found.len(), found.modified().expect("a time")),
        )
    };
    files.map(stamp).collect()
}

fn saved(place: &Place) -> u64 {
    let status = place.fan("status calm --json").ok();
    let status: serde_json::Value = serde_json::from_slice(&status.out).expect("JSON");
    status["saved"]["bytes"].as_u64().expect("a number")
}

fn rotates(rotation: Rotation, age: Option<u64>) {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let _ = writeln!(std::io::stderr(), "seed {seed}");
    let place = Place::in_memory();
    fs::create_dir(place.path("in")).expect("a directory");
    let mut before = BTreeMap::new();
    for night in 0..setting("FANFOLD_NIGHTS", NIGHTS) {
        let mut new = 0;
        let mut write = |bytes: &[u8]| {
            append(&place, "in/log", bytes);
            new += bytes.len() as u64;
        };
        write(&lines(&mut random));
        if night > 0 {
            rotation.rotate(&place, night);
            append(&place, "in/log", b"");
            let mut more = lines(&mut random);
            // Sometimes the last line is not ended yet.
            more.truncate(more.len() - random.usize(..3));
            let bytes = more;
            append(&place, "in/log", &bytes);
            new += bytes.len() as u64;
        }
        if let Some(age) = age {
            set_age(&place.path("in/log"), age - night);
        }
        let whole = place.whole(LINE);
        if has("strace") {
            let inject = format!("inject=pwrite64:signal=KILL:when={}", 1 + random.u32(..12));
            let options = ["-e", "trace=pwrite64", "-e", &inject];
            strace::inject(place.fan(&format!("{LINE} --state st")), &options)
                .spawn()
                .wait();
        }
        let done = place.fan(&format!("{LINE} --state st")).ok();
        done.expect(done.out == whole, &format!("night {night}"));
        let done = place.fan(&format!("{LINE} --state calm")).ok();
        done.expect(done.out == whole, &format!("night {night}, not killed"));
        let after = stamps(&place);
        let read = after
            .iter()
            .filter(|(name, stamp)| before.get(*name) != Some(*stamp));
        let read = read.map(|(_, (size, _))| size).sum::<u64>();
        let read = read.saturating_sub(saved(&place));
        let most = new + new / 10 + 64;
        assert!(
            rotation == Rotation::Compressed || read <= most,
            "night {night}: {read} of {new} new bytes"
        );
        before = after;
    }
}

#[test]
fn a_numbered_rotation_is_read_once() {
    rotates(Rotation::Numbered, None);
    rotates(Rotation::Numbered, Some(1000));
}

#[test]
fn a_numbered_rotation_that_compresses_gives_the_answer_of_a_full_run() {
    rotates(Rotation::Compressed, Some(1000));
}

#[test]
fn a_log_that_is_copied_and_truncated_is_read_once() {
    rotates(Rotation::CopyTruncate, None);
    rotates(Rotation::CopyTruncate, Some(1000));
}

#[test]
fn a_rotation_with_dates_is_read_once() {
    rotates(Rotation::Dated, None);
    rotates(Rotation::Dated, Some(1000));
}
