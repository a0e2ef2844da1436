//! Every codec against the program that defines it: the same verdict, and the same bytes.

use super::*;
use std::io::Write;
use std::process::{Command, Stdio};

/// What came of decoding a file.
#[derive(Debug)]
struct Got {
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

fn decode_with(decoder: &mut Decoder, source: &mut dyn Read, size: Option<u64>) -> Got {
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
    Got {
        result: result.map_err(|e| e.to_string()),
        plain,
        trusts,
        warnings,
    }
}

fn decoder() -> Decoder {
    Decoder::new(Budget::new(1 << 30), None)
}

/// Decodes as a file of known size and as a pipe, and holds the two to the same verdict.
fn decode(bytes: &[u8]) -> Got {
    let mut decoder = decoder();
    let held = decode_with(&mut decoder, &mut &bytes[..], Some(bytes.len() as u64));
    let streamed = decode_with(&mut decoder, &mut Trickle { bytes, step: 7 }, None);
    assert_eq!(held.result, streamed.result);
    assert_eq!(held.plain, streamed.plain);
    assert_eq!(held.warnings, streamed.warnings);
    held
}

/// Runs `program` with these bytes as its standard input. None, with a note, when it isn't installed.
fn pipe(program: &str, args: &[&str], bytes: &[u8]) -> Option<(i32, Vec<u8>)> {
    let child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(_) if std::env::var_os("CI").is_none() => {
            // The test harness shows it with --nocapture.
            let _ = writeln!(io::stderr(), "skipped: {program} is not installed");
            return None;
        }
        Err(e) => panic!("{program}: {e}"),
    };
    let mut stdin = child.stdin.take().expect("it is piped");
    let output = std::thread::scope(|scope| {
        // It may stop reading early, at garbage.
        scope.spawn(move || drop(stdin.write_all(bytes)));
        child.wait_with_output().expect("it was started")
    });
    Some((output.status.code().expect("it was not killed"), output.stdout))
}

/// Some text that compresses as logs do, different for each seed.
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

/// Holds what is decoded from `bytes` to what `program -dc` makes of them: 0 is good, `warned` is good
/// with a warning, everything else is bad. Bytes are compared where it is good.
fn agree(program: &str, bytes: &[u8], about: &dyn fmt::Debug) -> bool {
    let Some((status, plain)) = pipe(program, &["-dc"], bytes) else {
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

const PROGRAMS: &[(&str, &str)] = &[("gzip", "gzip")];

fn each(mut test: impl FnMut(&'static Codec, &str)) {
    for (codec, program) in PROGRAMS {
        test(by_name(codec).expect("a codec of that name"), program);
    }
}

#[test]
fn truncation_at_every_byte_is_an_error() {
    each(|codec, program| {
        let Some((_, packed)) = pipe(program, &["-c"], &text(40, 1)) else {
            return;
        };
        for n in 0..packed.len() {
            let part = &packed[..n];
            if !codec.recognise(part) {
                let got = decode(part);
                assert!(got.result.is_ok() && got.plain == part, "{n}: {got:?}");
                continue;
            }
            agree(program, part, &n);
            let error = decode(part).result.expect_err("truncated");
            assert_eq!(error, format!("truncated {} stream after {n} bytes", codec.name));
        }
        agree(program, &packed, &"whole");
    });
}

#[test]
fn only_what_nothing_can_spoil_is_final() {
    let Some((_, packed)) = pipe("gzip", &["-c"], &text(40, 1)) else {
        return;
    };
    let trusts = |bytes: &[u8]| decode(bytes).trusts;
    assert_eq!(trusts(b"text\n"), [Trust::Final]);
    assert_eq!(trusts(&packed), [Trust::Final]);
    assert_eq!(trusts(&[packed.clone(), packed.clone()].concat()), [Trust::Final]);
    assert_eq!(
        trusts(&[packed.clone(), b"garbage".to_vec()].concat()),
        [Trust::Provisional]
    );
    let pipe = decode_with(&mut decoder(), &mut &packed[..], None);
    assert_eq!(pipe.trusts, [Trust::Provisional]);
}
