//! `--merge`: a command joins the outputs of jobs, neighbours in input order first.

use super::{left, sorted, sorting};
use crate::support::{Fan, assert_gone, fan, fifo, oracle, send, until};
use rustix::process::Signal;
use std::fs::{File, read_dir};
use std::os::unix::fs::OpenOptionsExt as _;

#[test]
fn forty_sorted_outputs_are_sorted_whatever_the_arity() {
    for (arity, workers) in [(2, 1), (2, 4), (3, 2), (16, 2), (64, 2)] {
        let words = format!("run d -j{workers} --arity {arity} --tmpdir tmp --merge");
        let fan = sorted(fan(&words).arg("sort -m {}").file("tmp/.keep", ""), 40).env("LC_ALL", "C");
        let expected = oracle(fan.dir(), "sort d/*", &[]);
        let done = fan.args(["--", "cat"]).stdout(expected).ok();
        done.expect(left(&done.fan.path("tmp")) == 0, "no temporary file left");
    }
}

#[test]
fn a_merge_that_does_not_commute_keeps_the_input_order() {
    // Each even job ends after the next one; the outputs are joined in order all the same.
    let waits = "n=${1#d/}; case $n in *[02468]) read x < pipe-$n;; *) echo > pipe-$(printf %03d $((${n#0} - 1)));; esac; echo $n";
    let mut fan = sorted(fan("run d -j4 --arity 3 --merge").arg("cat {}"), 10);
    for even in (0..10).step_by(2) {
        fan = fan.fifo(&format!("pipe-{even:03}"));
    }
    let names: String = (0..10).map(|at| format!("{at:03}\n")).collect();
    let waits = waits.replace("${n#0}", "${n#00}");
    fan.args(["--", "sh", "-c", &waits, "sh"]).stdout(names).ok();
}

/// The large outputs together are more than a pipe between merges holds.
#[test]
fn large_and_small_outputs_are_merged_with_little_memory() {
    let names: String = (0..100).map(|at| format!("{at}\n")).collect();
    let script = "head -c $(($1 * 4000)) /dev/zero | tr '\\0' x; echo $1";
    let mut expected = Vec::new();
    for at in 0..100 {
        expected.extend(std::iter::repeat_n(b'x', at * 4000));
        expected.extend_from_slice(format!("{at}\n").as_bytes());
    }
    fan("run -j4 --arity 7 --memory 1MiB --merge")
        .arg("cat {}")
        .args(["--", "sh", "-c", script, "sh"])
        .stdin(names)
        .stdout(expected)
        .ok();
}

#[test]
fn built_in_maps_and_pools_are_merged_too() {
    let fan_of = |words: &str| {
        let fan = fan(words).arg("sort -mn {}").args(["--arity", "2"]);
        fan.gz("d/a.gz", "1 a\n5 b\n")
            .file("d/b", "3 c\n")
            .file("d/c", "2 d\n4 e\n9 f\n")
    };
    fan_of("map d --select 1 --merge")
        .stdout("1\n2\n3\n4\n5\n9\n")
        .ok();
    let answers = "while read -r n; do echo ${#n}; done";
    let names = "four4\none\nfifteen characters\n";
    fan_of("run --pool --merge")
        .args(["--shell", answers])
        .stdin(names)
        .stdout("3\n5\n18\n")
        .ok();
}

#[test]
fn a_header_comes_once_and_first() {
    fan("map a b -i csv -o csv --select n --merge")
        .arg("sort -m {}")
        .file("a", "n\n1\n3\n")
        .file("b", "n\n2\n")
        .stdout("n\n1\n2\n3\n")
        .ok();
}

#[test]
fn neighbours_are_merged_while_jobs_are_still_to_come() {
    let merge = r#"sh -c 'echo $# > merged; cat "$@"' sh {}"#;
    let fan = fan("run -j2 --arity 3 --merge").arg(merge).args(["--", "echo"]);
    let mut running = fan.fifo("merged").spawn();
    running.write("a\nb\nc\n");
    let merged = fifo::read(&running.path("merged"));
    assert_eq!(merged, "3\n", "the list is still open");
    running.write("d\n");
    let path = running.path("merged");
    let last = std::thread::spawn(move || fifo::read(&path));
    let done = running.wait();
    assert_eq!(last.join().expect("no panic"), "2\n", "abc and d");
    done.expect(
        done.out == b"a\nb\nc\nd\n" && done.status.success(),
        "all in order",
    );
}

#[test]
fn a_failed_job_is_left_out_and_reported() {
    fan("run -j2 --arity 2 --merge")
        .arg("cat {}")
        .args(["--", "sh", "-c", "echo $1; [ $1 != b ]", "sh"])
        .stdin("a\nb\nc\nd\n")
        .stdout("a\nc\nd\n")
        .says("job 2 (b): 'sh' exited with status 1")
        .code(123);
    fan("run --merge")
        .arg("cat {}")
        .args(["--", "false"])
        .stdin("a\nb\n")
        .stdout("")
        .code(123);
    fan("run --retries 1 -j1 --merge")
        .arg("cat {}")
        .args(["--", "sh", "-c", "echo $1; [ $1 != b -o $FANFOLD_TRY = 2 ]", "sh"])
        .stdin("a\nb\nc\n")
        .stdout("a\nb\nc\n")
        .says("(try 1 of 2)")
        .code(0);
}

