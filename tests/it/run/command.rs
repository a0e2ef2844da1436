//! A command for each file: its arguments and environment, and the order of the output.

use crate::support::{Fan, fan, fifo};
use rustix::process::Signal;

use std::io::Write;

/// Prepares `fanfold run OPTIONS -- sh -c SCRIPT sh NAME`, for names from a list.
fn script(words: &str, script: &str) -> Fan {
    fan("run")
        .args(words.split_whitespace())
        .args(["--", "sh", "-c", script, "sh"])
}

#[test]
fn replacement_strings_stand_for_parts_of_the_name() {
    let all = [
        "{}", "{/}", "{//}", "{.}", "{/.}", "{..}", "{/..}", "{#}", "{{}", "a{/}b{#}",
    ];
    fan("run -j1 d/x.log.gz y")
        .file("d/x.log.gz", "")
        .file("y", "")
        .args(["--", "printf", "%s|"])
        .args(all)
        .stdout(concat!(
            "d/x.log.gz|x.log.gz|d|d/x.log|x.log|d/x|x|1|{}|ax.log.gzb1|",
            "y|y|.|y|y|y|y|2|{}|ayb2|",
        ))
        .ok();
}

#[test]
fn without_a_replacement_string_the_input_is_appended() {
    fan("run")
        .args(["--", "echo", "-n", "a b"])
        .stdin("x y\n")
        .stdout("a b x y")
        .ok();
}

#[test]
fn the_child_knows_its_slot_and_number() {
    fan("run -j1")
        .args([
            "--",
            "sh",
            "-c",
            "echo $FANFOLD_JOB $FANFOLD_SLOT $FANFOLD_TRY $1 $2",
            "sh",
            "{#}",
            "{%}",
        ])
        .stdin("x\ny\n")
        .stdout("1 1 1 1 1\n2 1 1 2 1\n")
        .ok();
}

#[test]
fn output_comes_in_input_order_although_the_first_job_ends_last() {
    // The first waits for a line that the second writes.
    let waits =
        "case $1 in a) read line < pipe; echo $1 $line;; b) echo $1; echo from-b > pipe;; *) echo $1;; esac";
    script("-j2", waits)
        .fifo("pipe")
        .stdin("a\nb\nc\nd\n")
        .stdout("a from-b\nb\nc\nd\n")
        .ok();
}

#[test]
fn unordered_output_comes_as_jobs_finish() {
    let waits = "case $1 in a) read line < pipe;; esac; echo $1";
    let mut running = script("-j2 --unordered", waits).fifo("pipe").spawn();
    running.write("a\nb\n");
    assert_eq!(running.line(), "b");
    fifo::write(&running.path("pipe"), "");
    assert_eq!(running.line(), "a");
    assert!(running.wait().status.success());
}

#[test]
fn the_lowest_job_streams_while_it_runs() {
    let mut running = script("-j2", "echo first $1; read line < pipe; echo last $1")
        .fifo("pipe")
        .spawn();
    running.write("a\n");
    assert_eq!(running.line(), "first a");
    fifo::write(&running.path("pipe"), "");
    assert_eq!(running.line(), "last a");
    running.wait();
}

#[test]
fn output_of_a_later_job_is_printed_when_its_turn_comes() {
    // The second job writes before the first ends, and then blocks; it writes nothing more.
    let waits = "case $1 in a) read line < first; read line < turn;; *) echo hi; echo so >&2; \
                 echo > first; read line < second;; esac; echo $1";
    let mut running = script("-j2", waits)
        .fifo("first")
        .fifo("turn")
        .fifo("second")
        .spawn();
    running.write("a\nb\n");
    fifo::write(&running.path("turn"), "");
    assert_eq!(running.line(), "a");
    assert_eq!(running.line(), "hi");
    running.hears("so\n");
    fifo::write(&running.path("second"), "");
    let done = running.wait();
    done.expect(done.out == b"a\nhi\nb\n" && done.status.success(), "both jobs");
}

