//! Generates logs in Apache's combined format; the same arguments give the same bytes.
//!
//! ```text
//! cargo bench --bench corpus -- OUTDIR NFILES LINES SEED [gz|plain|both]
//! ```
//!
//! Hosts, paths and agents follow Zipf laws, sizes follow a Pareto law, and the times of each file run through
//! one day.
//! 40 files of 200000 lines, the size that `compare.sh` uses, are about 1.9 GB plain and 210 MB gzip -6.
//! It is a bench target so that it needs nothing but the Rust toolchain. Without arguments, as a plain
//! `cargo bench` calls it, it prints its usage and ends.

#![allow(clippy::print_stderr, reason = "a tool of its own, beside the program")]

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use flate2::{Compression, GzBuilder};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const USAGE: &str = "usage: cargo bench --bench corpus -- OUTDIR NFILES LINES SEED [gz|plain|both]";

fn main() -> ExitCode {
    // cargo adds `--bench`; `cargo bench NAME` adds a filter that is meant for other benches.
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    if args.len() < 2 {
        eprintln!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let order = match Order::parse(&args) {
        Ok(order) => order,
        Err(e) => {
            eprintln!("corpus: {e:#}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match generate(&order) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("corpus: {e:#}");
            ExitCode::FAILURE
        }
    }
}

/// What to generate.
struct Order {
    dir: PathBuf,
    files: usize,
    lines: usize,
    seed: u64,
    plain: bool,
    gzip: bool,
}

impl Order {
    fn parse(args: &[String]) -> Result<Order> {
        let (dir, files, lines, seed, kind) = match args {
            [dir, files, lines, seed] => (dir, files, lines, seed, "gz"),
            [dir, files, lines, seed, kind] => (dir, files, lines, seed, kind.as_str()),
            _ => bail!("expected 4 or 5 arguments, not {}", args.len()),
        };
        let (plain, gzip) = match kind {
            "gz" => (false, true),
            "plain" => (true, false),
            "both" => (true, true),
            _ => bail!("unknown kind '{kind}' (known: gz, plain, both)"),
        };
        Ok(Order {
            dir: PathBuf::from(dir),
            files: files.parse().with_context(|| format!("NFILES '{files}'"))?,
            lines: lines.parse().with_context(|| format!("LINES '{lines}'"))?,
            seed: seed.parse().with_context(|| format!("SEED '{seed}'"))?,
            plain,
            gzip,
        })
    }
}

/// Generates the files with one thread for each core; a thread takes the next file that none has begun.
fn generate(order: &Order) -> Result<()> {
    fs::create_dir_all(&order.dir).with_context(|| order.dir.display().to_string())?;
    let site = Site::new(&mut Rng::with_seed(order.seed));
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let work = || -> Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= order.files {
                    return Ok(());
                }
                write_day(order, &site, number)?;
            }
        };
        let workers: Vec<_> = (0..num_cpus::get()).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a thread panicked")))
    })
}

/// Writes file `number`: the log of one day, plain, gzip or both.
fn write_day(order: &Order, site: &Site, number: usize) -> Result<()> {
    // Each file has its own random generator, so that its bytes don't depend on the thread that writes it.
    let mut rng = Rng::with_seed(order.seed.wrapping_mul(100_003).wrapping_add(number as u64));
    let (month, day) = ((number / 28) % 12, number % 28 + 1);
    let name = format!("2012{:02}{day:02}-{number:04}.log", month + 1);
    let path = order.dir.join(&name);
    let gz_path = order.dir.join(format!("{name}.gz"));
    let mut plain = if order.plain { Some(create(&path)?) } else { None };
    let mut gzip = match order.gzip {
        true => Some(
            GzBuilder::new()
                .mtime(0)
                .write(create(&gz_path)?, Compression::new(6)),
        ),
        false => None,
    };
    let mut block = Vec::with_capacity(BLOCK + 4096);
    for i in 0..order.lines {
        let second = i as u64 * 86_399 / order.lines as u64;
        site.push_line(&mut block, &mut rng, (MONTHS[month], day, second));
        if block.len() < BLOCK && i + 1 < order.lines {
            continue;
        }
        if let Some(out) = &mut plain {
            out.write_all(&block)
                .with_context(|| path.display().to_string())?;
        }
        if let Some(out) = &mut gzip {
            out.write_all(&block)
                .with_context(|| gz_path.display().to_string())?;
        }
        block.clear();
    }
    if let Some(mut out) = plain {
        out.flush().with_context(|| path.display().to_string())?;
    }
    if let Some(out) = gzip {
        let finished = out.finish().and_then(|mut out| out.flush());
        finished.with_context(|| gz_path.display().to_string())?;
    }
    Ok(())
}

/// How many bytes of text are collected before they are written.
const BLOCK: usize = 256 * 1024;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn create(path: &Path) -> Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| path.display().to_string())?;
    Ok(BufWriter::new(file))
}

