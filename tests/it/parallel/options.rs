//! Options of `fanfold parallel` that random comparison does not reach.

use crate::support::{Place, fan};

#[test]
fn a_link_named_parallel_is_parallel() {
    let program = env!("CARGO_BIN_EXE_fanfold");
    fan("xargs ./parallel -k echo")
        .link("parallel", program)
        .stdin("::: a b")
        .stdout("a\nb\n")
        .ok();
}

#[test]
fn what_is_not_supported_is_refused_with_a_word() {
    for (options, why) in [
        ("-S host", "on this machine"),
        ("--sqlmaster x", "--state"),
        ("--tmux", "--tag"),
        ("--rpl x", "no Perl"),
        ("-X --results x.csv", "give a directory"),
        ("--wd ...", "name a directory"),
        ("--plus {uniq}", "not supported"),
        ("--semaphore", "flock"),
    ] {
        fan(&format!("parallel {options} echo ::: a"))
            .says(why)
            .stdout("")
            .code(255);
    }
    for perl in ["{=s/a/b/=}", "{= s/a/b/ =}", "{=1 uc($_)=}"] {
        fan(&format!("parallel echo {perl} ::: a"))
            .says("no Perl")
            .stdout("")
            .code(255);
    }
}

#[test]
fn kept_options_come_before_those_of_the_command_line() {
    let with = |line: &str| {
        fan(line)
            .env("PARALLEL_HOME", "home")
            .env("PARALLEL", "--tagstring=v")
            .file("home/config", "# a comment\n--tagstring=c -k\n")
            .file("home/one", "--tagstring='o 1'\n-k\n")
            .file("home/two", "printf [%s]")
    };
    // The variable comes after files.
    with("parallel echo ::: a b").stdout("v\ta\nv\tb\n").ok();
    with("parallel -k --plain echo ::: a b").stdout("a\nb\n").ok();
    let alone = |line: &str| with(line).env("PARALLEL", "");
    alone("parallel echo ::: a b").stdout("c\ta\nc\tb\n").ok();
    alone("parallel --profile one echo ::: a b")
        .stdout("o 1\ta\no 1\tb\n")
        .ok();
    alone("parallel -J ./home/one --tagstring=x echo ::: a")
        .stdout("x\ta\n")
        .ok();
    alone("parallel -kJ two ::: a b").stdout("[a][b]").ok();
    // One that is not there says nothing.
    alone("parallel -J none echo ::: a").stdout("a\n").stderr("").ok();
}

#[test]
fn a_job_log_with_a_plus_grows_and_commands_are_shown_before_they_start() {
    let place = Place::new();
    place.fan("parallel --joblog +log -j1 echo ::: a").ok();
    place.fan("parallel --joblog +log -j1 echo ::: b").ok();
    let log = std::fs::read_to_string(place.path("log")).expect("text");
    let rows: Vec<_> = log.lines().map(|line| line.rsplit('\t').next()).collect();
    assert_eq!(rows, [Some("Command"), Some("echo a"), Some("echo b")]);
    // The job waits until its command has been read.
    let fan = fan("parallel -S 1/: -t read line < gate; echo").fifo("gate");
    let gate = fan.path("gate");
    let running = fan.args([":::", "x"]).spawn();
    running.hears("read line < gate; echo x");
    crate::support::fifo::write(&gate, "go\n");
    assert_eq!(running.wait().out, b"x\n");
}

#[test]
fn what_a_job_writes_is_not_mixed_with_that_of_another() {
    let script = "for i in 1 2 3; do printf {}; sleep 0.0{}; done; echo";
    let done = fan("parallel -j3").arg(script).args([":::", "1", "2", "3"]).ok();
    let out = String::from_utf8(done.out.clone()).expect("text");
    let mut lines: Vec<_> = out.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["111", "222", "333"]);
}

#[test]
fn standard_error_stays_apart_and_a_full_disk_is_told() {
    fan("parallel -k")
        .arg("echo {}; echo e{} >&2")
        .args([":::", "1", "2"])
        .stdout("1\n2\n")
        .stderr("e1\ne2\n")
        .ok();
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("Linux has it");
    fan("parallel echo ::: a")
        .stdout_to(full)
        .says("no space left on device")
        .code(255);
}

#[test]
fn done_commands_are_remembered_by_a_state() {
    let place = Place::new();
    let line = "parallel --state s -k echo ::: a b";
    place.fan(line).stdout("a\nb\n").ok();
    place.fan(&format!("{line} c")).stdout("c\n").ok();
}

#[test]
fn standard_input_is_cut_into_blocks_of_whole_records() {
    let lines: String = (1..=7).map(|n| format!("{n}\n")).collect();
    fan("parallel -k --pipe -N3 wc -l")
        .stdin(&lines)
        .stdout("3\n3\n1\n")
        .ok();
    fan("parallel -k --pipe --block 4 wc -l")
        .stdin(&lines)
        .stdout("2\n2\n2\n1\n")
        .ok();
    fan("parallel --pipe wc -l").stdout("").ok();
    fan("parallel -k --pipe --recend ; -N2")
        .arg("cat; echo")
        .stdin("a;b;c;")
        .stdout("a;b;\nc;\n")
        .ok();
}