#[test]
fn usr1_prints_a_status_line() {
    let waits = "case $1 in a) echo done;; b) exit 1;; *) echo > ready-$1; read line < never;; esac";
    let mut fan = fan("run -j2 a b c d e").args(["--", "sh", "-c", waits, "sh"]);
    for name in ["a", "b", "c", "d", "e"] {
        fan = fan.file(name, "");
    }
    let mut running = fan.fifo("ready-c").fifo("ready-d").fifo("never").spawn();
    assert_eq!(running.line(), "done");
    running.hears("job 2 (b)");
    for name in ["ready-c", "ready-d"] {
        fifo::read(&running.path(name));
    }
    running.signal(Signal::USR1);
    running.hears("fanfold: 1 done, 1 failed, 2 running (job 3 for ");
    running.hears("s), 1 left\n");
    running.signal(Signal::TERM);
    running.wait();
}

#[test]
fn the_first_command_runs_before_the_list_ends() {
    let mut running = fan("run -j4").args(["--", "echo"]).spawn();
    running.write("a\n");
    assert_eq!(running.line(), "a");
    running.write("b\nc");
    assert_eq!(running.line(), "b");
    let done = running.wait();
    done.expect(done.out == b"a\nb\nc\n" && done.status.success(), "all three");
}

#[test]
fn ungrouped_commands_inherit_our_streams() {
    fan("run -u -j1")
        .args(["--", "sh", "-c", "echo out $1; echo err $1 >&2", "sh"])
        .stdin("a\nb\n")
        .stdout("out a\nout b\n")
        .stderr("err a\nerr b\n")
        .ok();
}

#[test]
fn tagged_lines_carry_their_input() {
    fan("run --tag")
        .args(["--", "sh", "-c", "printf '1\\n2'", "sh", "{}"])
        .stdin("a\nb\n")
        .stdout("a\t1\na\t2\nb\t1\nb\t2\n")
        .ok();
}

#[test]
fn a_dry_run_prints_what_a_shell_would_run_and_runs_nothing() {
    let fan = fan("run --dry-run")
        .args(["--", "touch", "{}", "it's"])
        .stdin("a b\n-x\n$y\n");
    let done = fan.ok();
    assert!(!done.fan.path("a b").exists());
    let mut sh = std::process::Command::new("sh");
    let sh = sh.arg("-c").arg(std::ffi::OsString::from(
        String::from_utf8_lossy(&done.out).into_owned(),
    ));
    assert!(sh.current_dir(done.fan.dir()).status().expect("sh").success());
    for name in ["a b", "-x", "$y", "it's"] {
        done.expect(
            done.fan.path(name).exists(),
            &format!("the shell to make {name:?}"),
        );
    }
}

#[test]
fn a_child_has_no_standard_input_and_a_process_group_of_its_own() {
    let script = "readlink /proc/self/fd/0; read line || echo end; cut -d' ' -f5 /proc/$$/stat | grep -cx $$";
    fan("run")
        .args(["--", "sh", "-c", script, "sh"])
        .stdin("a\n")
        .stdout("/dev/null\nend\n1\n")
        .ok();
}

#[test]
fn standard_error_comes_whole_and_in_order_too() {
    let waits = "echo 1 $1 >&2; case $1 in a) read line < pipe;; b) echo > pipe;; esac; echo 2 $1 >&2";
    script("-j2", waits)
        .fifo("pipe")
        .stdin("a\nb\n")
        .stdout("")
        .stderr("1 a\n2 a\n1 b\n2 b\n")
        .ok();
}

/// Runs 40 jobs of 1 MB each on 8 workers: the bytes of two jobs never mix.
fn megabytes(words: &str, sorted: bool) {
    let names: Vec<String> = (0..40).map(|at| format!("{at:02}")).collect();
    // awk writes 100 bytes a line in pieces, so that the writes of children interleave.
    let lines = r#"BEGIN { for (i = 0; i < 10000; i++) { printf "%s %06d ", n, i; printf "%090d\n", n; if (i % 7 == 0) fflush() } }"#;
    let fan = fan("run -j8").args(words.split_whitespace());
    let fan = fan
        .args(["--", "awk", "-v", "n={}", lines])
        .stdin(names.join("\n"));
    let done = fan.ok();
    let mut jobs: Vec<&[u8]> = done.out.chunks(1_010_000).collect();
    if !sorted {
        jobs.sort_unstable();
    }
    done.expect(jobs.len() == names.len(), "40 jobs' output");
    for (job, name) in jobs.iter().zip(&names) {
        let line = |i: usize| format!("{name} {i:06} {:090}\n", name.parse::<u32>().expect("a number"));
        let whole: String = (0..10_000).map(line).collect();
        assert!(*job == whole.as_bytes(), "job {name} is not whole, {words}");
    }
}

