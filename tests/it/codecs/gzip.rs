//! Damaged and unusual gzip files: fanfold and `gzip -t` agree on which are whole.

use crate::support::{fan, gzip, has};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Returns lines that do not repeat, so that they compress badly.
fn lines(count: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut text = String::new();
    for at in 0..count {
        let _ = writeln!(text, "{at} {:x}", random.u64(..));
    }
    text.into_bytes()
}

/// Returns the exit status of `gzip -t`: 0 for a good file, 1 for a bad one, 2 for a warning.
fn verdict(file: &Path) -> i32 {
    let mut gzip = Command::new("gzip");
    let gzip = gzip.arg("-t").arg(file).stderr(Stdio::null());
    gzip.status().expect("gzip runs").code().expect("it exits")
}

/// Expects that fanfold and gzip agree on these bytes: exit code, lines and messages.
#[track_caller]
fn agrees(bytes: &[u8], what: &str) {
    let fan = fan("map bad.gz good.gz --select 1 --count --top 1")
        .file("bad.gz", bytes)
        .gz("good.gz", "good\ngood\n");
    let gzip = verdict(&fan.path("bad.gz"));
    let done = fan.spawn().wait();
    let whole = gzip != 1;
    let code = done.status.code();
    done.expect(
        code == Some(if whole { 0 } else { 3 }),
        &format!("the verdict of gzip -t ({gzip}) on {what}"),
    );
    if !whole {
        done.expect(done.out == b"2\tgood\n", "no record of the bad file");
        let named = done.err.starts_with("fanfold: bad.gz: ") && done.err.contains("byte");
        done.expect(named, "a message with the file and the offset");
    }
    done.expect(
        (gzip == 2) == done.err.contains("trailing garbage"),
        "a warning where gzip warns",
    );
}

#[test]
fn every_member_is_read_and_zero_padding_is_silent() {
    let members = [gzip(b"1\n"), gzip(b""), gzip(b"2\n3"), gzip(b"4\n")].concat();
    fan("map a.gz").file("a.gz", &members).stdout("1\n2\n34\n").ok();
    let padded = [&members[..], &[0; 100_000]].concat();
    fan("map a.gz").file("a.gz", padded).stdout("1\n2\n34\n").ok();
}

#[test]
fn the_format_of_a_file_is_in_its_bytes_not_its_name() {
    fan("map a.gz b.txt")
        .file("a.gz", "plain\n")
        .gz("b.txt", "packed\n")
        .stdout("plain\npacked\n")
        .stderr("fanfold: 1 file is named as compressed and is plain: it was read as it is (first: a.gz)\n")
        .ok();
    fan("map empty tiny")
        .file("empty", "")
        .file("tiny", "\x1f")
        .stdout("\x1f\n")
        .ok();
}

#[test]
fn trailing_garbage_is_a_warning() {
    fan("map a.gz")
        .file("a.gz", [gzip(b"x\n"), b"garbage".to_vec()].concat())
        .stdout("x\n")
        .stderr("fanfold: a.gz: trailing garbage ignored\n")
        .ok();
}

#[test]
fn a_truncated_file_gives_no_records_and_is_named_with_its_offset() {
    let whole = gzip(&lines(1000));
    let cut = whole.len() / 2;
    for words in [
        "map cut.gz ok.gz",
        "map cut.gz ok.gz --grep a",
        "map cut.gz ok.gz --unique",
    ] {
        fan(words)
            .file("cut.gz", &whole[..cut])
            .gz("ok.gz", "a\n")
            .stdout("a\n")
            .stderr(&format!(
                "fanfold: cut.gz: truncated gzip stream after {cut} bytes\nfanfold: 1 of 2 jobs failed (exit 3)\n"
            ))
            .code(3);
    }
}

#[test]
fn gzip_agrees_on_files_cut_anywhere() {
    if !has("gzip") {
        return;
    }
    let first = gzip(&lines(300));
    let two = [first.clone(), gzip(&lines(20))].concat();
    // The first byte alone does not make a file gzip: it is plain.
    let cuts = [
        2,
        3,
        5,
        9,
        10,
        11,
        100,
        first.len() / 2,
        first.len() - 9,
        first.len() - 8,
        first.len() - 4,
    ];
    let later = [
        first.len() - 1,
        first.len(),
        first.len() + 1,
        first.len() + 5,
        two.len() - 1,
        two.len(),
    ];
    for cut in cuts.into_iter().chain(later) {
        agrees(&two[..cut], &format!("{cut} of {} bytes", two.len()));
    }
}

