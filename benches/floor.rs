//! The floor under every answer from gzip files: decoding and counting newlines, nothing else.
//!
//! ```text
//! floor THREADS FILE...            each file one gzip member, decoded whole by libdeflate
//! floor stream THREADS FILE...     decoded as a stream by zlib-rs, any number of members
//! ```
//!
//! Buffers are reused from file to file. It prints the number of newlines. Called without files, as a plain
//! `cargo bench` does, it says how to use it and ends.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool of its own, beside the program"
)]

use anyhow::{Context, Result, bail};
use flate2::bufread::MultiGzDecoder;
use libdeflater::Decompressor;
use std::fs::File;
use std::io::{BufReader, Read};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const USAGE: &str = "usage: floor [stream] THREADS FILE...";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let (count, rest): (Count, &[String]) = match args.split_first() {
        Some((first, rest)) if first == "stream" => (count_stream, rest),
        _ => (count_whole, &args),
    };
    let [threads, files @ ..] = rest else {
        eprintln!("{USAGE}");
        return ExitCode::SUCCESS;
    };
    let (Ok(threads), false) = (threads.parse(), files.is_empty()) else {
        eprintln!("{USAGE}");
        return ExitCode::SUCCESS;
    };
    match count_all(threads, files, count) {
        Ok(newlines) => {
            println!("{newlines}");
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("floor: {e:#}");
            ExitCode::FAILURE
        }
    }
}

/// Counts the newlines of a gzip file, in buffers that are kept.
type Count = fn(&str, &mut Buffers) -> Result<usize>;

#[derive(Default)]
struct Buffers {
    packed: Vec<u8>,
    plain: Vec<u8>,
}

/// Counts over all files, each thread taking the next that nobody has begun.
fn count_all(threads: usize, files: &[String], count: Count) -> Result<usize> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<usize> {
        let mut buffers = Buffers::default();
        let mut newlines = 0;
        while let Some(name) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            newlines += count(name, &mut buffers).with_context(|| name.clone())?;
        }
        Ok(newlines)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let counts = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| bail!("a thread panicked")));
        counts.sum()
    })
}

fn count_whole(name: &str, buffers: &mut Buffers) -> Result<usize> {
    buffers.packed.clear();
    File::open(name)?.read_to_end(&mut buffers.packed)?;
    let trailer = buffers
        .packed
        .last_chunk()
        .context("shorter than a gzip trailer")?;
    let size = u32::from_le_bytes(*trailer) as usize;
    if buffers.plain.len() < size {
        buffers.plain.resize(size, 0);
    }
    let decoded = Decompressor::new().gzip_decompress(&buffers.packed, &mut buffers.plain)?;
    if decoded != size {
        bail!("more than one member, or over 4 GiB: use stream");
    }
    Ok(newlines(&buffers.plain[..decoded]))
}

fn count_stream(name: &str, buffers: &mut Buffers) -> Result<usize> {
    let mut decoder = MultiGzDecoder::new(BufReader::with_capacity(128 * 1024, File::open(name)?));
    buffers.plain.resize(128 * 1024, 0);
    let mut count = 0;
    loop {
        match decoder.read(&mut buffers.plain)? {
            0 => return Ok(count),
            n => count += newlines(&buffers.plain[..n]),
        }
    }
}

fn newlines(plain: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', plain).count()
}
