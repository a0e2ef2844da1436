//! A server whose log was torn in the middle of a transaction, and which may not write it anew.

use super::{Hosts, outcome};
use crate::support::{Redis, has_redis, until};
use fanfold::queue::StatusAnswer;
use std::fs;

const LINE: &str = "run many QUEUE --count -- sh ./script {}";

/// Starts a server whose user may not have the log written anew, which would mend it.
fn server() -> Redis {
    let words = "--appendonly yes --appendfsync always --auto-aof-rewrite-percentage 0 \
                 --user default on nopass ~* &* +@all -bgrewriteaof";
    Redis::with(&words.split_whitespace().collect::<Vec<_>>())
}

/// Waits until so many jobs are done, or the run is over. Returns how many are.
fn done(redis: &Redis, least: u64) -> u64 {
    let (mut connection, mut done) = (redis.connect("r"), 0);
    until("jobs that are done", || match connection.status() {
        Ok(StatusAnswer::Run(run)) => {
            done = run.counts.done;
            done >= least || run.counts.is_over()
        }
        Ok(StatusAnswer::NoRun) => false,
        Ok(StatusAnswer::Over) | Err(_) => true,
    });
    done
}

/// Kills the server, cuts its log behind the result of the last commit, which is in the middle of its transaction, and
/// starts the server again.
fn tear(redis: &mut Redis) {
    redis.kill();
    let log = fs::read(redis.log()).expect("a log");
    let key: &[u8] = b"\r\n{ff:r}:r\r\n";
    let result = log.windows(key.len()).rposition(|window| window == key);
    let result = result.expect("a result was written");
    let next = log[result..].windows(3).position(|window| window == b"\r\n*");
    let kept = result + next.expect("the transaction goes on") + "\r\n*4\r\n".len();
    redis.tear_log((log.len() - kept) as u64);
    redis.restart();
}

#[test]
fn a_log_that_was_torn_twice_and_not_mended_never_gives_another_answer() {
    if !has_redis() {
        return;
    }
    for first in [1, 40, 80] {
        let mut hosts = Hosts::with(server());
        hosts.place.file("script", b"cat $1\n", 100);
        for at in 0..300 {
            let line = format!("k{}\n", at % 7);
            hosts.place.file(&format!("many/{at:03}"), line.as_bytes(), 100);
        }
        let leader = hosts.lead(LINE, "-j0");
        let workers = [hosts.join(LINE), hosts.join(LINE)];
        let before = done(&hosts.redis, first);
        tear(&mut hosts.redis);
        done(&hosts.redis, before + 10);
        tear(&mut hosts.redis);
        let (out, code, err) = outcome(leader);
        assert!(err.contains("BGREWRITEAOF"), "{err}");
        match code {
            5 => assert!(out.is_empty() && err.contains("--fresh begins anew"), "{err}"),
            _ => assert_eq!((out, code), (hosts.single(LINE).0, 0), "{err}"),
        }
        for worker in workers {
            // The leader that gives up leaves them without a run.
            worker.signal(rustix::process::Signal::KILL);
            outcome(worker);
        }
    }
}
