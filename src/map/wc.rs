//! `--fn wc`: how many lines, words and bytes each input has, as `wc` counts them in the C locale.

use super::read::read_all;
use super::{Emit, Map};
use crate::codec::Decoder;
use crate::job::{Failure, Job, Trust};
use crate::record::cell_tsv;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

/// Emits a row of counts for each input.
pub(super) struct Wc {
    decoder: Decoder,
}

impl Wc {
    pub(super) fn new(decoder: Decoder) -> Self {
        Wc { decoder }
    }
}

impl Map for Wc {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        for input in &job.inputs {
            let mut counts = Counts::default();
            read_all(&mut self.decoder, input, emit, &mut |block| counts.add(block))?;
            let mut row = Vec::new();
            write!(row, "{}\t{}\t{}\t", counts.lines, counts.words, counts.bytes)
                .expect("writing to memory does not fail");
            cell_tsv(&mut row, input.name().as_bytes());
            row.push(b'\n');
            if emit.out(&row, Trust::Final).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The counts so far; a block may end within a word.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    lines: u64,
    words: u64,
    bytes: u64,
    /// Whether the last byte was in a word.
    within: bool,
}

/// What a byte means for words: a blank, or a visible one.
const SPACE: u8 = 1;
const PRINTED: u8 = 2;

/// In the C locale white space ends a word and a visible byte begins one; any other byte (a
/// control, or one above 126) does neither.
static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b' ' | b'\t'..=b'\r' => SPACE,
            b'!'..=b'~' => PRINTED,
            _ => 0,
        };
        byte += 1;
    }
    classes
}

impl Counts {
    fn add(&mut self, block: &[u8]) {
        self.bytes += block.len() as u64;
        self.lines += memchr::memchr_iter(b'\n', block).count() as u64;
        let (mut words, mut within) = (0, self.within);
        for &byte in block {
            let class = CLASS[usize::from(byte)];
            let now = (within | (class & PRINTED != 0)) & (class & SPACE == 0);
            words += u64::from(now & !within);
            within = now;
        }
        self.words += words;
        self.within = within;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn counted(bytes: &[u8], block: usize) -> String {
        let mut counts = Counts::default();
        bytes.chunks(block).for_each(|block| counts.add(block));
        format!("{} {} {}", counts.lines, counts.words, counts.bytes)
    }

    fn wc(bytes: &[u8]) -> String {
        let mut child = Command::new("wc")
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("wc");
        child
            .stdin
            .take()
            .expect("piped")
            .write_all(bytes)
            .expect("taken");
        let out = child.wait_with_output().expect("ended");
        let text = String::from_utf8(out.stdout).expect("text");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn counts_are_those_of_wc_wherever_blocks_end() {
        let mut random = fastrand::Rng::with_seed(3);
        for length in [0, 1, 2, 100, 5000] {
            // Mostly text and spaces; and all bytes that text has.
            let text = b"ab \n\t\r\x0b\x0c~!";
            let bytes: Vec<u8> = (0..length).map(|_| text[random.usize(..text.len())]).collect();
            for block in [1, 7, 5001] {
                assert_eq!(
                    counted(&bytes, block),
                    wc(&bytes),
                    "{bytes:?} in blocks of {block}"
                );
            }
        }
    }

    #[test]
    fn a_byte_that_is_neither_visible_nor_white_is_no_word_and_ends_none() {
        assert_eq!(counted(b"a \xff \0 b\x80c", 1), "0 2 9");
    }
}
