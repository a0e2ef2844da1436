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
        ("--timeout 200%", "give a time"),
        ("--semaphore", "flock"),
    ] {
        fan(&format!("parallel {options} echo ::: a"))
            .says(why)
            .stdout("")
            .code(255);
    }
    fan("parallel echo {=s/a/b/=} ::: a")
        .says("no Perl")
        .stdout("")
        .code(255);
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
fn a_bar_shows_how_far_the_run_is() {
    fan("parallel -k --bar echo ::: a b")
        .stdout("a\nb\n")
        .stderr("\r1 of 2 (50%) done\r2 of 2 (100%) done\n")
        .ok();
}