/// The values that the lines of one corpus are drawn from, and their distributions.
struct Site {
    hosts: Vec<String>,
    host_law: Zipf,
    paths: Vec<String>,
    path_law: Zipf,
    agents: Vec<String>,
    agent_law: Zipf,
    referers: Vec<String>,
    statuses: Vec<u16>,
}

impl Site {
    fn new(rng: &mut Rng) -> Site {
        let hosts: Vec<String> = (0..60_000)
            .map(|_| {
                format!(
                    "{}.{}.{}.{}",
                    rng.u8(1..=223),
                    rng.u8(..),
                    rng.u8(..),
                    rng.u8(1..=254)
                )
            })
            .collect();
        let mut paths: Vec<String> = (0..8000).map(|_| path(rng)).collect();
        paths[0] = "/".into();
        paths[5] = "/favicon.ico".into();
        paths[37] = "/robots.txt".into();
        let mut agents: Vec<String> = (0..300).map(|_| browser(rng)).collect();
        agents.extend(ROBOTS.map(String::from));
        let mut referers = vec!["-".to_string(); 6];
        referers
            .extend((0..500).map(|_| format!("https://www.example{}.com/{}", rng.u16(1..=400), word(rng))));
        let shares = [(200, 80), (304, 8), (404, 6), (301, 3), (500, 2), (503, 1)];
        let statuses = shares
            .into_iter()
            .flat_map(|(status, share)| vec![status; share])
            .collect();
        Site {
            host_law: Zipf::new(hosts.len(), 0.8),
            path_law: Zipf::new(paths.len(), 1.0),
            agent_law: Zipf::new(agents.len(), 0.9),
            hosts,
            paths,
            agents,
            referers,
            statuses,
        }
    }

    /// Appends one line with the given month, day and second of that day.
    fn push_line(&self, out: &mut Vec<u8>, rng: &mut Rng, (month, day, second): (&str, usize, u64)) {
        let host = &self.hosts[self.host_law.draw(rng)];
        let path = &self.paths[self.path_law.draw(rng)];
        let agent = &self.agents[self.agent_law.draw(rng)];
        let referer = &self.referers[rng.usize(..self.referers.len())];
        let status = self.statuses[rng.usize(..self.statuses.len())];
        let size = match status {
            304 => "-".to_string(),
            _ => pareto_size(rng).to_string(),
        };
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        // Writing to a Vec can't fail.
        let _ = writeln!(
            out,
            "{host} - - [{day:02}/{month}/2012:{hour:02}:{minute:02}:{second:02} -0500] \
             \"GET {path} HTTP/1.1\" {status} {size} \"{referer}\" \"{agent}\"",
        );
    }
}

const WORDS: [&str; 20] = [
    "blog", "ply", "img", "static", "api", "v1", "v2", "users", "search", "cart", "item", "docs", "feed",
    "atom", "news", "archive", "tag", "js", "css", "assets",
];

const ROBOTS: [&str; 4] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/7.88.1",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "python-requests/2.28.2",
];

fn word(rng: &mut Rng) -> &'static str {
    WORDS[rng.usize(..WORDS.len())]
}

fn path(rng: &mut Rng) -> String {
    let mut path = String::new();
    for _ in 0..rng.usize(1..=4) {
        path.push('/');
        path.push_str(word(rng));
    }
    match rng.u8(..7) {
        0 => {}
        1 => path.push_str(".html"),
        2 => path.push_str(".png"),
        3 => path.push_str(".css"),
        4 => path.push_str(".js"),
        5 => path.push_str(&format!("?q={}", rng.u32(1..=9999))),
        _ => path.push_str(&format!("/{}", rng.u32(1..=99_999))),
    }
    path
}

fn browser(rng: &mut Rng) -> String {
    let (major, build, patch) = (rng.u16(60..=120), rng.u16(1000..=6000), rng.u16(10..=200));
    format!(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/{major}.0.{build}.{patch} Safari/537.36"
    )
}

/// A body's size: Pareto with exponent 1.1 from 300 bytes on, wrapped below 5 MB.
fn pareto_size(rng: &mut Rng) -> u64 {
    let uniform = 1.0 - rng.f64();
    (300.0 * uniform.powf(-1.0 / 1.1)) as u64 % 5_000_000
}

/// Draws ranks from 0, the rank `r` with a weight of `1 / (r + 1)^exponent`.
struct Zipf {
    cumulated: Vec<f64>,
}

impl Zipf {
    fn new(ranks: usize, exponent: f64) -> Zipf {
        let weights = (1..=ranks).map(|rank| (rank as f64).powf(-exponent));
        let cumulated = weights
            .scan(0.0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        Zipf { cumulated }
    }

    fn draw(&self, rng: &mut Rng) -> usize {
        let last = self.cumulated.len() - 1;
        let point = rng.f64() * self.cumulated[last];
        self.cumulated.partition_point(|&sum| sum <= point).min(last)
    }
}
