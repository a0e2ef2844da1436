//! Whatever dies, the answer is that of a single run.

use super::{Hosts, outcome};
use crate::support::{Redis, fifo, has_redis, send, until};
use rustix::process::Signal;

/// Prints its input; the first time of all, it tells who runs it and then waits for `go`.
const SCRIPT: &[u8] = b"if mkdir once 2>/dev/null; then echo $PPID > pid; read -r x < go; fi; zcat $1\n";
const LINE: &str = "run in QUEUE --count -- sh ./script {}";

/// Returns hosts at which the first job waits.
fn waiting(redis: Redis) -> Hosts {
    let hosts = Hosts::with(redis);
    hosts.place.file("script", SCRIPT, 100);
    fifo::make(&hosts.place.path("pid"));
    fifo::make(&hosts.place.path("go"));
    hosts
}

/// Returns what a single run prints.
fn whole(hosts: &Hosts) -> Vec<u8> {
    hosts.place.whole("map in --count")
}

#[test]
fn the_jobs_of_a_worker_that_was_killed_are_done_by_others() {
    if !has_redis() {
        return;
    }
    let hosts = waiting(Redis::start());
    let leader = hosts.lead(LINE, "-j0");
    let workers = [hosts.join(LINE), hosts.join(LINE), hosts.join(LINE)];
    let victim = fifo::pid(&hosts.place.path("pid"));
    send(victim, Signal::KILL);
    assert_eq!(outcome(leader), (whole(&hosts), 0, String::new()));
    for worker in workers {
        let killed = worker.pid() == victim;
        let (_, code, err) = outcome(worker);
        assert_eq!(code, if killed { -1 } else { 0 }, "{err}");
    }
}

#[test]
fn a_worker_that_was_stopped_for_longer_than_its_lease_counts_nothing_twice() {
    if !has_redis() {
        return;
    }
    let hosts = waiting(Redis::start());
    let leader = hosts.lead(LINE, "-j0");
    let workers = [hosts.join(LINE), hosts.join(LINE)];
    let victim = fifo::pid(&hosts.place.path("pid"));
    send(victim, Signal::STOP);
    let connection = &mut hosts.redis.connect("r");
    until("its jobs are done by the other", || match connection.status() {
        Ok(fanfold::queue::StatusAnswer::Run(run)) => run.counts.is_over(),
        _ => true,
    });
    assert_eq!(outcome(leader).0, whole(&hosts));
    send(victim, Signal::CONT);
    fifo::write(&hosts.place.path("go"), "x\n");
    for worker in workers {
        assert_eq!(outcome(worker).1, 0);
    }
}

#[test]
fn a_leader_that_was_killed_is_followed_by_the_same_command_line() {
    if !has_redis() {
        return;
    }
    let hosts = waiting(Redis::start());
    let leader = hosts.lead(LINE, "-j0");
    let worker = hosts.join(LINE);
    fifo::pid(&hosts.place.path("pid"));
    leader.signal(Signal::KILL);
    assert_eq!(outcome(leader).1, -1);
    let second = hosts.lead(LINE, "-j0");
    second.hears("goes on with a run that was begun before");
    fifo::write(&hosts.place.path("go"), "x\n");
    let (out, code, err) = outcome(second);
    assert_eq!((out, code), (whole(&hosts), 0), "{err}");
    assert_eq!(outcome(worker).1, 0);
}

#[test]
fn ctrl_c_pauses_a_run_and_the_same_line_goes_on() {
    if !has_redis() {
        return;
    }
    let hosts = waiting(Redis::start());
    let leader = hosts.lead(LINE, "");
    fifo::pid(&hosts.place.path("pid"));
    leader.signal(Signal::INT);
    assert_eq!(outcome(leader).1, -1);
    let (out, code, err) = outcome(hosts.lead(LINE, ""));
    assert_eq!((out, code), (whole(&hosts), 0), "{err}");
    assert!(err.contains("goes on with a run"), "{err}");
}

#[test]
fn a_server_that_was_killed_goes_on_where_it_was() {
    if !has_redis() {
        return;
    }
    let mut hosts = waiting(Redis::start_with_log());
    let leader = hosts.lead(LINE, "-j0");
    let workers = [hosts.join(LINE), hosts.join(LINE)];
    fifo::pid(&hosts.place.path("pid"));
    hosts.redis.kill();
    leader.hears("trying again");
    hosts.redis.restart();
    fifo::write(&hosts.place.path("go"), "x\n");
    let (out, code, err) = outcome(leader);
    assert_eq!((out, code), (whole(&hosts), 0), "{err}");
    for worker in workers {
        assert_eq!(outcome(worker).1, 0);
    }
}

#[test]
fn a_server_that_has_lost_the_run_is_an_error() {
    if !has_redis() {
        return;
    }
    let hosts = waiting(Redis::start());
    let leader = hosts.lead(LINE, "-j0");
    let worker = hosts.join(LINE);
    fifo::pid(&hosts.place.path("pid"));
    hosts.redis.admin(&["FLUSHALL"]);
    let (out, code, err) = outcome(leader);
    assert_eq!((out.len(), code), (0, 5), "{err}");
    assert!(err.contains("the queue has lost the run"), "{err}");
    fifo::write(&hosts.place.path("go"), "x\n");
    assert_eq!(outcome(worker).1, 75);
}

#[test]
fn a_job_that_takes_its_worker_with_it_is_given_up_and_no_other() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    let script = b"case $1 in */07.gz) kill -9 $PPID; sleep 100;; esac; zcat $1\n";
    hosts.place.file("script", script, 100);
    let (out, code, err) = outcome(hosts.lead(LINE, "--losses 2 -j1"));
    std::fs::remove_file(hosts.place.path("in/07.gz")).expect("it is there");
    assert_eq!((out, code), (whole(&hosts), 123), "{err}");
    assert!(err.contains("job 8 (in/07.gz): its worker died 2 times"), "{err}");
}
