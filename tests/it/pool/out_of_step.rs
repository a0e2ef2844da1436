//! Pool processes whose replies are out of step with the names: no reply is taken for that of another name,
//! and what may be wrong is not remembered as done.

use crate::support::{Fan, Place, fan, has};

/// A pool process in Python: `name()` reads a line, byte by byte, and returns None at the end; `asked()`
/// waits until there is something to read, and leaves it there; `say` writes a line at once; `stay()` waits
/// for a signal.
const PRELUDE: &str = "\
import os, select, signal
def name():
    line = b''
    while not line.endswith(b'\\n'):
        byte = os.read(0, 1)
        if not byte:
            return None
        line += byte
    return line[:-1].decode()
def asked():
    select.select([0], [], [])
def say(text):
    os.write(1, (text + '\\n').encode())
stay = signal.pause
";

/// Adds a pool of one such process; None without Python.
fn python(fan: Fan, script: &str) -> Option<Fan> {
    let script = format!("{PRELUDE}{script}");
    has("python3").then(|| fan.args(["--pool", "--", "python3", "-c", &script]))
}

fn pool(words: &str, script: &str) -> Option<Fan> {
    python(fan(&format!("run -j1 {words}")), script)
}

#[test]
fn output_before_a_name_is_read_is_not_its_reply() {
    for after in ["os._exit(0)", "stay()"] {
        let script = format!(
            "while n := name():\n  say('<' + n + '>')\n  if n == 'b':\n    asked(); say('stray'); {after}\n"
        );
        let Some(fan) = pool("", &script) else { return };
        fan.stdin("a\nb\nc\nd\n")
            .stdout("<a>\n<b>\n<c>\n<d>\n")
            .says("fanfold: worker 1: 'python3' wrote more after its reply to 'b'\n")
            .code(123);
    }
}

#[test]
fn a_second_reply_is_never_that_of_the_next_job_with_retries_either() {
    let Some(fan) = pool(
        "--tag --retries 1",
        "n = name(); say(n); asked(); say('extra ' + n)\n",
    ) else {
        return;
    };
    let names: Vec<String> = (1..=8).map(|n| n.to_string()).collect();
    let replies: String = names.iter().map(|n| format!("{n}\t{n}\n")).collect();
    let done = fan.stdin(names.join("\n")).stdout(replies).code(123);
    let told = done.err.matches("wrote more after its reply").count();
    // The extra reply to the last name comes when no other name does: it is reported at the end.
    let last = done.err.contains("gave more replies than it was asked for");
    done.expect(told == 7 && last, "each of them told");
}

#[test]
fn a_greeting_is_not_a_reply() {
    let Some(fan) = pool("", "asked(); say('hello'); stay()\n") else {
        return;
    };
    fan.stdin("a\nb\n")
        .stdout("")
        .says("job 1 (a): 'python3' answered before it was asked\n")
        .says("job 2 (b): 'python3' answered before it was asked\n")
        .code(123);
}

/// Returns how many jobs are done, and how many failed, according to the state.
fn counts(place: &Place) -> (u64, u64) {
    let done = place.fan("status st --json").ok();
    let status: serde_json::Value = serde_json::from_slice(&done.out).expect("an object");
    let count = |name: &str| status[name].as_u64().expect("a number");
    (count("done"), count("failed"))
}

#[test]
fn replies_of_a_process_that_is_out_of_step_are_not_remembered() {
    // Each reply is the one to the name before.
    let behind = "last = 'hello'\nwhile n := name(): say(last); last = n; asked()\nsay(last)\n";
    for words in ["--count", "--out o/{}", ""] {
        let place = Place::new();
        for (run, names) in ["a\nb\nc\n", "a\nb\nc\n"].iter().enumerate() {
            let fan = place.fan(&format!("run -j1 --state st {words}")).stdin(names);
            let Some(fan) = python(fan, behind) else { return };
            let done = fan.says("'python3'").code(123);
            done.expect(counts(&place) == (0, 3), &format!("none is done after run {run}"));
        }
    }
}

#[test]
fn an_extra_reply_puts_those_before_it_in_doubt() {
    let place = Place::new();
    let run = |body: &str| {
        let script = format!("while read -r n; do case $n in {body} esac; echo \"<$n>\"; done");
        let fan = place.fan("run -j1 --ok-exit 0 --state st --pool --shell");
        // A file decides what it does, because another script would be another command line.
        std::fs::write(place.path("body"), script).expect("written");
        fan.arg(". ./body").stdin("a\nb\nc\nd\n")
    };
    run(r"c) printf '1\n2\n'; continue;;")
        .stdout("<a>\n<b>\n<d>\n")
        .says(
            "fanfold: worker 1: the 2 jobs that the same process answered before are remembered as failed\n",
        )
        .says("job 3 (c): 'sh' gave more than one reply\n")
        .code(123);
    assert_eq!(counts(&place), (1, 3));
    run("").stdout("<a>\n<b>\n<c>\n").ok();
    assert_eq!(counts(&place), (4, 0));
}

#[test]
fn a_failed_exit_puts_all_replies_in_doubt() {
    for words in ["", "--count"] {
        let place = Place::new();
        let run = || {
            let fan = place.fan(&format!("run -j2 --state st {words} --pool --shell"));
            let script = "while read -r n; do echo \"<$n>\"; done; [ -e good ]";
            fan.arg(script).stdin("a\nb\nc\n")
        };
        let replies = match words {
            "" => "<a>\n<b>\n<c>\n",
            _ => "1\t<a>\n1\t<b>\n1\t<c>\n",
        };
        run()
            .stdout(replies)
            .says("exited with status 1 after its last reply")
            .says("remembered as failed")
            .code(123);
        assert_eq!(counts(&place), (0, 3));
        place.file("good", b"", 100);
        run().stdout(replies).ok();
        assert_eq!(counts(&place), (3, 0));
        run().stdout(if words.is_empty() { "" } else { replies }).ok();
    }
}

#[test]
fn one_input_that_kills_every_process_does_not_stop_the_run() {
    let dies = "while read -r n; do [ $n != bad ] || exit 2; echo $n; done";
    for names in ["1\nbad\n3\n4\n", "bad\n1\n3\n4\n", "1\n3\n4\nbad\n"] {
        let done = fan("run -j1 --retries 5 --pool --shell")
            .arg(dies)
            .stdin(names)
            .stdout("1\n3\n4\n")
            .says("(bad): 'sh' exited with status 2 without a reply")
            .code(123);
        done.expect(done.err.contains("1 of 4 jobs failed"), "one failure");
    }
}

#[test]
fn the_job_log_has_the_exit_status_of_the_process() {
    let dies = "while read -r n; do case $n in b) exit 3;; c) kill -9 $$;; d) exit 0;; esac; echo $n; done";
    let done = fan("run -j1 --joblog log --pool --shell")
        .arg(dies)
        .stdin("a\nb\nc\nd\n")
        .code(123);
    let log = std::fs::read_to_string(done.fan.path("log")).expect("it was made");
    let ends: Vec<_> = log
        .lines()
        .skip(1)
        .map(|line| line.split('\t').skip(6).take(2).collect::<Vec<_>>().join(" "))
        .collect();
    done.expect(ends == ["0 0", "3 0", "0 9", "1 0"], &log);
}
