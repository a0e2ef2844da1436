//! The built-in maps by way of their table, against the programs that they are measured by.

use super::*;
use crate::codec::Decoder;
use crate::control::Control;
use crate::job::{Input, Trust};
use crate::memory::Budget;
use std::ffi::OsStr;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

/// Takes what a map emits.
struct Taken {
    worker: WorkerHandle,
    bytes: Vec<u8>,
}

impl Emit for Taken {
    fn out(&mut self, block: &[u8], _: Trust) -> ControlFlow<()> {
        self.bytes.extend_from_slice(block);
        ControlFlow::Continue(())
    }

    fn err(&mut self, _: &[u8]) {}

    fn warn(&mut self, _: &OsStr, _: &str) {}

    fn worker(&self) -> &WorkerHandle {
        &self.worker
    }
}

/// What the function gives for this input, and how it ended.
pub(super) fn run(name: &str, input: Input) -> (Vec<u8>, Result<(), Failure>) {
    let control = Control::new(1).expect("descriptors");
    let mut taken = Taken {
        worker: control.worker(0),
        bytes: Vec::new(),
    };
    let function = function(name).expect("a function of that name");
    let mut map = function.start(Decoder::new(Budget::new(1 << 30), None));
    let job = Job {
        seq: 0,
        number: 1,
        inputs: vec![input],
    };
    let end = map.run(&job, &mut taken);
    (taken.bytes, end)
}

fn gzip(path: &Path, bytes: &[u8]) {
    let file = std::fs::File::create(path).expect("created");
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all(bytes).expect("written");
    packed.finish().expect("written");
}

#[test]
fn functions_are_about_the_decompressed_bytes() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a.gz");
    gzip(&path, b"one two\nthree\n");
    let shown = path.display();
    let text = |name| {
        let (bytes, end) = run(name, Input::File(path.clone().into()));
        end.expect("whole");
        String::from_utf8(bytes).expect("text")
    };
    assert_eq!(text("cat"), "one two\nthree\n");
    assert_eq!(text("wc"), format!("2\t3\t14\t{shown}\n"));
    let hex = "6481b98de00b3b8c0eccd56b3877aa72d7cbb9c2b97142fa35f7177f9456926d";
    assert_eq!(text("digest"), format!("{hex}  {shown}\n"));
    assert_eq!(text("check"), "");
}

#[test]
fn a_truncated_file_gives_no_row_and_fails() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a.gz");
    gzip(&path, b"one two\nthree\n");
    let whole = std::fs::read(&path).expect("read");
    std::fs::write(&path, &whole[..whole.len() - 5]).expect("written");
    for name in ["wc", "digest", "check"] {
        let (bytes, end) = run(name, Input::File(path.clone().into()));
        assert!(matches!(end, Err(Failure::Corrupt { .. })), "{name}: {end:?}");
        assert_eq!(bytes, b"", "{name}");
    }
}

#[test]
fn parts_of_a_file_are_its_lines_each_once() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = b"one\n\ntwo\nthree and more\nno newline";
    std::fs::write(file.path(), text).expect("written");
    let lines = [&text[..], b"\n"].concat();
    for cut in 1..text.len() as u64 {
        let part = |start, end| {
            let name = file.path().into();
            let (bytes, end) = run("cat", Input::Range { name, start, end });
            end.expect("read");
            bytes
        };
        let (before, after) = (part(0, cut), part(cut, u64::MAX));
        assert!(before.ends_with(b"\n") || after.is_empty(), "cut at {cut}");
        assert_eq!([before, after].concat(), lines, "cut at {cut}");
    }
}
