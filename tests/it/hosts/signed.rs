//! With a key, what is not signed with it is neither run nor counted.

use super::{Hosts, outcome};
use crate::support::{fifo, has_redis};
use fanfold::queue::{QueuedInput, QueuedJob};
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

/// Writes a key that only its owner can read.
fn key(hosts: &Hosts, name: &str, byte: u8) {
    hosts.place.file(name, &[byte; 32], 100);
    set_permissions(hosts.place.path(name), Permissions::from_mode(0o600)).expect("it is ours");
}

#[test]
fn a_signed_run_gives_the_same_answer() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    key(&hosts, "key", 7);
    for line in ["map in QUEUE --count", "run in QUEUE -- zcat {}"] {
        let signed = line.replace("QUEUE", "QUEUE --sign-key key");
        assert_eq!(outcome(hosts.lead(&signed, "")), hosts.single(line), "{line}");
    }
    let (_, code, err) = outcome(hosts.lead("map in QUEUE --count --sign-key in/00.gz", ""));
    assert_eq!(code, 2, "others can read it: {err}");
}

#[test]
fn a_job_that_somebody_else_has_put_there_is_not_run() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    key(&hosts, "key", 7);
    hosts.place.file(
        "script",
        b"case $1 in *forged) echo x > ran;; esac; echo x > pid; read -r x < go\n",
        100,
    );
    hosts.place.file("in/forged", b"", 100);
    fifo::make(&hosts.place.path("pid"));
    fifo::make(&hosts.place.path("go"));
    let line = "run in/00.gz QUEUE --sign-key key -- sh ./script {}";
    let leader = hosts.lead(line, "-j0");
    let worker = hosts
        .place
        .fan(&hosts.words(&line.replace("in/00.gz", "in"), "-j2 --join"))
        .spawn();
    assert_eq!(fifo::read(&hosts.place.path("pid")), "x\n");
    let forged = QueuedJob {
        number: 1,
        inputs: vec![QueuedInput::Name("in/forged".into())],
    };
    let payload = forged.encode(None).expect("it is short");
    let mut redis = redis::Client::open(format!("redis+unix://{}", hosts.redis.path("s").display()))
        .and_then(|client| client.get_connection())
        .expect("it answers");
    let mut add = redis::cmd("XADD");
    add.arg("{ff:r}:j").arg("0-99").arg("p").arg(payload);
    add.exec(&mut redis).expect("it may");
    let (out, code, err) = outcome(leader);
    assert_eq!((out.len(), code), (0, 5), "{err}");
    fifo::write(&hosts.place.path("go"), "x\n");
    let (_, code, err) = outcome(worker);
    assert_eq!(code, 5, "{err}");
    assert!(err.contains("job 99 of the queue is not signed"), "{err}");
    assert!(!hosts.place.path("ran").exists());
}

#[test]
fn a_worker_with_another_key_does_nothing() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    key(&hosts, "key", 7);
    key(&hosts, "other", 8);
    let line = "map in QUEUE --count";
    let leader = hosts.lead(&line.replace("QUEUE", "QUEUE --sign-key key"), "-j0");
    let worker = hosts.join(&line.replace("QUEUE", "QUEUE --sign-key other"));
    let (_, code, err) = outcome(worker);
    assert_eq!(code, 5, "{err}");
    let (out, code, err) = outcome(leader);
    assert_eq!((out.len(), code), (0, 5), "{err}");
}
