//! Peak memory does not grow with the number of names or the size of a file. It is read from /proc while the
//! program waits for the test.

use crate::support::{fan, fifo};
use std::io::Write;

/// In KiB.
const LIMIT: u64 = 64 << 10;

/// How much more a run with a budget of 1 MiB takes than one over `few` lines, in KiB: the program itself is most of
/// both.
const BEYOND_BUDGET: u64 = 10 << 10;

/// What a pipe holds, in bytes.
const PIPE: usize = 64 << 10;

/// Returns the peak memory of a process, in KiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .expect("Linux says it");
    let number = line.split_whitespace().nth(1).expect("a number");
    number.parse().expect("a number")
}

#[test]
fn three_hundred_thousand_names_take_little_memory() {
    const NAMES: usize = 300_000;
    let mut running = fan("run --dry-run").args(["--", "gzip", "-t"]).spawn();
    let mut stdin = running.take_stdin();
    let names: String = (0..NAMES)
        .map(|at| format!("some/directory/with/file-{at:06}.log.gz\n"))
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(names.as_bytes()).map(|()| stdin));
    for _ in 0..NAMES {
        running.line();
    }
    // The list is still open, so fanfold waits for more.
    let peak = peak(running.pid());
    drop(writer.join().expect("no panic"));
    assert!(running.wait().status.success());
    assert!(peak < LIMIT, "peak of {peak} KiB");
}

#[test]
fn one_large_gzip_file_takes_little_memory() {
    // One member of 200 MB, three times the limit: 1 KB a line.
    let fan = fan("map big.gz pipe -j1 --select 9 --count").fifo("pipe");
    let mut line = b"h - - [d z] \"GET / HTTP/1.1\" 200 5 ".to_vec();
    line.resize(1023, b'x');
    line.push(b'\n');
    let block = line.repeat(1000);
    let file = std::fs::File::create(fan.path("big.gz")).expect("a file");
    let mut member = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    for _ in 0..200 {
        member.write_all(&block).expect("written");
    }
    member.finish().expect("written");
    let pipe = fan.path("pipe");
    let running = fan.stdout("200000\t200\n").spawn();
    // It has opened the FIFO, so the large file is done.
    let held = fifo::writer(&pipe);
    let peak = peak(running.pid());
    drop(held);
    assert!(running.wait().status.success());
    assert!(peak < LIMIT, "peak of {peak} KiB");
}

#[test]
fn a_quote_that_is_never_closed_takes_little_memory() {
    // It would take a hole of 500 MB.
    let fan = fan("map big.csv pipe -i csv -j1 --memory 64MiB --agg count --partial keep").fifo("pipe");
    let rows = "id,note\n1,ok\n2,\"12 inch\n".to_owned() + &"3,ok\n".repeat(300);
    let fan = fan.file("big.csv", rows);
    let file = std::fs::File::options().write(true).open(fan.path("big.csv"));
    file.and_then(|file| file.set_len(500 << 20)).expect("a hole");
    let pipe = fan.path("pipe");
    let said = "big.csv: the quote that opens at big.csv:3 is not closed within 2 MiB (a quote inside a field is doubled; \
                a higher --memory allows longer records)";
    let running = fan.stdout("1\n").says(said).spawn();
    // It has opened the FIFO, so the large file is done.
    let held = fifo::writer(&pipe);
    let peak = peak(running.pid());
    drop(held);
    assert_eq!(running.wait().status.code(), Some(3));
    assert!(peak < LIMIT, "peak of {peak} KiB");
}

