//! A process of a pool that says of a job that it failed.

use crate::support::{Fan, fan};

fn pool(words: &str, script: &str) -> Fan {
    let fan = fan("run --pool").args(words.split_whitespace());
    fan.args(["--", "sh", "-c", script])
}

/// Fails each job whose name begins with `bad`, and answers the others with the number of names it has read.
const WORKER: &str = r#"n=0; while read name; do n=$((n + 1)); case $name in
bad*) echo "$FANFOLD_FAILURE ${name#bad} is no good";; *) echo "$name is number $n";; esac; done"#;

#[test]
fn a_job_fails_with_the_cause_that_was_given_and_its_process_goes_on() {
    let fan = pool("-j1", WORKER).stdin("bad1\nbad2\nbad3\nbad4\na\nbad5\nb\n");
    let done = fan.stdout("a is number 5\nb is number 7\n");
    let done = done
        .says("fanfold: job 4 (bad4): 'sh' failed: 4 is no good\n")
        .code(123);
    done.expect(
        done.err.contains("job 6 (bad5): 'sh' failed: 5 is no good"),
        "the last",
    );
}

#[test]
fn nothing_of_it_reaches_a_fold_and_it_is_tried_again() {
    let again = r#"while read name; do if [ -e "$name" ]; then echo "$name"; else : > "$name"
printf '%s' "$FANFOLD_FAILURE"; printf ' not yet\n'; fi; done"#;
    pool("-j1 --count --retries 1 --retry-delay 1ms", again)
        .stdin("a\nb\n")
        .stdout("1\ta\n1\tb\n")
        .says("failed: not yet (try 1 of 2)")
        .ok();
}

#[test]
fn a_cause_of_several_lines_and_a_beginning_of_the_mark_that_is_a_reply() {
    let script = r#"half=${FANFOLD_FAILURE%????}; while read name; do case $name in
bad) printf '%s two\nlines\0' "$FANFOLD_FAILURE";; half) printf '%s\0' "$half" | sed "s/$half/half/";;
rest) printf '%s, no more\0' "$half" | sed "s/$half/half/";; *) printf '\0';; esac; done"#;
    pool("-j1 --reply nul", script)
        .stdin("half\nempty\nbad\nrest\n")
        .stdout("halfhalf, no more")
        .says(r"failed: two\nlines")
        .code(123);
    // The beginning alone is a reply like any other, also when it comes in pieces.
    let script = r#"read name; half=${FANFOLD_FAILURE%????}; printf '%s' "${half%????}"; printf '%s\n' "${half#"${half%????}"}""#;
    let done = pool("-j1", script).stdin("a\n").ok();
    done.expect(
        done.out.starts_with(b"failed-") && done.out.len() == 36,
        "all but four bytes",
    );
}

#[test]
fn a_state_remembers_the_cause() {
    let fan = pool("-j1 --state s", WORKER).stdin("bad1\n").code(123);
    let status = crate::support::fan("status s").at(fan.fan.dir()).ok();
    let said = String::from_utf8_lossy(&status.out).into_owned();
    status.expect(said.contains("'sh' failed: 1 is no good"), "the cause");
}