#[test]
fn a_bar_is_for_terminals_and_long_runs() {
    for option in ["--bar", "--eta", "--progress"] {
        fan(&format!("parallel -k {option} echo ::: a b"))
            .stdout("a\nb\n")
            .stderr("")
            .ok();
    }
}

#[test]
fn results_are_files_of_each_job() {
    let place = Place::new();
    let script = "echo {1}{2}; echo e >&2; exit 1";
    place
        .fan("parallel --results r --header :")
        .arg(script)
        .args([":::", "x", "a/b", ":::", "y", "c"])
        .stdout("")
        .code(1);
    let read = |name: &str| std::fs::read_to_string(place.path(name)).expect("made");
    assert_eq!(read("r/x/a\\_b/y/c/stdout"), "a/bc\n");
    assert_eq!(read("r/x/a\\_b/y/c/stderr"), "e\n");
    assert_eq!(read("r/x/a\\_b/y/c/seq"), "1");
    place
        .fan("parallel --results t/{}.txt echo ::: a")
        .stdout("")
        .ok();
    assert_eq!(
        [read("t/a.txt"), read("t/a.txt.err"), read("t/a.txt.seq")],
        ["a\n", "", "1"]
    );
    // What is there is not run again.
    place
        .fan("parallel --results t/{}.txt --resume")
        .arg("echo new")
        .args([":::", "a"])
        .ok();
    assert_eq!(read("t/a.txt"), "a\n");
    let done = place.fan("parallel -k --files --tmpdir . echo ::: a b").ok();
    let names = String::from_utf8(done.out.clone()).expect("text");
    let kept: String = names.lines().map(read).collect();
    assert_eq!(kept, "a\nb\n");
}

#[test]
fn commands_get_blocks_in_other_ways() {
    let place = Place::new();
    let lines: String = (1..=6).map(|n| format!("{n}\n")).collect();
    place.file("six", lines.as_bytes(), 100);
    for (line, out) in [
        ("parallel -k --pipe -N3 --cat wc -l <{}", "3\n3\n"),
        ("parallel -k --pipe -N3 --fifo head -n1 {}", "1\n4\n"),
        ("parallel -k --pipe -N2 --header : tail -n2", "2\n3\n4\n5\n1\n6\n"),
        ("parallel -k --pipe --tee grep -c {} ::: 1 2", "1\n1\n"),
        ("parallel -k --pipepart -a six --block 6 wc -l", "4\n2\n"),
        ("parallel -k --pipe -L2 -N1 head -n1", "1\n3\n5\n"),
    ] {
        place.fan(line).stdin(&lines).stdout(out).ok();
    }
    let done = place
        .fan("parallel --pipe --round-robin -j3 -N1 wc -l")
        .stdin(&lines)
        .ok();
    let counts = String::from_utf8(done.out.clone()).expect("text");
    let counts: Vec<u64> = counts
        .lines()
        .map(|line| line.parse().expect("a number"))
        .collect();
    assert_eq!((counts.len(), counts.iter().sum::<u64>()), (3, 6));
    let left = std::fs::read_dir(place.path(".")).expect("there").count();
    assert_eq!(left, 1, "no temporary file is left");
}

#[test]
fn a_job_that_takes_many_medians_is_stopped() {
    fan("parallel -j4 --timeout 1000%")
        .arg("sleep {}; echo {}")
        .args([":::", "0.1", "0.1", "0.1", "600"])
        .stdout("0.1\n0.1\n0.1\n")
        .code(1);
}

#[test]
fn plus_has_the_operators_of_bash() {
    fan("parallel -k --plus")
        .arg("echo {#}/{##} {0#} {%.gz} {%%.tar.*} {#a.} {^a} {/a/b}")
        .args([":::", "a.tar.gz"])
        .stdout("1/1 1 a.tar a tar.gz A.tar.gz b.tar.gz\n")
        .ok();
}

#[test]
fn a_percentage_of_failures_is_told_whether_it_ended_the_run_or_not() {
    // As GNU parallel 20221122 does; a limit that comes to one job tells the status of that job.
    for (halt, command, code) in [
        ("now,fail=50%", "test {#} = 1", 67),
        ("now,fail=50%", "test {#} != 1", 34),
        ("soon,fail=34%", "exit 7 # {}", 67),
        ("now,fail=100%", "test {#} != 3", 34),
        ("soon,success=50%", "false", 100),
        ("now,success=100%", "test {#} = 1", 67),
        ("now,done=50%", "false", 67),
        ("now,done=50%", "true", 0),
        ("now,done=1", "exit 7 # {}", 7),
        ("now,fail=1", "exit 7 # {}", 7),
        ("soon,fail=2", "exit 7 # {}", 2),
    ] {
        fan(&format!("parallel -j1 --halt {halt}"))
            .args([command, ":::", "1", "2", "3"])
            .code(code);
    }
    fan("parallel -j1 --halt soon,fail=50%")
        .args(["exit 7 # {}", ":::", "1", "2"])
        .code(7);
}

