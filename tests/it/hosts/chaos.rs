//! Everything dies again and again, and the answer is that of a single run. `FANFOLD_HOSTS_FILES` makes it last longer.

use super::{Hosts, outcome};
use crate::support::{Redis, Running, has_redis, setting};
use rustix::process::Signal;
use std::time::{Duration, Instant};

const LINE: &str = "map many QUEUE --by 1 --agg count,sum:2";

/// Does something from time to time.
struct Every(Duration, Instant);

impl Every {
    fn new(ms: u64) -> Every {
        let time = Duration::from_millis(ms);
        Every(time, Instant::now() + time)
    }

    fn is_due(&mut self) -> bool {
        let due = Instant::now() >= self.1;
        if due {
            self.1 = Instant::now() + self.0;
        }
        due
    }
}

fn kill(running: Running) {
    running.signal(Signal::KILL);
    outcome(running);
}

#[test]
fn workers_leaders_and_the_server_are_killed_and_the_answer_is_right() {
    if !has_redis() {
        return;
    }
    let mut hosts = Hosts::with(Redis::start_with_log());
    for at in 0..setting("FANFOLD_HOSTS_FILES", 1500) {
        let lines: String = (0..3)
            .map(|line| format!("k{} {at}\n", (at * 7 + line) % 97))
            .collect();
        hosts.place.file(&format!("many/{at:06}"), lines.as_bytes(), 100);
    }
    let mut workers: Vec<_> = (0..3).map(|_| hosts.join(LINE)).collect();
    let mut leader = hosts.lead(LINE, "-j0");
    let (mut worker_dies, mut leader_dies) = (Every::new(300), Every::new(900));
    let (mut server_dies, mut stops) = (Every::new(1300), Every::new(700));
    while !leader.ends_within(Duration::from_millis(20)) {
        if worker_dies.is_due() {
            kill(workers.remove(0));
            workers.push(hosts.join(LINE));
        }
        if stops.is_due() {
            workers[0].signal(Signal::STOP);
        }
        if leader_dies.is_due() {
            kill(std::mem::replace(&mut leader, hosts.lead(LINE, "-j0")));
        }
        if server_dies.is_due() {
            hosts.redis.kill();
            hosts.redis.tear_log(fastrand::u64(..2000));
            hosts.redis.restart();
        }
    }
    let (out, code, err) = outcome(leader);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out, hosts.single(LINE).0, "{err}");
    workers.into_iter().for_each(kill);
}
