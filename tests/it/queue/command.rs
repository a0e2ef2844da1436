//! `fanfold queue status`, `drop` and `init`.

use super::verbs::{LONG, OVER, begin, commit, enter, take};
use crate::support::{Redis, fan, has_redis};
use fanfold::queue::{QueuedInput, QueuedJob, TakeAnswer};
use serde_json::json;
use std::time::Duration;

/// Begins a run of four jobs. One is done, one was given up.
fn run_half_done(redis: &Redis) {
    let queue = &mut redis.connect("r");
    queue.begin(&begin("lead:1:x", LONG)).expect("it answers");
    let payloads: Vec<_> = ["a.log", "b\n.log", "c.log", "d.log"]
        .iter()
        .map(|name| QueuedJob {
            number: 1,
            inputs: vec![QueuedInput::Name(name.into())],
        })
        .map(|job| job.encode(None).expect("it is short"))
        .collect();
    queue.put("lead:1:x", 1, b"n", &payloads).expect("it answers");
    enter(queue, "web1:7:a");
    take(queue, "web1:7:a", 1, LONG);
    commit(queue, "web1:7:a", 1, &[1]);
    enter(queue, "web2:8:b");
    take(queue, "web2:8:b", 1, OVER);
    std::thread::sleep(Duration::from_millis(2));
    // The second job is given up, and the third handed out.
    assert!(matches!(
        queue.take("web1:7:a", 1, LONG, 1),
        Ok(TakeAnswer::Jobs(_))
    ));
}

#[test]
fn status_tells_what_is_done_by_whom_and_what_is_left() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    run_half_done(&redis);
    let done = fan("queue status").arg(redis.url("r")).ok();
    let text = String::from_utf8(done.out).expect("UTF-8");
    for line in [
        "jobs       4 so far\n",
        "done       1\n",
        "failed     0\n",
        "given up   1\n           b\\n.log\n",
        "left       2\n",
        "host       web1: 1 done, 1 held by 1 live\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    assert!(text.starts_with("leader     lead:1:x, for "), "{text}");
    let done = fan("queue status --json").arg(redis.url("r")).ok();
    let mut object: serde_json::Value = serde_json::from_slice(&done.out).expect("JSON");
    for passing in ["rate", "seconds", "seconds_left"] {
        let value = object.as_object_mut().expect("an object").remove(passing);
        assert!(value.is_some_and(|value| value.is_number()), "{passing}");
    }
    assert_eq!(
        object,
        json!({
            "leader": "lead:1:x", "led": true, "jobs": 4, "complete": false, "done": 1, "failed": 0, "given_up": 1,
            "forged": 0, "left": 2, "workers": 1,
            "hosts": [{"host": "web1", "workers": 1, "held": 1, "done": 1}],
            "jobs_given_up": [{"place": 2, "input": "b\\n.log"}],
        })
    );
}

#[test]
fn a_run_is_dropped_once() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    run_half_done(&redis);
    fan("queue drop").arg(redis.url("r")).stdout("").ok();
    assert_eq!(redis.admin(&["DBSIZE"]), "int(0)");
    for action in ["drop", "status"] {
        let again = fan(&format!("queue {action}")).arg(redis.url("r"));
        again.stdout("").says("no such run").code(4);
    }
    fan("queue drop")
        .arg(redis.url("r").replace("#r", ""))
        .says("#RUN")
        .code(2);
}

#[test]
fn init_loads_the_functions_and_prints_users_that_suffice() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let done = fan("queue init")
        .arg(redis.url("r"))
        .says("CONFIG SET appendonly yes")
        .ok();
    let text = String::from_utf8(done.out).expect("UTF-8");
    assert_eq!(text.lines().count(), 2);
    for line in text.lines() {
        let words: Vec<_> = line.split(' ').collect();
        assert_eq!(redis.admin(&words), "ok", "{line}");
    }
    assert!(redis.admin(&["FUNCTION", "LIST"]).contains("fanfold1"));
    assert!(redis.admin(&["ACL", "LIST"]).contains("user fanfold-worker on"));
    redis.admin(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    redis.admin(&["CONFIG", "SET", "appendonly", "yes"]);
    fan("queue init")
        .arg(redis.url("r"))
        .says("CONFIG SET maxmemory-policy noeviction")
        .ok();
}

#[test]
fn passwords_come_from_a_file_or_the_environment_and_not_from_the_url() {
    if !has_redis() {
        return;
    }
    let mut redis = Redis::with(&["--requirepass", "secret"]);
    let status = || fan("queue status").arg(redis.url("r"));
    status().says("access denied").code(2);
    status()
        .env("REDISCLI_AUTH", "wrong")
        .says("access denied")
        .code(2);
    status()
        .env("REDISCLI_AUTH", "secret")
        .says("no such run")
        .code(4);
    let with_file = |text: &str| status().file("auth", text).args(["--auth-file", "auth"]);
    with_file("secret\nand more\n").says("no such run").code(4);
    with_file("\n").says("auth: its first line").code(2);
    status().args(["--auth-file", "none"]).says("none: ").code(2);
    fan("queue status redis://:secret@localhost#r")
        .says("--auth-file")
        .code(2);
    fan("queue status redis://q.example#r")
        .says("--plaintext")
        .code(2);
    let url = redis.url("r");
    redis.kill();
    fan("queue status").arg(url).says("can't be reached").code(75);
}