#[test]
fn results_are_rows_of_a_table() {
    let place = Place::new();
    let cut = |name: &str, text: &str| {
        let read = std::fs::read_to_string(place.path(name)).expect("the table");
        let kept = read.lines().map(|line| match line.split_once("\t0\t") {
            Some((_, rest)) => rest,
            None => line,
        });
        assert_eq!(kept.collect::<Vec<_>>().join("\n"), text, "{read}");
    };
    let heading = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand";
    place
        .fan("parallel -k -j2 --results x.tsv")
        .args([
            "echo {2}; echo 'e\"' >&2; exit {#}",
            ":::",
            "a",
            ":::",
            "b c",
            "d",
        ])
        .stdout("")
        .stderr("")
        .code(2);
    let command = |value: &str, number: u8| format!("\"echo {value}; echo 'e\"\"' >&2; exit {number}\"");
    let (first, second) = (command("'b c'", 1), command("d", 2));
    cut(
        "x.tsv",
        &format!(
            "{heading}\tV1\tV2\tStdout\tStderr\n4\t1\t0\t{first}\ta\t\"b c\"\t\"b c\n\"\t\"e\"\"\n\"\n\
             2\t2\t0\t{second}\ta\td\t\"d\n\"\t\"e\"\"\n\""
        ),
    );
    place
        .fan("parallel -j1 --header : --results x.json echo {f} ::: f é")
        .stdout("")
        .ok();
    let row = std::fs::read_to_string(place.path("x.json")).expect("the table");
    let ends = r#""Exitval": 0, "Signal": 0, "Command": "echo 'é'", "V": [ "é" ], "Stdout": "é\u000a", "Stderr": "" }"#;
    assert!(
        row.starts_with("{ \"Seq\": 1, ") && row.trim_end().ends_with(ends),
        "{row}"
    );
    let printed = place
        .fan("parallel -j1 --header : --results -.csv true ::: f a")
        .ok()
        .out;
    let printed = String::from_utf8(printed).expect("text");
    assert!(
        printed.starts_with("Seq,Host,")
            && printed
                .lines()
                .next()
                .is_some_and(|line| line.ends_with(",f,Stdout,Stderr")),
        "{printed}"
    );
    assert_eq!(printed.lines().count(), 2, "{printed}");
}

#[test]
fn the_most_values_of_a_job_do_not_depend_on_the_order_of_options() {
    for (options, out) in [
        ("-N0 -l1", "xy\nxy\nxy\n"),
        ("-N0 -n2", "xy\nxy\nxy\n"),
        ("-N2 -n0", "xay xby\nxcy\n"),
        ("-N2 -n3", "xay xby\nxcy\n"),
        ("-n1 -L2", "xay\nxby\nxcy\n"),
        ("-l0", "xay\nxby\nxcy\n"),
        ("--xargs -N2", "xay xby\nxcy\n"),
        ("-j1 -N2 -m", "xay xby\nxcy\n"),
        ("-j1 -X -m", "xay xby xcy\n"),
        ("-j1 --xargs -n2", "xa by\nxcy\n"),
    ] {
        let line = format!("parallel -k {options} echo x{{}}y ::: a b c");
        fan(&line).stdout(out).ok();
    }
}

#[test]
fn each_state_of_a_bar_that_a_command_draws_is_tagged() {
    fan("parallel --tag")
        .args(["printf '1%%\\r2%%\\n'", ":::", "a"])
        .stdout("a\t1%\ra\t2%\n")
        .ok();
}

#[test]
fn quoted_words_are_repeated_for_each_value_between_their_blanks() {
    let words = ["[%s]", "{}", "p{}q", "x {} y{}", "", ":::", "a", "b c"];
    for options in ["-N2", "-L2", "-j1 -X"] {
        fan(&format!("parallel -q {options} printf"))
            .args(words)
            .stdout("[a][b c][paq][pb cq][x a][b c ya][yb c][]")
            .ok();
    }
    fan("parallel -q -j1 -m printf")
        .args(words)
        .stdout("[a][b c][pa][b cq][x a][b c ya][b c][]")
        .ok();
}

#[test]
fn the_first_success_ends_a_run_and_a_vertical_tab_is_a_blank() {
    for halt in ["-1", "-2"] {
        fan(&format!("parallel -j1 --halt {halt}"))
            .args(["echo {}; exit {}", ":::", "1", "0", "3"])
            .stdout("1\n0\n")
            .says("This job succeeded:")
            .code(0);
    }
    fan("parallel --trim lr echo :::")
        .args(["\u{b} a\u{b}b \u{b}"])
        .stdout("a\u{b}b\n")
        .ok();
}

#[test]
fn values_are_quoted_as_often_as_it_is_said() {
    fan("parallel --shellquote --shellquote :::")
        .args(["a b", "c"])
        .stdout("\"'\"'a b'\"'\"\nc\n")
        .ok();
}