#[test]
fn a_failed_merge_prints_nothing_and_names_the_command() {
    // The last of the three merges fails, after it has written.
    let merge = r#"sh -c 'cat "$@"; [ ! -e once ] || exit 7; grep -q 4 "$@" || exit 0; touch once' sh {}"#;
    for options in ["", "--retries 0"] {
        let done = fan("run -j1 --arity 2 --tmpdir tmp")
            .args(options.split_whitespace())
            .args(["--merge", merge])
            .file("tmp/.keep", "")
            .args(["--", "echo"])
            .stdin("1\n2\n3\n4\n")
            .stdout("")
            .says("fanfold: merge of jobs 1 to 4: 'sh' exited with status 7; nothing is printed\n")
            .code(123);
        done.expect(left(&done.fan.path("tmp")) == 0, "no temporary file left");
    }
    // A merge is retried like a job.
    let once = r#"sh -c 'cat "$@"; [ -e tried ] || { touch tried; exit 1; }' sh {}"#;
    fan("run -j1 --retries 1 --merge")
        .arg(once)
        .args(["--", "echo"])
        .stdin("1\n2\n")
        .stdout("1\n2\n")
        .stderr("fanfold: merge of jobs 1 to 2: 'sh' exited with status 1 (try 1 of 2)\n")
        .ok();
}

