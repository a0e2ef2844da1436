//! A pool as the co-processor of a threaded server: one thread for each connection, which is cheap because it
//! only waits, and one worker for each core, which does the expensive part.
//!
//! ```sh
//! cargo run --release --example coprocessor        # prints its address; ends with its input
//! printf '100000\n' | nc 127.0.0.1 PORT            # the number of primes below 100000: 9592
//! ```

use fanfold::pool::Pool;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

/// How many requests of all connections may wait for a worker. A further one is refused as busy.
const WAITING: usize = 64;
/// The largest number that is accepted.
const LARGEST: usize = 100_000_000;

type Primes = Pool<usize, usize>;

/// Counts the primes below `limit` by the sieve of Eratosthenes, in a buffer that the worker keeps.
fn count_primes(limit: usize, composite: &mut Vec<bool>) -> usize {
    composite.clear();
    composite.resize(limit, false);
    let mut count = 0;
    for n in 2..limit {
        if composite[n] {
            continue;
        }
        count += 1;
        for multiple in (n * n..limit).step_by(n) {
            composite[multiple] = true;
        }
    }
    count
}

/// Answers each line of a connection with one line.
fn serve(stream: TcpStream, pool: &Primes) -> io::Result<()> {
    let mut replies = stream.try_clone()?;
    for line in BufReader::new(stream).lines() {
        let reply = match line?.trim().parse() {
            Ok(limit) if limit <= LARGEST => match pool.try_submit(limit) {
                // This thread sleeps until its own job is answered, or has panicked.
                Ok(answer) => match answer.wait() {
                    Ok(count) => count.to_string(),
                    Err(failure) => format!("error: {failure}"),
                },
                Err(_) => "error: busy".to_owned(),
            },
            _ => format!("error: expected a number up to {LARGEST}"),
        };
        writeln!(replies, "{reply}")?;
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let start = |_slot| {
        let mut composite = Vec::new();
        move |limit| count_primes(limit, &mut composite)
    };
    let pool = Arc::new(Primes::new(cores, WAITING, start)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pool = Arc::clone(&pool);
            // A broken connection concerns only its client.
            thread::spawn(move || serve(stream, &pool));
        }
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
