//! Damaged and unusual files of every codec: fanfold and the program that defines the format agree on which
//! are whole, and on what they hold.

use crate::support::{fan, has, oracle};
use fanfold::codec;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a program, or fanfold, finds in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Whole,
    /// The file is whole, and bytes after its end are ignored.
    Warned,
    Bad,
}

fn packed(program: &str, lines: usize, seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let text: String = (0..lines)
        .map(|at| {
            format!(
                "10.0.{}.7 [{at}] \"GET /{}\"\n",
                random.u8(..4),
                random.u16(..500)
            )
        })
        .collect();
    let mut child = Command::new(program)
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it is installed");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(text.as_bytes())
        .expect("taken");
    child.wait_with_output().expect("it ends").stdout
}

/// Returns damaged files: truncated at every byte, with a flipped bit in every byte, with more after the end. A head has
/// `head` bytes.
fn damaged(one: &[u8], two: &[u8], head: usize) -> Vec<Vec<u8>> {
    let both = [one, two].concat();
    let truncated = (0..=both.len()).map(|n| both[..n].to_vec());
    let bits = (0..both.len() * 8).filter(|bit| {
        let byte = bit / 8;
        let edge = byte < 16 || (one.len() - 12..one.len() + 16).contains(&byte) || byte + 12 >= both.len();
        edge || bit % 8 == byte * 3 % 8
    });
    let flipped = bits.map(|bit| {
        let mut bytes = both.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let behind = |head: &[u8]| [head, &two[head.len()..]].concat();
    let headless = [behind(&vec![0; head]), behind(&vec![b'x'; head])];
    let tails: [&[u8]; 14] = [
        b"",
        b"\0",
        b"\0\0\0\0",
        &[0; 512],
        b"\0\0x",
        b"x",
        b"wxyz",
        b"text behind it\n",
        two,
        &one[..1],
        &one[..2],
        &one[..one.len() / 2],
        &headless[0],
        &headless[1],
    ];
    let pairs = tails
        .iter()
        .flat_map(|a| tails.iter().map(|b| [one, a, b].concat()));
    truncated.chain(flipped).chain(pairs).collect()
}

/// Returns whether a file holds more of the two members than its program decodes: behind whole ones, its rest
/// begins with a head in which a bit is flipped, or has a whole head of `length` bytes anywhere, or only what follows
/// the `head` bytes of one. `data` is the second member without what ends a file.
fn loses_data(bytes: &[u8], [one, two, data]: [&[u8]; 3], length: usize, head: usize) -> bool {
    let mut rest = bytes;
    while let Some(next) = [one, two, data]
        .iter()
        .find_map(|member| rest.strip_prefix(*member))
    {
        rest = next;
    }
    if rest.len() == bytes.len() {
        return false;
    }
    let flipped = |head: &[u8]| {
        let differing: Vec<usize> = (0..length).filter(|&at| head[at] != two[at]).collect();
        // The fourth byte has several good values: flags, or the digit of a level.
        differing.len() == 1 && (differing != [3] || length == 10 && !head[3].is_ascii_digit())
    };
    let padding = rest.iter().take_while(|&&byte| byte == 0).count();
    if length == 4 && rest[padding..].starts_with(&one[..2]) && padding > 0 {
        return true;
    }
    // The data of bzip2 are found anywhere, those of gzip behind a head of the usual length.
    let behind = &data[head..];
    let is_head = rest.iter().zip(&two[..4]).filter(|(a, b)| a == b).count() > 2;
    let has_data = match length {
        10 => rest.windows(behind.len()).any(|part| part == behind),
        _ => rest.get(head..).is_some_and(|rest| rest.starts_with(behind)),
    };
    if has_data && !is_head {
        return true;
    }
    let mut heads = rest.windows(length);
    heads.next().is_some_and(flipped) || heads.any(|head| head == &one[..length])
}

/// Returns the verdict of the program on each file. One shell runs it for all of them.
fn said_by(program: &str, dir: &std::path::Path, names: &[String]) -> BTreeMap<String, Verdict> {
    let script =
        r#"program=$1; shift; for f in "$@"; do "$program" -t <"$f" >/dev/null 2>&1; echo "$? $f"; done"#;
    let args = [program].into_iter().chain(names.iter().map(String::as_str));
    let args: Vec<&OsStr> = args.map(OsStr::new).collect();
    let said = String::from_utf8(oracle(dir, script, &args)).expect("text");
    let verdict = |line: &str| {
        let (code, name) = line.split_once(' ').expect("a code and a name");
        let verdict = match (program, code) {
            (_, "0") => Verdict::Whole,
            ("gzip", "2") => Verdict::Warned,
            _ => Verdict::Bad,
        };
        (name.to_owned(), verdict)
    };
    said.lines().map(verdict).collect()
}

/// Returns the verdict of fanfold on each file that its messages name.
fn said_in(messages: &str) -> BTreeMap<String, Verdict> {
    let of_line = |line: &str| {
        let (name, what) = line.strip_prefix("fanfold: ")?.split_once(": ")?;
        let verdict = match what {
            "trailing garbage ignored" => Verdict::Warned,
            _ => Verdict::Bad,
        };
        Some((name.to_owned(), verdict))
    };
    messages.lines().filter_map(of_line).collect()
}

fn agrees(program: &str) {
    agrees_on(program, program, |packed| packed);
}

/// `packer` makes the members, of which `cut` leaves what is not the end of a file.
fn agrees_on(packer: &str, program: &str, cut: fn(Vec<u8>) -> Vec<u8>) {
    if !has(program) || !has(packer) {
        return;
    }
    // Each codec has the name of its program.
    assert!(codec::by_name(program).is_some(), "it is in the table");
    let (one, two) = (cut(packed(packer, 9, 1)), packed(packer, 4, 2));
    let data = cut(two.clone());
    let head = match packer {
        "bgzip" => 18,
        "gzip" => 10,
        _ => 4,
    };
    let mut given = fan("map d");
    let mut names = Vec::new();
    // Less than a magic number is text.
    let known = |bytes: &Vec<u8>| bytes.len() >= codec::Codec::HEAD_LENGTH;
    for (at, bytes) in damaged(&one, &two, head).into_iter().filter(known).enumerate() {
        let name = format!("d/{at:04}");
        given = given.file(&name, bytes);
        names.push(name);
    }
    let theirs = said_by(program, given.dir(), &names);
    let packers = said_by(packer, given.dir(), &names);
    let running = given.spawn();
    let dir = running.path("");
    let done = running.wait();
    let ours = said_in(&done.err);
    let (mut whole, mut stricter, mut lost) = (vec![program], 0, 0);
    for name in &names {
        let mine = ours.get(name).copied().unwrap_or(Verdict::Whole);
        let bytes = std::fs::read(dir.join(name)).expect("it was written");
        let length = if program == "bzip2" { 10 } else { 4 };
        let theirs = match loses_data(&bytes, [&one, &two, &data], length, head) {
            // Both programs pass over members with a warning. Here data that are lost are an error.
            true if matches!(
                (program, theirs[name]),
                ("gzip", Verdict::Warned) | ("bzip2", Verdict::Whole)
            ) =>
            {
                lost += 1;
                Verdict::Bad
            }
            _ => theirs[name],
        };
        // What both programs find whole or damaged is so.
        let is_clear = packer != program && (packers[name] == Verdict::Bad) == (theirs == Verdict::Bad);
        done.expect(
            !is_clear || (mine == Verdict::Bad) == (theirs == Verdict::Bad),
            name,
        );
        match (program, theirs, mine) {
            // Only gzip has an exit status for warnings.
            ("bzip2", Verdict::Whole, Verdict::Warned) => {}
            // Newer versions report damage that changes no byte of the output; older ones don't.
            ("zstd", Verdict::Whole, Verdict::Bad) => stricter += 1,
            (_, theirs, mine) => {
                let about =
                    format!("{theirs:?} of {name} and not {mine:?}, as {program} -t has it: {bytes:x?}");
                done.expect(mine == theirs, &about);
            }
        }
        if mine != Verdict::Bad {
            whole.push(name);
        }
    }
    let bad = names.len() + 1 - whole.len();
    done.expect(
        whole.len() > 5 && bad > 300 && stricter * 100 < bad,
        "files of both kinds",
    );
    let passes_over = matches!(program, "gzip" | "bzip2");
    done.expect(
        (lost > 20) == passes_over,
        "files whose later members the program passes over",
    );
    let script = r#"program=$1; shift; for f in "$@"; do "$program" -dc <"$f" 2>/dev/null || :; done"#;
    let whole: Vec<&OsStr> = whole.into_iter().map(OsStr::new).collect();
    let plain = oracle(&dir, script, &whole);
    done.expect(done.out == plain, "the bytes of the whole files and of no other");
    done.expect(done.status.code() == Some(3), "exit 3");
}

#[test]
fn gzip_agrees_on_damaged_files() {
    agrees("gzip");
}

#[test]
fn bgzip_agrees_on_damaged_files() {
    // A member without bytes ends a file.
    agrees_on("bgzip", "gzip", |mut packed| {
        packed.truncate(packed.len() - 28);
        packed
    });
}

#[test]
fn zstd_agrees_on_damaged_files() {
    agrees("zstd");
}

#[test]
fn bzip2_agrees_on_damaged_files() {
    agrees("bzip2");
}

#[test]
fn xz_agrees_on_damaged_files() {
    agrees("xz");
}

#[test]
fn lz4_agrees_on_damaged_files() {
    agrees("lz4");
}