#[test]
fn messages_of_a_merge_pass() {
    fan("run -j1 --merge")
        .arg(r#"sh -c 'echo about $# >&2; cat "$@"' sh {}"#)
        .args(["--", "echo"])
        .stdin("1\n2\n")
        .stdout("1\n2\n")
        .stderr("about 2\n")
        .ok();
}

#[test]
fn an_unknown_merge_command_may_reopen_or_leak_its_output() {
    // If standard output were a file, the second open would empty it, and the writers would overwrite each
    // other.
    fan("run -j1 --merge")
        .arg(r#"sh -c 'echo a; echo b > /dev/stdout; cat "$@"' sh {}"#)
        .args(["--", "echo"])
        .stdin("1\n2\n")
        .stdout("a\nb\n1\n2\n")
        .ok();
    let fan = fan("run -j1 --merge").arg(r#"sh -c 'cat "$@"; read x < never &' sh {}"#);
    let fan = fan.fifo("never").args(["--", "echo"]).stdin("1\n2\n");
    let done = fan.stdout("1\n2\n").says("holds its output; not waited for").ok();
    // It was killed with its group, or it still waits: opening the FIFO ends the wait.
    let open = File::options()
        .write(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
        .open(done.fan.path("never"));
    drop(open);
}

#[test]
fn one_output_is_printed_as_it_is() {
    fan("run --merge")
        .arg("false")
        .args(["--", "echo"])
        .stdin("a\n")
        .stdout("a\n")
        .ok();
}

#[test]
fn inputs_of_merges_are_deleted_once_used() {
    // Each merge writes down how many bytes of inputs exist while it runs.
    let merge = r#"sh -c 'cat "$1"/../* 2> err | wc -c >> used; cat "$@"' sh {}"#;
    let merge = merge.replace("\"$1\"/../*", "\"${1%/*}\"/*");
    let names: String = (0..24).map(|at| format!("{at}\n")).collect();
    let script = "head -c 100000 /dev/zero | tr '\\0' x; echo $1";
    let done = fan("run -j2 --arity 3 --merge")
        .arg(merge)
        .args(["--", "sh", "-c", script, "sh"])
        .stdin(names)
        .ok();
    done.expect(done.out.len() > 2_400_000, "all outputs");
    let used = std::fs::read_to_string(done.fan.path("used")).expect("the merges wrote it");
    let most = used
        .lines()
        .filter_map(|line| line.trim().parse::<usize>().ok())
        .max();
    let bounded = most.is_some_and(|most| most > 0 && most <= 2 * 2_500_000);
    done.expect(bounded, &format!("at most twice the data: {most:?}"));
}

#[test]
fn a_signal_leaves_no_temporary_files() {
    let merge = "sh -c 'echo $$ > pid; read x < never' sh {}";
    for signal in [Signal::TERM, Signal::KILL] {
        let fan = fan("run -j2 --arity 2 --tmpdir tmp --merge").arg(merge);
        let fan = fan.file("tmp/.keep", "").fifo("pid").fifo("never");
        let mut running = fan
            .args(["--", "sh", "-c", "head -c 100000 /dev/zero", "sh"])
            .spawn();
        running.write("a\nb\n");
        let merge = running.child_pid();
        assert_eq!(left(&running.path("tmp")), 1, "a directory of its own");
        running.signal(signal);
        let done = running.wait_open();
        done.expect_death_by(signal);
        done.expect(done.out.is_empty(), "no output");
        if signal == Signal::KILL {
            // The guardian removes them, a moment after fanfold was killed. It may not know yet of a merge that has
            // just been started, and nothing else would end that.
            until("no temporary file", || left(&done.fan.path("tmp")) == 0);
            send(merge, Signal::KILL);
        }
        assert_gone(&[merge], "the merge");
        done.expect(left(&done.fan.path("tmp")) == 0, "no temporary file left");
    }
}

#[test]
fn the_file_of_the_last_output_is_complete_or_does_not_exist() {
    let done = fan("run -j2 --arity 2 --out new/all --merge")
        .arg("cat {}")
        .args(["--", "echo"])
        .stdin("a\nb\nc\n")
        .stdout("")
        .ok();
    let all = std::fs::read(done.fan.path("new/all")).expect("it was made");
    done.expect(all == b"a\nb\nc\n", "all of it");
    let done = fan("map a b -i csv -o csv --select n --out all --merge")
        .arg("sort -m {}")
        .file("a", "n\n1\n3\n")
        .file("b", "n\n2\n")
        .stdout("")
        .ok();
    let all = std::fs::read(done.fan.path("all")).expect("it was made");
    done.expect(all == b"n\n1\n2\n3\n", "the header and the rows");
    let done = fan("run -j2 --out all --merge")
        .arg("false")
        .file("all", "before")
        .args(["--", "echo"])
        .stdin("a\nb\n")
        .stdout("")
        .code(123);
    let all = std::fs::read(done.fan.path("all")).expect("it was there");
    done.expect(all == b"before", "what was there");
    fan("run a --out no/../d --merge")
        .arg("cat {}")
        .file("a", "")
        .file("d/file", "")
        .args(["--", "echo"])
        .says("no/../d")
        .code(5);
}

/// Whether `new` holds the finished file and no unfinished one.
fn file_alone(fan: &Fan, bytes: &[u8]) -> bool {
    let entries = read_dir(fan.path("new")).expect("it was made").flatten();
    let names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names == ["all"] && std::fs::read(fan.path("new/all")).is_ok_and(|all| all == bytes)
}

#[test]
fn the_last_merge_writes_straight_to_the_file() {
    let script = r#"to=$(readlink /proc/$$/fd/1); echo "$to" >> wrote; "$SORT" "$@"; [ -e once ] || exit 0; rm once; exit 7"#;
    for (words, once, code, all) in [
        ("--arity 2", false, 0, "n\n1\n2\n3\n4\n5\n"),
        ("--arity 16", false, 0, "n\n1\n2\n3\n4\n5\n"),
        ("--arity 16 --retries 1", true, 0, "n\n1\n2\n3\n4\n5\n"),
        ("--arity 16", true, 123, "before"),
    ] {
        let fan = fan(&format!(
            "map a b c d e -j1 -i csv -o csv --select n {words} --out new/all --merge"
        ));
        let mut fan = sorting(fan.arg("sort -m {}").file("new/all", "before"), script);
        for (at, name) in ["a", "b", "c", "d", "e"].iter().enumerate() {
            fan = fan.file(name, format!("n\n{}\n", at + 1));
        }
        let fan = if once { fan.file("once", "") } else { fan };
        let done = fan.stdout("").code(code);
        done.expect(file_alone(&done.fan, all.as_bytes()), all);
        let wrote = std::fs::read_to_string(done.fan.path("wrote")).expect("it was run");
        let last = wrote.lines().next_back().unwrap_or_default();
        done.expect(last.contains("/new/.all.fanfold-"), &wrote);
    }
}

#[test]
fn options_that_cannot_be_merged_are_refused_before_the_first_job() {
    let refused = |words: &str, merge: &str, said: &str, code: i32| {
        let fan = fan(words).file("a", "").args(["--merge", merge]);
        let done = fan.args(["--", "touch", "ran"]).stdout("").says(said).code(code);
        done.expect(!done.fan.path("ran").exists(), "no job");
    };
    refused("run a", "no-such-program {}", "'no-such-program' not found", 127);
    refused("run a", "sort 'x", "a quote is not closed", 2);
    refused("run a", "", "no command", 2);
    refused("run a --arity 1", "cat {}", "from 2 to 4096", 2);
    for option in [
        "--count",
        "--tag",
        "--unordered",
        "--line-buffer",
        "-u",
        "--dry-run",
    ] {
        refused(&format!("run a {option}"), "cat {}", "--", 2);
    }
    refused(
        "run a --out x/{/}",
        "cat {}",
        "cannot have a replacement string",
        2,
    );
    refused("run a --state s", "cat {}", "--state", 2);
    refused(
        "run a --tmpdir nowhere",
        "cat {}",
        "nowhere: temporary directory",
        5,
    );
}