#[test]
fn bytes_of_concurrent_commands_never_mix_in_order() {
    megabytes("", true);
}

#[test]
fn bytes_of_concurrent_commands_never_mix_unordered() {
    megabytes("--unordered", false);
}

#[test]
fn output_over_the_memory_limit_waits_in_a_temporary_file() {
    // The first job holds back 30 MB of others' output, with 1 MiB to hold it in.
    let held = "case $1 in 0) read line < pipe;; 30) head -c 1000000 /dev/zero; exec 3> pipe;; \
                *) head -c 1000000 /dev/zero | tr '\\0' \"$2\";; esac; echo $1";
    let names: String = (0..=30).map(|at| format!("{at}\n")).collect();
    let fan = fan("run -j4 --memory 1MiB --tmpdir spill")
        .file("spill/.keep", "")
        .fifo("pipe");
    let fan = fan.args(["--", "sh", "-c", held, "sh", "{}", "x"]).stdin(names);
    let done = fan.ok();
    let mut expected = b"0\n".to_vec();
    for at in 1..=30 {
        expected.extend_from_slice(&[if at == 30 { 0 } else { b'x' }; 1_000_000]);
        expected.extend_from_slice(format!("{at}\n").as_bytes());
    }
    done.expect(done.out == expected, "each job's output, whole and in order");
    let left = std::fs::read_dir(done.fan.path("spill"))
        .expect("it is ours")
        .count();
    done.expect(left == 1, "no temporary file left");
}

#[test]
fn a_missing_command_stops_before_the_first_job() {
    fan("run")
        .args(["--", "no-such-program", "{}"])
        .stdin("a\n")
        .stdout("")
        .says("no-such-program")
        .code(127);
    fan("run")
        .args(["--", "./data", "{}"])
        .file("data", "not a program")
        .stdin("a\n")
        .stdout("")
        .says("data")
        .code(126);
    fan("run")
        .args(["--", "./gone"])
        .stdin("a\n")
        .stdout("")
        .says("gone")
        .code(127);
}

#[test]
fn a_program_that_the_system_cannot_execute_ends_the_run() {
    let script = |name: &str, text: &str, words: &str| {
        let fan = fan("run -j1").args(words.split_whitespace()).file(name, text);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(fan.path(name), mode).expect("ours");
        fan.stdin("a\nb\nc\n").stdout("")
    };
    for words in ["--retries 2 --", "--pool --"] {
        let fan = script("bare", "echo $1\n", words).arg("./bare");
        let said = "fanfold: job 1 (a): './bare' can't be executed: exec format error (a script begins with #! \
                    and its interpreter's name)\nfanfold: 1 of 1 job failed (exit 126)\n";
        fan.stderr(said).code(126);
        let fan = script("lost", "#!/no/such/thing\n", words).arg("./lost");
        fan.says("'./lost' can't be executed: no such file or directory")
            .code(126);
    }
    // Once a program was executed, this is a failure of its job alone.
    let fan = script("once", "#!/bin/sh\necho > once; echo $1\n", "--").arg("./once");
    fan.stdout("a\n").says("2 of 3 jobs failed (exit 123)").code(123);
}

#[test]
fn a_failed_command_is_named_and_the_others_go_on() {
    script("-j2", "echo $1; [ $1 != b ]")
        .stdin("a\nb\nc\n")
        .stdout("a\nb\nc\n")
        .stderr("fanfold: job 2 (b): 'sh' exited with status 1\nfanfold: 1 of 3 jobs failed (exit 123)\n")
        .code(123);
    script("", "kill -9 $$")
        .stdin("a\n")
        .stdout("")
        .stderr("fanfold: job 1 (a): 'sh' was killed by signal 9\nfanfold: 1 of 1 job failed (exit 123)\n")
        .code(123);
}

#[test]
fn a_missing_separator_is_explained() {
    fan("run a sh -c x").file("a", "").stdout("").says("--").code(2);
    fan("run a cat -t")
        .file("a", "")
        .says("fanfold run a -- cat -t")
        .code(2);
    fan("run -j2 cat --show-all")
        .file("a", "")
        .says("fanfold run -j2 -- cat --show-all")
        .code(2);
    fan("run").says("-- COMMAND").code(2);
}

