//! Servers that restart, lose their data, are full, or are none.

use super::verbs::{LONG, begin, begin_run, counts, enter, ks, payloads, take};
use crate::support::{Redis, has_redis};
use fanfold::queue::{
    BeatAnswer, BusyServer, EnterAnswer, LeadAnswer, MineAnswer, NotLeading, Outside, QueueError,
    QueueServer, QueueUrl, RunName, TakeAnswer, UnfitServer,
};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;

/// An hour, in ms.
const HOUR: u64 = 3_600_000;

/// Puts the run an hour into the past: what the server last saw, and the lease of worker `w`.
fn age(redis: &Redis) {
    let seen = redis.admin(&["HGET", "{ff:r}:m", "seen"]);
    let digits: String = seen.chars().filter(char::is_ascii_digit).collect();
    let seen: u64 = digits.parse().expect("a time");
    redis.admin(&["HSET", "{ff:r}:m", "seen", &(seen - HOUR).to_string()]);
    redis.admin(&["ZINCRBY", "{ff:r}:l", &format!("-{HOUR}"), "w"]);
    redis.admin(&["HINCRBY", "{ff:r}:m", "until", &format!("-{HOUR}")]);
}

#[test]
fn leases_are_longer_by_the_time_that_the_server_was_away() {
    if !has_redis() {
        return;
    }
    let mut redis = Redis::start_with_log();
    let mut queue = redis.connect("r");
    begin_run(&mut queue, 2);
    enter(&mut queue, "w");
    take(&mut queue, "w", 1, LONG);
    redis.restart();
    age(&redis);
    let mut queue = redis.connect("r");
    enter(&mut queue, "v");
    assert_eq!(ks(&take(&mut queue, "v", 2, LONG)), [2]);
    let alive = BeatAnswer::Alive {
        agrees: true,
        stop: None,
    };
    assert_eq!(queue.beat("w", LONG, 1, &[1]), Ok(alive));
    // Without a restart it was the worker that was away.
    age(&redis);
    assert_eq!(ks(&take(&mut queue, "v", 2, LONG)), [1]);
    assert_eq!(
        queue.beat("w", LONG, 1, &[1]),
        Ok(BeatAnswer::Outside(Outside::Fenced))
    );
}

#[test]
fn a_server_that_lost_the_run_says_so() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 2);
    enter(queue, "w");
    redis.admin(&["FLUSHALL"]);
    assert_eq!(
        queue.take("w", 1, LONG, 5),
        Ok(TakeAnswer::Outside(Outside::NoRun))
    );
    assert_eq!(queue.mine("w"), Ok(MineAnswer::Outside(Outside::NoRun)));
    assert_eq!(queue.enter("w", b"m", "1", LONG), Ok(EnterAnswer::NoRun));
    assert_eq!(
        queue.lead("lead", LONG),
        Ok(LeadAnswer::NotLeading(NotLeading::NoRun))
    );
}

#[test]
fn a_server_whose_data_contradict_themselves_is_found_out() {
    if !has_redis() {
        return;
    }
    let broken = |damage: &[&str]| {
        let redis = Redis::start();
        let mut queue = redis.connect("r");
        begin_run(&mut queue, 3);
        enter(&mut queue, "w");
        take(&mut queue, "w", 1, LONG);
        redis.admin(damage);
        let answers = [
            queue.mine("w").err(),
            queue.take("w", 3, LONG, 5).err(),
            queue.take("w", 3, LONG, 5).err(),
        ];
        let corrupt = |error: &QueueError| matches!(error, QueueError::Corrupt(_));
        assert!(answers.iter().flatten().any(corrupt), "{damage:?}: {answers:?}");
    };
    broken(&["XDEL", "{ff:r}:j", "0-1"]);
    broken(&["XGROUP", "DESTROY", "{ff:r}:j", "w"]);
    broken(&["UNLINK", "{ff:r}:j"]);
    broken(&["SET", "{ff:r}:j", "x"]);
}

#[test]
fn a_full_server_and_a_replica_are_asked_again_later() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 2);
    enter(queue, "w");
    redis.admin(&["CONFIG", "SET", "maxmemory", "1"]);
    let full = queue.take("w", 1, LONG, 5).expect_err("it is full");
    assert!(
        matches!(full, QueueError::Busy(BusyServer::OutOfMemory, _)),
        "{full:?}"
    );
    assert!(full.is_retryable());
    assert!(queue.status().is_ok(), "looking needs no memory");
    redis.admin(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(ks(&take(queue, "w", 1, LONG)), [1]);
    redis.admin(&["REPLICAOF", "127.0.0.1", "1"]);
    let replica = queue.take("w", 1, LONG, 5).expect_err("it is a replica");
    assert!(
        matches!(replica, QueueError::Busy(BusyServer::ReadOnly, _)),
        "{replica:?}"
    );
    redis.admin(&["REPLICAOF", "NO", "ONE"]);
    assert_eq!(ks(&take(queue, "w", 1, LONG)), [2]);
    assert_eq!(counts(queue).backlog, 2);
}

