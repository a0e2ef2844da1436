//! What the users that `fanfold queue init` prints may do.

use super::verbs::{LONG, OVER, begin, begin_run, commit, enter, ks, payloads, take};
use crate::support::{Redis, has_redis};
use fanfold::queue::{
    CloseAnswer, LeaderAnswer, PieceAnswer, PutAnswer, QueueConnection, QueueError, QueueServer, QueueUrl,
    Role, StatusAnswer, StopMode, TakeAnswer, UnfitServer, acl_rules,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// Makes a user with the rules of a role, and connects as that user.
fn connect_as(redis: &Redis, name: &str, role: Role) -> QueueConnection {
    let rules = acl_rules(role);
    let mut words = vec!["ACL", "SETUSER", name, "on", ">secret"];
    words.extend(rules.split(' '));
    assert_eq!(redis.admin(&words), "ok");
    let mut url = QueueUrl::parse(&redis.url("r")).expect("a URL");
    url.user = Some(name.into());
    let run = url.run.clone().expect("it names a run");
    let server = QueueServer::new(&url, &run, Some("secret")).expect("a server");
    server.connect().expect("the login is right")
}

#[test]
fn a_run_needs_no_more_than_its_roles_may() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let leader = &mut connect_as(&redis, "leader", Role::Leader);
    let worker = &mut connect_as(&redis, "worker", Role::Worker);
    leader
        .begin(&begin("lead", LONG))
        .expect("it loads the functions");
    leader.put("lead", 1, b"n", &payloads(1..=9)).expect("it may");
    assert_eq!(leader.close("lead", 9, b"l"), Ok(CloseAnswer::Closed));
    for name in ["a", "b", "c"] {
        enter(worker, name);
    }
    take(worker, "a", 3, LONG);
    take(worker, "b", 1, OVER);
    std::thread::sleep(Duration::from_millis(2));
    worker.beat("a", LONG, 3, &[1]).expect("it may");
    worker.beat("a", LONG, 3, &[]).expect("it may");
    worker.mine("a").expect("it may");
    // The second dead one had one job, the first none left: all branches of an inheritance.
    assert_eq!(ks(&take(worker, "c", 1, LONG)), [4]);
    assert_eq!(worker.piece("c", 1, LONG, 0, b"x"), Ok(PieceAnswer::Stored));
    commit(worker, "c", 1, &[4]);
    worker.leave("a", "h", &[2]).expect("it may");
    let mut number = 1;
    loop {
        match worker.take("c", 3, LONG, 1).expect("it may") {
            TakeAnswer::Jobs(handed) => {
                number += 1;
                commit(worker, "c", number, &ks(&handed.jobs));
            }
            TakeAnswer::Wait => {}
            _ => break,
        }
    }
    leader.lead("lead", LONG).expect("it may");
    leader.results(None, 10).expect("it may");
    leader.piece_of("c", 1, 0).expect("it may");
    leader.health().expect("it may").run_id.expect("it may ask");
    leader.rewrite_log().expect("it may");
    assert!(matches!(leader.status(), Ok(StatusAnswer::Run(_))));
    assert_eq!(leader.stop("lead", StopMode::Pause), Ok(LeaderAnswer::Done));
    assert_eq!(leader.finish("lead"), Ok(LeaderAnswer::Done));
}

#[test]
fn a_job_is_given_up_by_a_worker_that_may_no_more() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    begin_run(&mut redis.connect("r"), 1);
    let worker = &mut connect_as(&redis, "worker", Role::Worker);
    enter(worker, "a");
    take(worker, "a", 1, OVER);
    std::thread::sleep(Duration::from_millis(2));
    enter(worker, "b");
    assert!(matches!(worker.take("b", 1, LONG, 1), Ok(TakeAnswer::Outside(_))));
}

