//! A worker with `--root` reads what lies beneath a directory, and nothing else.

use super::{Hosts, outcome};
use crate::support::{fan, has_redis};
use std::os::unix::fs::symlink;

/// Runs a line whose worker is bound to the directory `data`, and then one that may do what is left. Returns what the leader
/// and the first worker say.
fn bound(hosts: &Hosts, line: &str, root: &str) -> ((Vec<u8>, i32, String), (i32, String)) {
    let joined = hosts.words("map QUEUE --count", &format!("-j2 --join --root {root}"));
    let leader = hosts.lead(line, "-j0");
    let (_, code, err) = outcome(hosts.place.fan(&joined).spawn());
    let free = hosts.join(line);
    let led = outcome(leader);
    outcome(free);
    hosts.redis.admin(&["FLUSHALL"]);
    (led, (code, err))
}

/// Makes a directory `data` with files, and links in it.
fn make_data(hosts: &Hosts) -> String {
    let (place, link) = (&hosts.place, |target: &str, name: &str| {
        symlink(target, hosts.place.path(name)).expect("a link");
    });
    place
        .file("data/a", b"x\ny\n", 100)
        .file("data/sub/b", b"x\n", 100);
    place.file("secret", b"secret\n", 100);
    link("sub/b", "data/within");
    link("../secret", "data/out");
    place.path("data").display().to_string()
}

#[test]
fn names_beneath_the_root_are_read() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    let data = make_data(&hosts);
    let absolute = format!("map {data}/a {data}/sub QUEUE --count");
    for line in ["map data/a data/sub data/within QUEUE --count", &absolute] {
        for root in ["data", "./data/", &data] {
            let ((out, code, err), (joined, said)) = bound(&hosts, line, root);
            assert_eq!(joined, 0, "{line} {root}: {said}");
            assert_eq!((out, code), (hosts.single(line).0, 0), "{line} {root}: {err}");
        }
    }
}

#[test]
fn names_that_lead_out_of_the_root_are_handed_back_unread() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    let data = make_data(&hosts);
    let other = format!("map {} QUEUE --count", hosts.place.path("secret").display());
    let absolute = format!("map {data}/out QUEUE --count");
    for (line, why) in [
        ("map data/out QUEUE --count", "leads out of the --root"),
        (&absolute, "leads out of the --root"),
        ("map data/../secret QUEUE --count", "not beneath the --root"),
        ("map data/sub/../a QUEUE --count", "not beneath the --root"),
        ("map secret QUEUE --count", "not beneath the --root"),
        (&other, "not beneath the --root"),
    ] {
        let ((out, code, err), (joined, said)) = bound(&hosts, line, "data");
        assert_eq!(joined, 3, "{line}: {said}");
        assert!(said.contains(why), "{line}: {said}");
        // It was this host's failure, and another one has done it.
        assert_eq!((out, code), (hosts.single(line).0, 0), "{line}: {err}");
    }
}

#[test]
fn a_root_that_bounds_nothing_is_refused() {
    let refused = |words: &str, why: &str| {
        let words = words.replace("QUEUE", "--queue redis+unix:///nowhere");
        fan(&words).file("in/a", "x\n").says(why).code(2);
    };
    refused("map QUEUE#r --count --root in", "--join");
    refused("map in QUEUE#r --count --join --root in", "in place of INPUTs");
    refused("map QUEUE --count --join --root in", "#RUN");
    refused("map QUEUE#r --count --join --root in/a", "in/a");
    refused("map QUEUE#r --count --join --root none", "none");
    refused("map --open cat QUEUE#r --count --join --root in", "--open");
}
