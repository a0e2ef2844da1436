//! The floor under every answer from gzip files: it decodes them and counts newlines, and nothing else.
//!
//! ```text
//! floor THREADS FILE...            files of one gzip member each, decoded whole by libdeflate
//! floor stream THREADS FILE...     files of any number of members, decoded as a stream by zlib-rs
//! floor isal THREADS FILE...       files of one member each, decoded as a stream by ISA-L (feature `isal`)
//! ```
//!
//! Each thread reuses its buffers for all files. The number of newlines is printed. Without files, as a plain
//! `cargo bench` calls it, it prints its usage and ends.

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

const USAGE: &str = "usage: floor [stream | isal] THREADS FILE...";

/// How many bytes are decoded at a time from a stream.
const BLOCK: usize = 128 * 1024;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let (count, rest): (Count, &[String]) = match args.split_first() {
        Some((first, rest)) if first == "stream" => (count_stream, rest),
        #[cfg(feature = "isal")]
        Some((first, rest)) if first == "isal" => (count_isal, rest),
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

/// Counts the newlines of a gzip file, in buffers that the caller keeps.
type Count = fn(&str, &mut Buffers) -> Result<usize>;

#[derive(Default)]
struct Buffers {
    packed: Vec<u8>,
    plain: Vec<u8>,
}

/// Counts the newlines of all files; a thread takes the next file that none has begun.
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
    let mut decoder = MultiGzDecoder::new(BufReader::with_capacity(BLOCK, File::open(name)?));
    buffers.plain.resize(BLOCK, 0);
    let mut count = 0;
    loop {
        match decoder.read(&mut buffers.plain)? {
            0 => return Ok(count),
            n => count += newlines(&buffers.plain[..n]),
        }
    }
}

#[cfg(feature = "isal")]
fn count_isal(name: &str, buffers: &mut Buffers) -> Result<usize> {
    use fanfold::sys::isal::{AHEAD, Inflate};
    use std::io::BufRead;

    let mut reader = BufReader::with_capacity(BLOCK, File::open(name)?);
    let mut header = [0; 10];
    reader.read_exact(&mut header)?;
    match header[3] {
        0 => {}
        8 => drop(reader.skip_until(0)?),
        _ => bail!("more in its header than a name"),
    }
    let (mut inflate, mut crc, mut count) = (Inflate::new(), libdeflater::Crc::new(), 0);
    buffers.plain.resize(BLOCK, 0);
    buffers.packed.clear();
    let mut at = 0;
    loop {
        // Move the unread bytes to the front and append new ones. At the end, the trailer remains unread.
        if buffers.packed.len() - at <= AHEAD {
            buffers.packed.drain(..std::mem::take(&mut at));
            let more = reader.fill_buf()?;
            let length = more.len();
            buffers.packed.extend_from_slice(more);
            reader.consume(length);
        }
        let step = inflate.step(&buffers.packed[at..], &mut buffers.plain);
        let (read, written, ended) = step.map_err(|_| anyhow::anyhow!("not valid"))?;
        at += read;
        let plain = &buffers.plain[..written];
        crc.update(plain);
        count += newlines(plain);
        if ended {
            break;
        }
        if (read, written) == (0, 0) && reader.fill_buf()?.is_empty() {
            bail!("truncated");
        }
    }
    let mut trailer = buffers.packed[at..].chain(reader);
    let mut stored = [0; 4];
    trailer.read_exact(&mut stored)?;
    if u32::from_le_bytes(stored) != crc.sum() {
        bail!("crc mismatch");
    }
    Ok(count)
}

fn newlines(plain: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', plain).count()
}