#[test]
fn logins_are_refused_for_good_and_a_missing_server_is_not() {
    if !has_redis() {
        return;
    }
    let mut redis = Redis::with(&["--requirepass", "secret"]);
    let login = |redis: &Redis, password: Option<&str>| {
        let url = QueueUrl::parse(&redis.url("r")).expect("a URL");
        let run = url.run.clone().expect("it names a run");
        let server = QueueServer::new(&url, &run, password).expect("a server");
        server
            .connect()
            .and_then(|mut queue| queue.begin(&begin("lead", LONG)))
    };
    for password in [None, Some("wrong")] {
        let error = login(&redis, password).expect_err("it is refused");
        assert!(
            matches!(error, QueueError::Unfit(UnfitServer::Refused, _)),
            "{error:?}"
        );
        assert!(!error.is_retryable());
    }
    login(&redis, Some("secret")).expect("it is right");
    redis.kill();
    let error = login(&redis, Some("secret")).expect_err("it is gone");
    assert!(matches!(error, QueueError::Unreachable(_)), "{error:?}");
}

/// Returns what a caller hears from a server that answers everything with this line.
fn error_of(line: &'static str) -> QueueError {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let socket = dir.path().join("s");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut block = [0; 1 << 16];
        while let Ok(1..) = client.read(&mut block) {
            let _ = client.write_all(line.as_bytes());
        }
    });
    let url = QueueUrl::parse(&format!("redis+unix://{}", socket.display())).expect("a URL");
    let run = RunName::new("r").expect("a name");
    let described = QueueServer::new(&url, &run, None).expect("a server");
    let mut queue = described.connect().expect("it answers");
    let error = queue.put("lead", 1, b"", &payloads(1..=1)).expect_err(line);
    drop(queue);
    server.join().expect("it ends with the connection");
    error
}

#[test]
fn errors_are_told_apart_by_whether_asking_again_helps() {
    use BusyServer::{DiskFull, Loading, Occupied, OutOfMemory, ReadOnly};
    use UnfitServer::{Cluster, Incomprehensible, NoFunctions, NoLibrary, Refused};
    for (line, expected) in [
        ("-LOADING Redis is loading the dataset in memory\r\n", Loading),
        (
            "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
            OutOfMemory,
        ),
        (
            "-MISCONF Errors writing to the AOF file: No space left on device\r\n",
            DiskFull,
        ),
        (
            "-READONLY You can't write against a read only replica.\r\n",
            ReadOnly,
        ),
        ("-BUSY Redis is busy running a script.\r\n", Occupied),
        ("-MASTERDOWN Link with MASTER is down\r\n", Occupied),
        ("-NOREPLICAS Not enough good replicas to write.\r\n", Occupied),
    ] {
        let error = error_of(line);
        assert!(
            matches!(&error, QueueError::Busy(why, _) if *why == expected),
            "{line}: {error:?}"
        );
    }
    for (line, expected) in [
        ("-MOVED 3999 127.0.0.1:6381\r\n", Cluster),
        ("-CLUSTERDOWN Hash slot not served\r\n", Cluster),
        (
            "-CROSSSLOT Keys in request don't hash to the same slot\r\n",
            Cluster,
        ),
        (
            "-ERR unknown command 'FCALL', with args beginning with: \r\n",
            NoFunctions,
        ),
        (
            "-ERR unknown command `FCALL`, with args beginning with: \r\n",
            NoFunctions,
        ),
        ("-NOAUTH Authentication required.\r\n", Refused),
        (
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
            Refused,
        ),
        (
            "-NOPERM User w has no permissions to run the 'fcall' command\r\n",
            Refused,
        ),
        ("-ERR Function not found\r\n", NoLibrary),
        ("-ERR something else\r\n", Incomprehensible),
        ("+OK\r\n", Incomprehensible),
        ("*1\r\n$5\r\nHELLO\r\n", Incomprehensible),
        ("*1\r\n*0\r\n", Incomprehensible),
        (":7\r\n", Incomprehensible),
    ] {
        let error = error_of(line);
        assert!(
            matches!(&error, QueueError::Unfit(why, _) if *why == expected),
            "{line}: {error:?}"
        );
    }
    let corrupt = error_of("-CORRUPT 0-7 is pending and not in the stream\r\n");
    assert_eq!(
        corrupt,
        QueueError::Corrupt("0-7 is pending and not in the stream".into())
    );
    let garbage = error_of("HTTP/1.1 400 Bad Request\r\n\r\n");
    assert!(!matches!(garbage, QueueError::Corrupt(_)), "{garbage:?}");
}

#[test]
fn a_server_tells_about_itself() {
    if !has_redis() {
        return;
    }
    let mut redis = Redis::start_with_log();
    let health = redis.connect("r").health().expect("it answers");
    assert!(health.version.is_some_and(|version| version.contains('.')));
    assert_eq!(health.eviction.as_deref(), Some("noeviction"));
    assert_eq!(health.appends, Some(true));
    assert!(health.memory > Some(0));
    redis.restart();
    let restarted = redis.connect("r").health().expect("it answers");
    assert!(restarted.run_id.is_some() && restarted.run_id != health.run_id);
}