#[test]
fn a_grandchild_that_holds_the_pipe_does_not_hang_the_run() {
    // It blocks on the FIFO until the test opens it, long after its parent is gone.
    let leaks = "{ read line < pipe; echo gone > end; } & echo $1";
    let mut running = script("-j1", leaks).fifo("pipe").fifo("end").spawn();
    running.write("a\n");
    assert_eq!(running.line(), "a");
    let (pipe, end) = (running.path("pipe"), running.path("end"));
    let done = running.wait();
    let said = "fanfold: a: a process that the command left behind holds its output; not waited for\n";
    done.expect(done.status.success() && done.err == said, said);
    // It was killed with its group, or it still waits: opening the FIFO ends the wait.
    let open = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
    if rustix::fs::open(&pipe, open, rustix::fs::Mode::empty()).is_ok() {
        fifo::read(&end);
    }
}

#[test]
fn many_small_jobs_come_in_order() {
    let names: String = (1..=400).map(|at| format!("{at}\n")).collect();
    fan("run -j8")
        .args(["--", "echo"])
        .stdin(&names)
        .stdout(&names)
        .ok();
}

#[test]
fn output_that_is_not_text_passes_through() {
    let mut script = tempfile::NamedTempFile::new().expect("a file");
    let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    script.write_all(&bytes).expect("written");
    fan("run")
        .args(["--", "cat"])
        .arg("{}")
        .stdin(script.path().as_os_str().as_encoded_bytes())
        .stdout(bytes)
        .ok();
}

#[test]
fn feeding_a_child_that_writes_never_deadlocks() {
    // The text is more than two pipes hold, in both directions.
    let text = "0123456789abcde\n".repeat(60_000);
    let count = format!("{}\n", text.len());
    let scripts = [
        ("cat | wc -c", count.clone()),
        (
            "head -c 900000 /dev/zero; cat | wc -c",
            "\0".repeat(900_000) + &count,
        ),
        ("exec <&-; head -c 900000 /dev/zero", "\0".repeat(900_000)),
        ("head -n1", "0123456789abcde\n".to_owned()),
        ("exit 0", String::new()),
    ];
    for (script, printed) in scripts {
        for words in ["run -z a b", "run --stdin a b", "run -z -j1 --retries 1 a b"] {
            fan(words)
                .args(["--", "sh", "-c", script])
                .file("a", &text)
                .file("b", &text)
                .stdout(printed.repeat(2))
                .ok();
        }
    }
}

#[test]
fn a_replacement_string_with_a_number_is_refused_where_it_is_a_word() {
    for (word, instead) in [("{1}", "{}"), ("{2.}", "{.}"), ("{1/}", "{/}"), ("{-1}", "{}")] {
        fan("run a -- echo")
            .arg(word)
            .file("a", "")
            .stdout("")
            .says(&format!(
                "'{word}' would reach the command as it is: the input is {instead} "
            ))
            .code(2);
    }
    fan("run a --out x/{1}.txt -- echo")
        .file("a", "")
        .says("--out: '{1}'")
        .code(2);
    fan("run a --shell")
        .arg("echo {1}")
        .file("a", "")
        .says("--shell: '{}', '{1}' and the like")
        .code(2);
    fan("run a -- echo [0-9]{3} {1,3} x{1}")
        .file("a", "")
        .stdout("[0-9]{3} {1,3} x{1} a\n")
        .ok();
}

#[test]
fn a_name_inside_a_script_is_told_once() {
    let hint = "fanfold: {} inside a script of a shell breaks on names with quotes or blanks: use --shell \
                'SCRIPT with \"$1\"', or sh -c '… \"$1\"' sh {}\n";
    let run = |options: &str| {
        fan("run a b")
            .args(options.split_whitespace())
            .args(["--", "sh", "-c"])
            .file("a", "")
            .file("b", "")
    };
    run("").arg("echo {}").stdout("a\nb\n").stderr(hint).ok();
    run("-q").arg("echo {}").stdout("a\nb\n").stderr("").ok();
    run("")
        .args(["echo \"$1\"", "sh", "{}"])
        .stdout("a\nb\n")
        .stderr("")
        .ok();
}