#[test]
fn a_million_names_in_full_command_lines_take_what_the_budget_allows() {
    let mut running = fan("run -X -j2 --memory 32MiB")
        .args(["--", "sh", "-c", "echo $#", "sh"])
        .spawn();
    let mut stdin = running.take_stdin();
    let names: String = (0..1_000_000).map(|at| format!("{at:06}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(names.as_bytes()).map(|()| stdin));
    // While the list is open, fanfold holds back the last command lines, one for each worker.
    let mut given = 0;
    while given < 900_000 {
        given += running.line().parse::<u64>().expect("a number");
    }
    let peak = peak(running.pid());
    drop(writer.join().expect("no panic"));
    assert!(running.wait().status.success());
    assert!(peak < LIMIT, "peak of {peak} KiB");
}

/// Returns the numbers below `n`, each once, shuffled; `n` is no multiple of 48271, which is prime.
fn mixed(n: u64) -> impl Iterator<Item = u64> {
    (0..n).map(move |i| i * 48271 % n)
}

/// Runs it over these lines, split into jobs, and returns its peak when it begins to print: it then waits for
/// the test, as its output is larger than a pipe, and has freed nothing.
fn peak_of(options: &str, lines: &str, expected: &str) -> u64 {
    let fan = fan("map a -j2 --memory 1MiB").args(options.split_whitespace());
    assert!(expected.len() > 2 * PIPE, "it waits");
    let mut running = fan.file("a", lines).stdout(expected).spawn();
    running.line();
    let peak = peak(running.pid());
    assert!(running.wait().status.success());
    peak
}

/// Returns lines whose keys fill a pipe three times over, and take a fraction of the budget.
fn few() -> impl Iterator<Item = String> {
    (0..1000).map(|key| format!("{key:0>200}"))
}

#[test]
fn more_distinct_keys_than_fit_take_little_memory() {
    const KEYS: u64 = 400_000;
    let lines: String = mixed(KEYS).map(|key| format!("key-{key} x\n")).collect();
    let mut sorted: Vec<_> = (0..KEYS).map(|key| format!("key-{key}\n")).collect();
    sorted.sort_unstable();
    let peak = peak_of("--select 1 --unique", &lines, &sorted.concat());
    let few: String = few().map(|key| key + "\n").collect();
    let least = peak_of("--select 1 --unique", &few, &few);
    assert!(
        peak < least + BEYOND_BUDGET,
        "peak of {peak} KiB, at least {least} KiB"
    );
}

#[test]
fn one_group_that_is_larger_than_memory_takes_little_of_it() {
    const VALUES: u64 = 150_000;
    let large = mixed(VALUES).map(|value| format!("large {value}\n"));
    let small = (0..10_000).map(|key| format!("small-{key:05} {key}\n"));
    let lines: String = large.chain(small).collect();
    let median = VALUES / 2 - 1;
    let mut expected = format!("large\t{VALUES}\t{median}\n");
    expected.extend((0..10_000).map(|key| format!("small-{key:05}\t1\t{key}\n")));
    let peak = peak_of("--by 1 --agg distinct:2,p50:2", &lines, &expected);
    let lines: String = few().map(|key| key + " 1\n").collect();
    let expected: String = few().map(|key| key + "\t1\t1\n").collect();
    let least = peak_of("--by 1 --agg distinct:2,p50:2", &lines, &expected);
    assert!(
        peak < least + BEYOND_BUDGET,
        "peak of {peak} KiB, at least {least} KiB"
    );
}

#[test]
fn output_that_waits_for_its_turn_takes_little_memory() {
    // The first of 8 jobs holds back 140 MB of the others', with 8 MiB to hold it in.
    let script = "[ $1 = 0 ] && read line < gate; head -c 20000000 /dev/zero | tr '\\0' $1; \
                  [ $1 = 0 ] || echo > written";
    let fan = fan("run -j3 --memory 8MiB --tmpdir .").args(["--", "sh", "-c", script, "sh"]);
    let fan = fan.fifo("gate").fifo("written");
    let (gate, written) = (fan.path("gate"), fan.path("written"));
    let mut running = fan.spawn();
    let names: String = (0..8).map(|at| format!("{at}\n")).collect();
    running.write(names);
    assert_eq!(fifo::lines(&written, 7).len(), 7);
    let peak = peak(running.pid());
    fifo::write(&gate, "");
    let done = running.wait();
    done.expect(
        done.status.success() && done.out.len() == 8 * 20_000_000,
        "all output",
    );
    for (at, job) in (b'0'..).zip(done.out.chunks(20_000_000)) {
        assert!(job.iter().all(|&byte| byte == at), "job {at} is not whole");
    }
    assert!(peak < LIMIT, "peak of {peak} KiB");
}