#[test]
fn a_worker_may_not_begin_a_run_nor_forget_one() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    redis
        .connect("r")
        .load_functions()
        .expect("the administrator may");
    let worker = &mut connect_as(&redis, "worker", Role::Worker);
    let refused = |error: QueueError| {
        assert!(
            matches!(error, QueueError::Unfit(UnfitServer::Refused, _)),
            "{error:?}"
        );
    };
    refused(worker.begin(&begin("worker", LONG)).expect_err("it may not"));
    begin_run(&mut redis.connect("r"), 1);
    refused(worker.finish("lead").expect_err("it may not"));
    refused(worker.drop_run().expect_err("it may not"));
    let answer = redis.connect("r").put("lead", 2, b"", &payloads(2..=2));
    assert_eq!(answer, Ok(PutAnswer::Enqueued { backlog: 2 }), "the run is whole");
    assert_eq!(worker.health().expect("it answers").run_id, None);
    assert_eq!(worker.rewrite_log(), Ok(false));
    redis.admin(&["FUNCTION", "DELETE", "fanfold1"]);
    let error = worker.mine("w").expect_err("it may not load the functions");
    assert!(
        matches!(error, QueueError::Unfit(UnfitServer::NoLibrary, _)),
        "{error:?}"
    );
    assert!(error.to_string().contains("fanfold queue init"), "{error}");
}

#[test]
fn every_command_outside_the_rules_of_a_worker_is_refused() {
    if !has_redis() {
        return;
    }
    // Without these, some commands are switched off for all users.
    let redis = Redis::with(&["--enable-debug-command", "yes", "--enable-module-command", "yes"]);
    begin_run(&mut redis.connect("r"), 1);
    drop(connect_as(&redis, "worker", Role::Worker));
    let rules = acl_rules(Role::Worker);
    let allowed: BTreeSet<_> = rules
        .split(' ')
        .filter_map(|rule| rule.strip_prefix('+'))
        .collect();
    // Whoever logs in may always send these.
    let login = ["auth", "hello", "quit", "reset"];
    let client = redis::Client::open(format!("redis+unix://{}", redis.path("s").display())).expect("a URL");
    let mut admin = client.get_connection().expect("it answers");
    let mut worker = client.get_connection().expect("it answers");
    redis::cmd("AUTH")
        .arg("worker")
        .arg("secret")
        .exec(&mut worker)
        .expect("the login is right");
    let commands: Vec<String> = redis::cmd("COMMAND")
        .arg("LIST")
        .query(&mut admin)
        .expect("it may");
    let mut refused = 0;
    for command in &commands {
        let name = command.to_lowercase();
        let is_container = commands
            .iter()
            .any(|other| other.starts_with(&format!("{command}|")));
        if allowed.contains(&name[..]) || login.contains(&&name[..]) || is_container {
            continue;
        }
        let info: Vec<(String, i64)> = arity(&mut admin, command);
        let words = info[0].1.unsigned_abs() as usize;
        let mut parts = name.split('|');
        let mut sent = redis::cmd(parts.next().expect("a name"));
        sent.arg(parts.collect::<Vec<_>>());
        let given = 1 + usize::from(name.contains('|'));
        for _ in given..words.max(given) {
            sent.arg("{ff:r}:m");
        }
        let error = sent.exec(&mut worker).expect_err(command).to_string();
        assert!(error.contains("has no permissions to run"), "{command}: {error}");
        refused += 1;
    }
    assert!(refused > 200, "{refused}");
    // And what it may, it may with the keys of runs only.
    let error = redis::cmd("HSET")
        .arg(&["other", "a", "b"])
        .exec(&mut worker)
        .expect_err("another's key");
    assert!(error.to_string().contains("NoPerm"), "{error}");
}

/// Returns the name of a command, and how many words it takes: at least so many when negative.
fn arity(admin: &mut redis::Connection, command: &str) -> Vec<(String, i64)> {
    let info = redis::cmd("COMMAND").arg("INFO").arg(command).to_owned();
    let redis::Value::Array(rows) = info.query(admin).expect("it may") else {
        panic!("{command}");
    };
    let redis::Value::Array(row) = &rows[0] else {
        panic!("{command}: {rows:?}");
    };
    let name: String = redis::from_redis_value(row[0].clone()).expect("a name");
    vec![(name, redis::from_redis_value(row[1].clone()).expect("a number"))]
}
