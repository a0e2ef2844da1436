//! The Python module of the wheel: `serve`, the loop of a worker, and `imap`, a pool in a program.

use crate::support::{Fan, fan, has, repository};
use std::path::PathBuf;
use std::process::Command;

fn module() -> PathBuf {
    repository().join(".packaging/python")
}

/// Prepares a pool of one worker, which is this script.
fn worker(words: &str, script: &str) -> Fan {
    let fan = fan("run -j1 --pool").args(words.split_whitespace());
    let path = module().into_os_string().into_string().expect("UTF-8");
    let fan = fan.file("worker.py", script).env("PYTHONPATH", &path);
    let fan = fan.env("PYTHONDONTWRITEBYTECODE", "1");
    fan.args(["--", "python3", "worker.py"])
}

/// Runs a program with the module, and returns what it prints. It ends, or is killed in the end.
#[track_caller]
fn program(script: &str) -> String {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("program.py");
    std::fs::write(&file, script).expect("a file");
    let mut python = Command::new("timeout");
    python.args(["-s", "KILL", "100", "python3"]).arg(&file);
    python
        .env("PYTHONPATH", module())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    python.current_dir(dir.path());
    python.env("FANFOLD", env!("CARGO_BIN_EXE_fanfold"));
    let done = python.output().expect("python3");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{}: {stderr}", done.status);
    String::from_utf8(done.stdout).expect("UTF-8")
}

#[test]
fn an_exception_fails_its_job_and_prints_can_not_be_replies() {
    if !has("python3") {
        return;
    }
    let script = r#"
import os
from fanfold import serve

def answer(name):
    print("to standard output")
    os.system("echo from a child")
    if name.startswith("bad"):
        raise ValueError(f"{name} is\nno good")
    return {"none": None, "bytes": b"\xff", "number": 7, "lines": "a\nb"}.get(name, name)

serve(answer)
"#;
    let names = b"bad1\nbad2\nbad3\nbad4\nnone\nbytes\nnumber\nlines\n\xc3\xa9\xfe\n";
    let done = worker("", script).stdin(names);
    let done = done.stdout(b"\n\xff\n7\n\xc3\xa9\xfe\n").code(123);
    for said in [
        "job 4 (bad4): 'python3' failed: ValueError: bad4 is no good (worker.py:9)\n",
        "job 8 (lines): 'python3' failed: ValueError: the reply holds a newline: use reply='nul'",
        "to standard output\nfrom a child\n",
    ] {
        done.expect(done.err.contains(said), said);
    }
}

#[test]
fn names_and_replies_may_hold_newlines() {
    if !has("python3") {
        return;
    }
    let script = "from fanfold import serve\nserve(lambda name: name + '\\n', reply='nul', names='nul')\n";
    worker("--reply nul -0", script)
        .stdin("a\nb\0c\0")
        .stdout("a\nb\nc\n")
        .ok();
}

#[test]
fn a_program_gets_answers_in_order_and_failures_in_their_places() {
    if !has("python3") {
        return;
    }
    let script = r#"
import fanfold

class Answer:
    def __init__(self, name):
        self.text = name * 2

def work(name):
    print("no answer")
    if name == "bad":
        raise KeyError("no such\nthing")
    return Answer(name)

if __name__ == "__main__":
    names = ["a", "bad", "c\nd", b"\xff", "x): y"] + [str(n) for n in range(500)]
    found = list(fanfold.imap(work, names, jobs=2, errors="yield"))
    assert [name for name, _ in found] == ["a", "bad", "c\nd", "\udcff", "x): y"] + names[5:]
    for name, answer in found:
        if name != "bad":
            assert answer.text == name * 2, name
    error = found[1][1]
    assert isinstance(error, fanfold.JobError) and error.name == "bad", error
    assert error.cause == "KeyError: 'no such\\nthing' (program.py:11)", error.cause
    got = []
    try:
        for name, _ in fanfold.imap(work, ["a", "bad", "b"]):
            got.append(name)
    except fanfold.JobError as error:
        assert got == ["a"] and str(error).startswith("'bad': KeyError"), error
    # The iterator goes on after what it raised.
    pool, got = fanfold.imap(work, ["bad", "b"], jobs=1), []
    try:
        next(pool)
    except fanfold.JobError:
        got = [name for name, _ in pool]
    assert got == ["b"], got
    assert list(fanfold.imap(work, [])) == []
    for wrong in (lambda name: name, "wc"):
        try:
            fanfold.imap(wrong, ["a"])
        except (ValueError, TypeError):
            continue
        raise AssertionError(wrong)
    print("all well")
"#;
    assert_eq!(program(script), "all well\n");
}

#[test]
fn a_command_is_asked_in_place_of_a_function() {
    if !has("python3") {
        return;
    }
    let script = r#"
import fanfold

answers = 'while read n; do case $n in x) exit 3;; *) echo "<$n>"; echo "fanfold: job 3 (c): fake" >&2;; esac; done'
found = list(fanfold.imap(["sh", "-c", answers], ["a", "x", "c"], jobs=1, errors="yield"))
assert found[0] == ("a", "<a>") and found[2] == ("c", "<c>"), found
assert found[1][1].cause == "'sh' exited with status 3 without a reply", found
try:
    list(fanfold.imap(["sh", "-c", "exit 1"], list("abcdefgh"), jobs=1, errors="yield"))
except fanfold.PoolError as error:
    assert "the first is 'd'" in str(error), error
else:
    raise AssertionError("a pool whose processes all die ends")
"#;
    assert_eq!(program(script), "");
}

/// The system's killer of processes that take too much memory sends SIGKILL, as the worker does to itself here.
#[test]
fn a_worker_that_is_killed_fails_its_job_where_multiprocessing_hangs() {
    if !has("python3") {
        return;
    }
    let script = r#"
import multiprocessing
import os
import signal

import fanfold

NAMES = ["a", "kill", "b"]

def work(name):
    if name == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return name.upper()

if __name__ == "__main__":
    found = []
    for name, answer in fanfold.imap(work, NAMES, jobs=1, errors="yield"):
        found.append(answer.cause if isinstance(answer, fanfold.JobError) else answer)
    print(found)

    # The answer of the job that was killed never comes, however long it is waited for.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        answers, found = pool.imap(work, NAMES), []
        found.append(answers.next(timeout=60))
        try:
            found.append(answers.next(timeout=1))
        except multiprocessing.TimeoutError:
            found.append("hangs")
    print(found)
"#;
    let expected = "['A', 'was killed by signal 9 without a reply', 'B']\n['A', 'hangs']\n";
    assert_eq!(program(script), expected);
}

#[test]
fn the_module_keeps_to_the_grammar_of_python_3_9() {
    if !has("python3") {
        return;
    }
    let script = format!(
        "import ast, pathlib\nfiles = list(pathlib.Path({:?}).glob('fanfold/*.py'))\nassert len(files) > 5\n\
         for file in files: ast.parse(file.read_text(), str(file), feature_version=(3, 9))\n",
        module()
    );
    assert_eq!(program(&script), "");
}
