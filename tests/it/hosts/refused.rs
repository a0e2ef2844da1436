//! What a run with a queue refuses, and with which exit code.

use super::{Hosts, outcome};
use crate::support::{Redis, fan, fifo, has_redis};

#[test]
fn what_cannot_be_combined_with_a_queue_is_refused() {
    for words in [
        "map in --count --state s",
        "map in --count --shard 1/2",
        "map in --first 3",
        "map in -i json --bad file=f --count",
        "map in --sort 1",
        "map in --count --partial keep",
        "map in --merge cat",
        "map in --line-buffer",
        "map - --count",
        "run -u in -- true",
        "run in --merge cat -- true",
        "map in --count --where 1>yesterday",
    ] {
        let words = words.replacen(" ", " --queue redis+unix:///nowhere#r ", 1);
        let done = fan(&words).file("in/a", "x\n").code(2);
        done.expect(done.err.contains("--queue"), "the option in the message");
    }
    fan("map in --count -j0").file("in/a", "x\n").code(2);
    fan("map in --count --join").file("in/a", "x\n").code(2);
    fan("map in --count --fresh").file("in/a", "x\n").code(2);
    fan("map in --count --queue redis://10.1.2.3")
        .file("in/a", "x\n")
        .code(2);
}

#[test]
fn a_dry_run_touches_no_server() {
    let words = "run in --queue redis+unix:///nowhere#r --dry-run -- echo {}";
    fan(words).file("in/a", "x\n").stdout("echo in/a\n").ok();
}

#[test]
fn a_server_that_is_not_there_is_75() {
    for more in ["", "--join"] {
        let words = format!("map in --count --queue redis+unix:///nowhere#r --patience 0.2 {more}");
        let done = fan(&words).file("in/a", "x\n").code(75);
        done.expect(done.err.contains("can't be reached"), "why");
    }
}

#[test]
fn a_worker_whom_nobody_leads_ends_with_75() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    let words = hosts.words("map in QUEUE --count", "--join --patience 0.2");
    let done = hosts.place.fan(&words).code(75);
    done.expect(done.err.contains("nobody leads"), "why");
}

#[test]
fn another_command_line_and_other_inputs_are_refused() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    hosts
        .place
        .file("script", b"echo x > pid; read -r x < go; cat $1\n", 100);
    fifo::make(&hosts.place.path("pid"));
    fifo::make(&hosts.place.path("go"));
    let line = "run script in/00.gz QUEUE -- sh ./script {}";
    let leader = hosts.lead(line, "-j1");
    assert_eq!(fifo::read(&hosts.place.path("pid")), "x\n");
    // Another one is refused while the first is alive.
    let (_, code, err) = outcome(hosts.lead(line, "-j1"));
    assert_eq!(code, 6, "{err}");
    let other = line.replace("sh ./", "sh -e ./");
    let (_, code, err) = outcome(hosts.join(&other));
    assert_eq!(code, 2, "{err}");
    leader.signal(rustix::process::Signal::TERM);
    assert_eq!(outcome(leader).1, -1);
    let (_, code, err) = outcome(hosts.lead(&other, ""));
    assert_eq!(code, 2, "{err}");
    let (_, code, err) = outcome(hosts.lead(&line.replace("in/00.gz", "in/01.gz"), ""));
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("other inputs") && err.contains("--fresh"), "{err}");
    hosts.place.file("script", b"cat $1\n", 50);
    let (_, code, err) = outcome(hosts.lead(line, ""));
    assert_eq!(code, 2, "a file has changed: {err}");
    let (out, code, err) = outcome(hosts.lead(line, "--fresh"));
    assert_eq!((out, code), (hosts.single(line).0, 0), "{err}");
}

#[test]
fn a_host_without_the_inputs_hands_its_jobs_back() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::with(Redis::start());
    let line = "map in QUEUE --count";
    let words = hosts.words(line, "--join");
    let elsewhere = fan(&words).spawn();
    // Its INPUTs cover less than the leader's.
    let other = hosts.join("map out QUEUE --count");
    let leader = hosts.lead(line, "-j0");
    let (_, code, err) = outcome(elsewhere);
    assert_eq!(code, 3, "{err}");
    let (_, code, err) = outcome(other);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("not covered by the INPUTs"), "{err}");
    let worker = hosts.join(line);
    let (out, code, err) = outcome(leader);
    assert_eq!((out, code), (hosts.single(line).0, 0), "{err}");
    assert_eq!(outcome(worker).1, 0);
}