#[test]
fn gzip_agrees_on_flipped_bits() {
    if !has("gzip") {
        return;
    }
    let whole = [gzip(&lines(100)), gzip(&lines(30))].concat();
    let mut random = fastrand::Rng::with_seed(11);
    for round in 0..60 {
        let mut flipped = whole.clone();
        // Only after the magic number: a file without it is plain to fanfold, and gzip refuses it.
        let at = if round < 12 {
            2 + round
        } else {
            random.usize(2..whole.len())
        };
        flipped[at] ^= 1 << random.u8(..8);
        agrees(&flipped, &format!("a flipped bit in byte {at}"));
    }
}

#[test]
fn gzip_agrees_on_what_follows_the_last_member() {
    if !has("gzip") {
        return;
    }
    let tails: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\0\0\0x",
        b"x",
        b"xy",
        b"\x1f",
        b"\x1f\x8b",
        b"\x1f\x8b\x09\0\0\0\0\0\0\0\0\0",
    ];
    for tail in tails {
        let bytes = [&gzip(b"x\n")[..], tail].concat();
        agrees(&bytes, &format!("a member followed by {tail:?}"));
    }
}

#[test]
fn a_large_file_that_turns_out_corrupt_gives_nothing() {
    let text = lines(200_000);
    let mut whole = gzip(&text);
    let crc = whole.len() - 8;
    whole[crc] ^= 1;
    for words in ["map big.gz --unique", "map big.gz", "map big.gz -j1 --select 1"] {
        fan(words)
            .file("big.gz", &whole)
            .stdout("")
            .stderr(&format!(
                "fanfold: big.gz: corrupt gzip stream at byte {crc}: crc mismatch\nfanfold: 1 of 1 job failed (exit 3)\n"
            ))
            .code(3);
    }
}

/// What `{ seq 1 5 | gzip; …; }` and the like give when a byte of the second member's header is damaged.
fn damaged_second() -> Vec<Vec<u8>> {
    let [one, two, three] = [&b"1\n"[..], b"2\n", b"3\n"].map(gzip);
    let with = |at: usize, byte: u8, tail: &[u8]| {
        let mut two = two.clone();
        two[at] = byte;
        [&one[..], &two, tail].concat()
    };
    let zeroed = [&one[..], &[0; 12], &two[12..], &three].concat();
    let files = [(0, 0x1e), (0, 0), (1, 0x8a), (2, 9), (3, 0xe0)];
    let mut files: Vec<_> = files
        .into_iter()
        .flat_map(|(at, byte)| [with(at, byte, b""), with(at, byte, &three)])
        .collect();
    files.extend([
        zeroed,
        [&one[..], b"garbage", &two].concat(),
        [&one[..], &[0; 3], &two].concat(),
        [&one[..], &vec![b'x'; 300_000], &two, b"more"].concat(),
        [&one[..], b"BZh91AY&SY"].concat(),
        [&one[..], b"\x28\xb5\x2f\xfd\0\0"].concat(),
    ]);
    files
}

#[test]
fn members_behind_damage_are_not_lost_in_silence() {
    for bytes in damaged_second() {
        for words in [
            "map bad.gz good",
            "map bad.gz good --count",
            "map bad.gz good -j1 --select 1 --state s",
            "run -z bad.gz good --count -- cat",
        ] {
            let out = match words.contains("--count") {
                true => "1\tgood\n",
                false => "good\n",
            };
            fan(words)
                .file("bad.gz", &bytes)
                .file("good", "good\n")
                .stdout(out)
                .says("fanfold: bad.gz: corrupt gzip stream at byte ")
                .code(3);
        }
        fan("map bad.gz --fn check")
            .file("bad.gz", &bytes)
            .stdout("")
            .code(3);
        fan("map bad.gz --partial keep --select 1")
            .file("bad.gz", &bytes)
            .stdout("1\n")
            .code(3);
    }
}

#[test]
fn a_damaged_member_in_the_middle_of_bgzf_spoils_the_file() {
    if !has("bgzip") {
        return;
    }
    let script = "seq 1 3000000 | bgzip -c";
    let whole = crate::support::oracle(Path::new("/"), script, &[]);
    let mut starts = vec![0];
    while let Some(size) = whole
        .get(starts[starts.len() - 1] + 16..)
        .and_then(<[u8]>::first_chunk)
    {
        starts.push(starts[starts.len() - 1] + 1 + usize::from(u16::from_le_bytes(*size)));
    }
    for (at, byte) in [(2, 0), (2, 1), (300, 0), (starts.len() - 3, 1)] {
        let mut damaged = whole.clone();
        damaged[starts[at] + byte] ^= 0x10;
        for words in [
            "map b.gz --agg count",
            "map b.gz --agg count -j1",
            "map b.gz --fn check",
        ] {
            let out = if words.contains("count") { "0\n" } else { "" };
            fan(words).file("b.gz", &damaged).stdout(out).code(3);
        }
    }
}
