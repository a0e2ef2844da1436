//! Tests of every codec: all ways to read a file give the same verdict and the same bytes.
//! `damaged_files.rs` beside it runs the program.

mod gzip_ways;

use crate::support::has;
use fanfold::codec::{Codec, Decoder, by_name};
use fanfold::job::Trust;
use fanfold::memory::Budget;
use std::cell::RefCell;
use std::fmt;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::process::{Command, Stdio};

/// What decoding a file gave.
#[derive(Debug)]
struct Outcome {
    result: Result<(), String>,
    plain: Vec<u8>,
    trusts: Vec<Trust>,
    warnings: Vec<String>,
}

/// A source that gives `step` bytes at a time, as a pipe may.
struct Trickle<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.step.min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.bytes = later;
        Ok(n)
    }
}

fn decode_with(decoder: &mut Decoder, source: &mut dyn Read, size: Option<u64>) -> Outcome {
    let (mut plain, mut trusts, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let result = decoder.decode(
        source,
        size,
        &mut |what| warnings.push(what.to_owned()),
        &mut |block, trust| {
            plain.extend_from_slice(block);
            trusts.push(trust);
            ControlFlow::Continue(())
        },
    );
    Outcome {
        result: result.map_err(|e| e.to_string()),
        plain,
        trusts,
        warnings,
    }
}

fn decoder() -> Decoder {
    Decoder::new(Budget::new(1 << 30), None)
}

/// Returns a verdict without its offset and details, which depend on how much was decoded at a time.
fn kind(got: &Outcome) -> Option<&str> {
    got.result.as_ref().err()?.split(" stream ").next()
}

thread_local! {
    /// Kept from test to test: making its buffers takes longer than decoding a test file.
    static DECODER: RefCell<Decoder> = RefCell::new(decoder());
}

/// Decodes the bytes as a file of known size and as a pipe, and checks that both verdicts are the same.
fn decode(bytes: &[u8]) -> Outcome {
    let (held, streamed) = DECODER.with_borrow_mut(|decoder| {
        let held = decode_with(decoder, &mut &bytes[..], Some(bytes.len() as u64));
        (held, decode_with(decoder, &mut Trickle { bytes, step: 7 }, None))
    });
    assert_eq!(kind(&held), kind(&streamed));
    assert!(
        held.plain == streamed.plain || held.result.is_err(),
        "the bytes differ"
    );
    assert_eq!(held.warnings, streamed.warnings);
    held
}

/// Runs `program` with these bytes as its standard input. Returns none, with a note, when it isn't installed.
fn pipe(program: &str, args: &[&str], bytes: &[u8]) -> Option<(i32, Vec<u8>)> {
    if !has(program) {
        return None;
    }
    let child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.expect("it is installed");
    let mut stdin = child.stdin.take().expect("it is piped");
    let output = std::thread::scope(|scope| {
        // The program may stop reading early, at garbage.
        scope.spawn(move || drop(stdin.write_all(bytes)));
        child.wait_with_output().expect("it was started")
    });
    Some((output.status.code().expect("it was not killed"), output.stdout))
}

/// Returns text that compresses as logs do, different for each seed.
fn text(lines: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut text = Vec::new();
    for n in 0..lines {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let host = state >> 40;
        let _ = writeln!(
            text,
            "10.{}.{}.7 - - [{n}] \"GET /{} HTTP/1.1\" 200",
            host % 256,
            host % 7,
            host % 1000
        );
    }
    text
}

/// Compares what the decoder and `program -dc` make of `bytes`: status 0 is good, 2 of gzip is good with
/// a warning, everything else is bad. Compares the plain bytes when the file is good. Returns false
/// when the program isn't installed.
fn agree(program: &str, bytes: &[u8], about: &dyn fmt::Debug) -> bool {
    // Allow windows as large as the decoder's budget.
    let args: &[&str] = match program {
        "zstd" => &["-dc", "--memory=1024MB"],
        _ => &["-dc"],
    };
    let Some((status, plain)) = pipe(program, args, bytes) else {
        return false;
    };
    let got = decode(bytes);
    let warned = program == "gzip" && status == 2;
    assert_eq!(
        got.result.is_ok(),
        status == 0 || warned,
        "{program} {about:?}: {status}, {got:?}"
    );
    if program == "gzip" {
        assert_eq!(!got.warnings.is_empty(), warned, "{about:?}: {status}, {got:?}");
    }
    if got.result.is_ok() {
        assert!(got.plain == plain, "{program} {about:?}: the bytes differ");
    }
    true
}

const PROGRAMS: &[(&str, &str)] = &[
    ("gzip", "gzip"),
    ("zstd", "zstd"),
    ("bzip2", "bzip2"),
    ("xz", "xz"),
    ("lz4", "lz4"),
];

fn each(mut test: impl FnMut(&'static Codec, &str)) {
    for (codec, program) in PROGRAMS {
        test(by_name(codec).expect("a codec of that name"), program);
    }
}

/// Calls `test` with a codec, its program, and a member, stream or frame of each of two texts.
fn each_pair(mut test: impl FnMut(&'static Codec, &str, &[u8], &[u8])) {
    each(|codec, program| {
        let one = pipe(program, &["-c"], &text(5, 1));
        let two = pipe(program, &["-c"], &text(3, 2));
        if let (Some((0, one)), Some((0, two))) = (one, two) {
            test(codec, program, &one, &two);
        }
    });
}

#[test]
fn truncation_at_every_byte_is_an_error() {
    each(|codec, program| {
        let Some((_, packed)) = pipe(program, &["-c"], &text(5, 1)) else {
            return;
        };
        for n in 0..packed.len() {
            let part = &packed[..n];
            if !codec.recognise(part) {
                let got = decode(part);
                assert!(got.result.is_ok() && got.plain == part, "{n}: {got:?}");
                continue;
            }
            let error = decode(part).result.expect_err("truncated");
            assert_eq!(error, format!("truncated {} stream after {n} bytes", codec.name));
        }
        agree(program, &packed, &"whole");
    });
}

#[test]
fn a_flipped_bit_is_judged_alike_however_a_file_is_read() {
    each_pair(|codec, _, one, _| {
        for bit in 0..one.len() * 8 {
            let mut bytes = one.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // A damaged magic number makes it another kind of file.
            let known = codec.recognise(&bytes);
            if known && (bit / 8 < 12 || bit % 8 == bit / 8 % 8) {
                decode(&bytes);
            }
        }
    });
}

#[test]
fn members_padding_and_garbage_are_judged_alike_however_a_file_is_read() {
    each_pair(|_, program, one, two| {
        let empty = pipe(program, &["-c"], b"")
            .map(|(_, packed)| packed)
            .unwrap_or_default();
        let tails: [&[u8]; 16] = [
            b"",
            b"\0",
            b"\0\0\0\0",
            &[0; 512],
            b"\0\0x",
            b"x",
            b"xy",
            b"xyz",
            b"wxyz",
            b"text behind it\n",
            one,
            two,
            &empty,
            &one[..1],
            &one[..2],
            &one[..one.len() / 2],
        ];
        for first in tails {
            for second in tails {
                decode(&[one, first, second].concat());
            }
        }
    });
}

#[test]
fn a_buffer_keeps_nothing_from_file_to_file() {
    each_pair(|_, _, one, two| {
        let mut decoder = decoder();
        let cut = &one[..one.len() / 2];
        for bytes in [one, cut, two, &[one, two].concat(), b"plain", cut, two] {
            let again = decode_with(&mut decoder, &mut &bytes[..], Some(bytes.len() as u64));
            let fresh = decode_with(&mut self::decoder(), &mut &bytes[..], Some(bytes.len() as u64));
            assert_eq!(
                (again.result, again.plain),
                (fresh.result, fresh.plain),
                "{}",
                bytes.len()
            );
        }
    });
}

#[test]
fn decoding_stops_when_the_caller_has_enough() {
    each_pair(|_, _, one, two| {
        for size in [None, Some((one.len() + two.len()) as u64)] {
            let mut blocks = 0;
            let bytes = [one, two].concat();
            let result = decoder().decode(&mut &bytes[..], size, &mut |_| {}, &mut |_, _| {
                blocks += 1;
                ControlFlow::Break(())
            });
            assert!(result.is_ok() && blocks == 1);
        }
    });
}

#[test]
fn a_wrong_size_does_no_harm() {
    each_pair(|_, _, one, two| {
        let bytes = [one, two].concat();
        let right = decode(&bytes);
        for size in [0, 1, 10, one.len() as u64, 1 << 20, u64::MAX] {
            let got = decode_with(&mut decoder(), &mut &bytes[..], Some(size));
            assert_eq!((&got.result, &got.plain), (&right.result, &right.plain), "{size}");
        }
    });
}

#[test]
fn a_forced_codec_is_taken_at_its_word() {
    each_pair(|codec, program, one, _| {
        let mut forced = Decoder::new(Budget::new(1 << 30), Some(codec));
        assert!(decode_with(&mut forced, &mut &one[..], None).result.is_ok());
        let error = decode_with(&mut forced, &mut &b"some text, and more"[..], None).result;
        assert!(error.is_err(), "{program}");
        for size in [None, Some(0)] {
            let error = decode_with(&mut forced, &mut &b""[..], size).result;
            assert!(error.is_err(), "{program}");
        }
        let mut plain = Decoder::new(Budget::new(1 << 30), by_name("plain"));
        assert_eq!(decode_with(&mut plain, &mut &one[..], None).plain, one);
    });
}

#[test]
fn skippable_frames_are_passed_over() {
    let frame = b"\x50\x2a\x4d\x18\x05\0\0\0skip!";
    for program in ["zstd", "lz4"] {
        let Some((_, one)) = pipe(program, &["-c"], &text(40, 1)) else {
            return;
        };
        for bytes in [[&one[..], frame].concat(), [&one[..], frame, &one[..]].concat()] {
            assert!(decode(&bytes).result.is_ok(), "{program}");
            agree(program, &bytes, &"a skippable frame");
            let cut = &bytes[..one.len() + 10];
            assert!(decode(cut).result.is_err(), "{program}");
        }
    }
}

#[test]
fn a_source_that_fails_is_not_a_corrupt_file() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is on fire"))
        }
    }
    each_pair(|codec, _, one, _| {
        for size in [None, Some(one.len() as u64)] {
            let mut source = (&one[..one.len() / 2]).chain(Fails);
            let got = decode_with(&mut decoder(), &mut source, size);
            assert_eq!(
                got.result,
                Err("the disk is on fire".to_owned()),
                "{}",
                codec.name
            );
        }
    });
}

#[test]
fn large_windows_are_taken_from_the_budget() {
    let with = |limit, bytes: &[u8]| {
        let mut decoder = Decoder::new(Budget::new(limit), None);
        decode_with(&mut decoder, &mut &*bytes, None).result
    };
    if let Some((_, mut packed)) = pipe("zstd", &["-c"], &text(40, 1)) {
        assert_eq!(
            packed[4] & 0x20,
            0,
            "the size was not known, so the window is told"
        );
        for (log, small, large) in [
            (27, true, true),
            (28, false, true),
            (30, false, true),
            (31, false, false),
        ] {
            packed[5] = (log - 10) << 3;
            assert_eq!(with(1 << 20, &packed).is_ok(), small, "2^{log}");
            assert_eq!(with(1 << 30, &packed).is_ok(), large, "2^{log}");
        }
        let said = with(1 << 20, &packed).expect_err("too large");
        assert_eq!(
            said,
            "corrupt zstd stream at byte 0: its window needs more than --memory allows"
        );
    }
    if let Some((_, packed)) = pipe("xz", &["-9c"], &text(40, 1)) {
        for limit in [1 << 20, 1 << 30] {
            assert_eq!(with(limit, &packed), Ok(()), "it needs 65 MiB");
        }
    }
}
