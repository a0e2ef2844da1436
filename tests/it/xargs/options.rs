//! Options of `fanfold xargs` that random comparison does not reach: streams, gates, signals, groups.

use crate::support::{fan, fifo, has};
use std::process::{Command, Stdio};

#[test]
fn a_link_named_xargs_is_xargs_and_says_its_own_name() {
    let program = env!("CARGO_BIN_EXE_fanfold");
    fan("xargs ./xargs echo")
        .link("xargs", program)
        .stdin("a")
        .stdout("a\n")
        .ok();
    fan("xargs ./xargs -z")
        .link("xargs", program)
        .stderr("./xargs: invalid option -- 'z'\nTry './xargs --help' for more information.\n")
        .code(123);
    fan("xargs -z")
        .says("fanfold xargs: invalid option -- 'z'\n")
        .code(1);
}

#[test]
fn words_that_the_system_refuses_together_are_spread_over_more_commands() {
    // 128 KiB for arguments, their pointers and the environment: what xargs counts as 128 KiB does not fit.
    let words: String = (1..=60_000).map(|word| format!("{word}\n")).collect();
    let done = fan("xargs echo").stdin(&words).after("ulimit -s 512").ok();
    let out = String::from_utf8_lossy(&done.out);
    done.expect(out.lines().count() > 1, "more than one command");
    done.expect(out.replace(' ', "\n") == words, "all words, once and in order");
}

#[test]
fn input_after_the_logical_end_is_left_to_the_next_reader() {
    let script = format!("{} xargs -E _ <list; cat", env!("CARGO_BIN_EXE_fanfold"));
    let script = format!("exec <list; {}", script.replace(" <list", ""));
    fan("xargs sh -c")
        .arg(script)
        .file("list", "a\n_\nrest\n")
        .stdout("a\nrest\n")
        .ok();
}

#[test]
fn with_a_file_of_words_commands_read_our_own_standard_input() {
    fan("xargs -a words cat -")
        .file("words", "one")
        .file("one", "1\n")
        .stdin("in\n")
        .stdout("in\n1\n")
        .ok();
    fan("xargs cat -")
        .file("one", "1\n")
        .stdin("one")
        .stdout("1\n")
        .ok();
    fan("xargs -a nothing")
        .says("Cannot open input file 'nothing': No such file or directory\n")
        .code(1);
}

#[test]
fn commands_stay_in_the_process_group_unless_they_have_a_timeout() {
    let script = "test $(ps -o pgid= -p $$) = $(ps -o pgid= -p $PPID)";
    fan("xargs sh -c").arg(script).ok();
    fan("xargs --timeout 1h sh -c").arg(script).code(123);
}

#[test]
fn only_the_slot_is_added_to_the_environment() {
    fan("xargs sh -c")
        .arg("env | grep -E '^FANFOLD_(JOB|SLOT|TRY)='")
        .code(123);
    fan("xargs -n1 --process-slot-var=WHICH sh -c")
        .arg("echo $WHICH")
        .stdin("a b")
        .stdout("0\n0\n")
        .ok();
}

#[test]
fn a_file_without_an_interpreter_is_run_by_sh() {
    let done = fan("xargs sh -c").arg("chmod +x script; exec \"$0\" xargs -n1 ./script <list");
    done.arg(env!("CARGO_BIN_EXE_fanfold"))
        .file("script", "echo $0 $#: $1\n")
        .file("list", "a 'b c'\n")
        .stdout("./script 1: a\n./script 1: b c\n")
        .ok();
}

#[test]
fn the_output_can_be_kept_whole_in_order_and_tagged() {
    // The first command ends after the second.
    let script = "case $1 in a) read x <gate;; b) echo second >gate;; esac; echo $1; echo $1 again";
    let run = |options: &str| {
        fan(&format!("xargs {options} -n1 sh -c"))
            .arg(script)
            .arg("sh")
            .fifo("gate")
            .stdin("a b")
    };
    run("-P2 --keep-order").stdout("a\na again\nb\nb again\n").ok();
    run("-P2 --keep-order --tag")
        .stdout("a\ta\na\ta again\nb\tb\nb\tb again\n")
        .ok();
    let said = run("-P2 --group").ok().out;
    assert_eq!(said.split(|&b| b == b'\n').count(), 5);
}

#[test]
fn a_command_is_retried_and_one_that_takes_too_long_is_killed() {
    let twice = "test -e tried || { touch tried; exit 1; }; echo done";
    fan("xargs --retries 1 sh -c")
        .arg(twice)
        .says("(try 1 of 2)")
        .stdout("done\n")
        .code(0);
    let never = "read x <gate";
    fan("xargs --timeout 10ms sh -c")
        .arg(never)
        .fifo("gate")
        .says("sh: ran longer than 10ms")
        .code(123);
}

#[test]
fn p0_runs_all_commands_at_once() {
    // Each command waits for the next; the last waits for none.
    let script =
        "case $1 in 40) echo x >f39;; 1) read x <f1;; *) read x <f$1; echo x >f$(($1-1));; esac; echo done";
    let fifos = (1..40).fold(fan("xargs -P0 -n1 sh -c"), |fan, n| fan.fifo(&format!("f{n}")));
    let fifos = fifos
        .arg(script)
        .arg("sh")
        .stdin((1..=40).map(|n| format!("{n}\n")).collect::<String>());
    fifos.stdout("done\n".repeat(40)).ok();
}

#[test]
fn the_limits_are_those_of_the_installed_xargs() {
    if !has("xargs") {
        return;
    }
    let theirs = Command::new("xargs")
        .arg("--show-limits")
        .stdin(Stdio::null())
        .output()
        .expect("xargs");
    fan("xargs --show-limits")
        .stdout("\n")
        .stderr(&String::from_utf8_lossy(&theirs.stderr))
        .code(0);
}

#[test]
fn usr1_and_usr2_change_the_number_of_commands_at_a_time() {
    use rustix::process::Signal;
    let script = "echo start $1; read x <$1; echo end $1";
    let mut one = fan("xargs -n1 sh -c")
        .arg(script)
        .arg("sh")
        .fifo("a")
        .fifo("b")
        .spawn();
    one.write("a b\n");
    assert_eq!(one.line(), "start a");
    one.signal(Signal::USR1);
    assert_eq!(one.line(), "start b");
    for gate in ["b", "a"] {
        fifo::write(&one.path(gate), "go\n");
        assert_eq!(one.line(), format!("end {gate}"));
    }
    let done = one.wait();
    done.expect(done.status.success(), "exit code 0");
    // Each command prints how many run at the moment.
    let script = "test $1 = 1 && read x <gate; >at.$1; ls at.* | wc -l; rm at.$1";
    let words: String = (1..=60).map(|n| format!("{n}\n")).collect();
    let mut two = fan("xargs -P2 -n1 sh -c")
        .arg(script)
        .arg("sh")
        .fifo("gate")
        .spawn();
    two.write(words);
    two.line();
    two.signal(Signal::USR2);
    fifo::write(&two.path("gate"), "go\n");
    let done = two.wait();
    done.expect(done.out.ends_with(b"\n1\n1\n1\n"), "one at a time in the end");
    done.expect(done.status.success(), "exit code 0");
}
