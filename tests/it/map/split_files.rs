//! Large files that are split into parts: each line comes once and in order, and a corrupt file gives all or
//! nothing.

use crate::support::{fan, has, strace};
use std::io::Write as _;

/// Returns chunks of 60 KB that do not compress, with long lines that cross from one chunk into the next.
fn chunks() -> Vec<Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(4);
    let mut bytes = vec![0; 160 * 60_000];
    random.fill(&mut bytes);
    for at in (0..bytes.len()).step_by(7001) {
        bytes[at] = b'\n';
    }
    bytes.chunks(60_000).map(<[u8]>::to_vec).collect()
}

fn bgzf(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut all = Vec::new();
    for plain in chunks.iter().map(Vec::as_slice).chain([&b""[..]]) {
        let length = plain.len() as u16;
        let size = (18 + 5 + plain.len() + 8 - 1) as u16;
        all.extend_from_slice(b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0");
        all.extend_from_slice(&size.to_le_bytes());
        // One block, stored.
        all.push(1);
        all.extend_from_slice(&length.to_le_bytes());
        all.extend_from_slice(&(!length).to_le_bytes());
        all.extend_from_slice(plain);
        all.extend_from_slice(&libdeflater::crc32(plain).to_le_bytes());
        all.extend_from_slice(&u32::from(length).to_le_bytes());
    }
    all
}

fn zstd(chunks: &[Vec<u8>]) -> Vec<u8> {
    let frame = |plain: &Vec<u8>| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("memory");
        encoder.include_checksum(true).expect("memory");
        encoder.write_all(plain).expect("memory");
        encoder.finish().expect("memory")
    };
    chunks.iter().flat_map(frame).collect()
}

/// Calls the test with the same file in each compressed format that can be split.
fn each(mut test: impl FnMut(&[u8], &[u8])) {
    let chunks = chunks();
    let plain = chunks.concat();
    test(&plain, &bgzf(&chunks));
    test(&plain, &zstd(&chunks));
}

#[test]
fn the_parts_of_a_compressed_file_give_its_lines_once_and_in_order() {
    each(|plain, packed| {
        let lines = plain.iter().filter(|&&byte| byte == b'\n').count();
        for jobs in ["-j1", "-j4"] {
            let given = fan("map a -i lines").arg(jobs).file("a", packed);
            let mut ended = plain.to_vec();
            ended.push(b'\n');
            let done = given.spawn().wait();
            done.expect(done.out == ended, "all lines in order");
            let counted = format!("{}\n", lines + 1);
            fan("map a --agg count")
                .arg(jobs)
                .file("a", packed)
                .stdout(&counted)
                .ok();
        }
    });
}

#[test]
fn a_file_that_is_corrupt_in_one_part_gives_no_records() {
    each(|_, packed| {
        let mut spoilt = packed.to_vec();
        let last = spoilt.len() - 100_000;
        spoilt[last] ^= 1;
        let once = fan("map a -i lines").file("a", &spoilt).spawn().wait();
        let message = once.err.lines().next().unwrap_or_default();
        once.expect(
            message.starts_with("fanfold: a: corrupt "),
            "a message about the file",
        );
        let said = format!("{message}\nfanfold: 1 of 2 jobs failed (exit 3)\n");
        // The number of parts of the good file does not matter.
        let done = fan("map a b -i lines --agg count")
            .file("a", &spoilt)
            .file("b", packed);
        done.stderr(&said).code(3);
        // A reader that begins at the start does not see damage further on.
        for at in [last + 50_000, last + 90_000] {
            spoilt[at] ^= 1;
        }
        for words in [
            "map a b -i lines",
            "map a b --agg count",
            "map a b --select 1 --unique",
        ] {
            let out = if words.contains("count") { "1\n" } else { "x\n" };
            fan(words)
                .file("a", &spoilt)
                .file("b", "x\n")
                .stdout(out)
                .stderr(&said)
                .code(3);
        }
    });
}

#[test]
fn records_kept_of_a_corrupt_file_end_at_the_damage() {
    each(|plain, packed| {
        let mut spoilt = packed.to_vec();
        let middle = spoilt.len() / 2 + 20_000;
        spoilt[middle] ^= 1;
        let done = fan("map a -i lines --partial keep")
            .file("a", &spoilt)
            .spawn()
            .wait();
        let sound = middle - 400_000;
        let kept = done.out.get(..sound) == plain.get(..sound) && done.out.ends_with(b"\n");
        done.expect(kept, "lines before the damage");
        done.expect(done.out.len() < middle + 100_000, "none behind it");
    });
}

#[test]
fn a_part_whose_output_can_not_be_held_has_ended_all_the_same() {
    if !has("strace") {
        return;
    }
    // Each part has less output than is sent before its end, and all of them more than memory holds.
    let line = |n: usize| {
        format!(
            "{n:052} {}\n",
            if n.is_multiple_of(100) { "needle" } else { "straws" }
        )
    };
    let text: String = (0..500_000).map(line).collect();
    let chunks: Vec<_> = text.as_bytes().chunks(60_000).map(<[u8]>::to_vec).collect();
    let fan = fan("map --grep needle --memory 128K big.gz").env("TMPDIR", "/nonexistent");
    let fan = strace::inject(fan.file("big.gz", bgzf(&chunks)), &["-e", "trace=clone3,clone"]);
    let done = fan.code(5);
    let starts = strace::trace(&done).matches("clone").count();
    done.expect(starts < 20, "no worker is started for what has ended");
}

/// A file of the format, long enough to be split, whose first line has so many more bytes; and the words and the answer.
type Uncut = (fn(usize) -> String, &'static [&'static str], &'static str);

/// What is as long as half a page, so that there are few lines.
fn filler(bytes: usize) -> String {
    "x".repeat(2000 + bytes)
}

#[test]
fn records_that_lean_on_lines_before_them_are_the_same_wherever_a_file_could_be_cut() {
    // The columns change places in the middle of the file.
    fn w3c(pad: usize) -> String {
        let lines = |fields: &str, line: &str, pad| {
            let first = format!("#Fields: {fields}\n#Remark: {}\n", filler(pad));
            first + &format!("{line} {}\n", filler(0)).repeat(9000)
        };
        lines("time sc-status cs-uri", "03:04:05 200", pad)
            + &lines("sc-status time cs-uri", "404 03:04:05", 0)
    }
    // A record has three lines.
    fn joined(pad: usize) -> String {
        let record = format!("2024 begin\n {}\n end\n", filler(0));
        format!("2024 begin\n {}\n end\n", filler(pad)) + &record.repeat(17_000)
    }
    // What the first lines say holds for all.
    fn json(pad: usize) -> String {
        let line = |status: u32, pad| format!("{{\"status\":{status},\"text\":\"{}\"}}\n", filler(pad));
        line(200, pad) + &(line(200, 0) + &line(404, 0)).repeat(8500)
    }
    let all: [Uncut; 3] = [
        (w3c, &["-i", "w3c", "--by", "sc-status"], "200\t9000\n404\t9000\n"),
        (
            joined,
            &["--record-start", "^2024", "--by", "1,-1"],
            "2024\tend\t17001\n",
        ),
        (
            json,
            &["-q", "-i", "auto", "--by", "status"],
            "200\t8501\n404\t8500\n",
        ),
    ];
    for (file, words, answer) in all {
        let pads = [0, fastrand::usize(1..4000)];
        for pad in pads {
            let text = file(pad);
            assert!(text.len() > 32 << 20, "{words:?}: {}", text.len());
            let run = fan("map a -j4").args(words).file("a", &text);
            run.stdout(answer).stderr("").ok();
        }
    }
}
