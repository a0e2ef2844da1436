//! The answer of a run on many machines is that of a single run, byte for byte.

use super::{Hosts, outcome};
use crate::support::{gzip, has_redis};

const LINES: &[&str] = &[
    "map in QUEUE --count",
    "map in QUEUE --by 1 --agg count,p95:3,distinct:3,sum:3 -o csv",
    "map in QUEUE --unique --where '3>10'",
    "map in QUEUE --select 1,3",
    "map in QUEUE --select 1 -o csv --grep host3",
    "map in QUEUE --fn wc",
    "map in QUEUE --tag",
    "run in QUEUE -z --count -- awk {print$1}",
    "run in QUEUE -- sha256sum {}",
    "run in QUEUE -z -- cat",
    "run in QUEUE -n 4 -- echo {#} {}",
];

fn words(line: &str) -> String {
    line.replace('\'', "")
}

#[test]
fn a_leader_with_its_own_worker_prints_what_a_single_run_prints() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    for line in LINES {
        let line = words(line);
        assert_eq!(outcome(hosts.lead(&line, "")), hosts.single(&line), "{line}");
    }
}

#[test]
fn so_does_one_that_only_leads_whoever_joins() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    for line in LINES {
        let line = words(line);
        let workers: Vec<_> = (0..3).map(|_| hosts.join(&line)).collect();
        assert_eq!(outcome(hosts.lead(&line, "-j0")), hosts.single(&line), "{line}");
        for worker in workers {
            let (out, code, _) = outcome(worker);
            assert_eq!((out.len(), code), (0, 0), "{line}");
        }
        // The mark of a run that is over would end the next workers at once.
        hosts.redis.admin(&["FLUSHALL"]);
    }
}

#[test]
fn failures_are_told_as_by_a_single_run() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    let whole = gzip(b"host1 line 1\n");
    hosts.place.file("in/05.gz", &whole[..whole.len() - 9], 100);
    hosts.place.file("in/06.json", b"[1,2\n", 100);
    for line in [
        "map in QUEUE -i json --select a",
        "map in QUEUE --count",
        "map in missing QUEUE --count --allow-empty",
        "run in QUEUE -z --count -- cat",
        "run in QUEUE -- sh -c exit${#1} sh {}",
        "run in QUEUE --ok-exit 3 -- sh -c exit?3 sh {}",
    ] {
        let line = words(line);
        let (out, code, err) = outcome(hosts.lead(&line, "-j1"));
        let (single_out, single_code, single_err) = hosts.single(&line.replace("QUEUE", "-j1 QUEUE"));
        assert_eq!((out, code), (single_out, single_code), "{line}\n{err}");
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&err), sorted(&single_err), "{line}");
        assert_ne!(code, 0, "{line}");
    }
}

#[test]
fn the_list_of_failures_and_the_summary_are_the_leaders() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    let line =
        "run in QUEUE --failed failed --summary summary -z --count -- sh -c [?$FANFOLD_JOB?-ne?7?]&&cat";
    let line = line.replace('?', "\u{a0}");
    // Blanks inside a word can't be typed in these tests, so a script says it.
    let line = line.replace(
        "sh -c [\u{a0}$FANFOLD_JOB\u{a0}-ne\u{a0}7\u{a0}]&&cat",
        "sh ./script",
    );
    hosts
        .place
        .file("script", b"test $FANFOLD_JOB -ne 7 && cat\n", 100);
    let (out, code, _) = outcome(hosts.lead(&line, ""));
    let failed = std::fs::read(hosts.place.path("failed")).expect("it was written");
    let summary = std::fs::read(hosts.place.path("summary")).expect("it was written");
    std::fs::remove_file(hosts.place.path("failed")).expect("it is there");
    let (single_out, single_code, _) = hosts.single(&line);
    assert_eq!((out, code), (single_out, single_code));
    assert_eq!(failed, b"in/06.gz\n");
    assert!(String::from_utf8_lossy(&summary).contains("in/06.gz"));
}

#[test]
fn large_results_come_in_pieces() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    for at in 0..6 {
        let lines: String = (0..40_000)
            .map(|line: u32| format!("{:x}\n", line.wrapping_mul(2_654_435_761).wrapping_add(at)))
            .collect();
        hosts.place.file(&format!("big/{at}"), lines.as_bytes(), 100);
    }
    for line in [
        "map big QUEUE --count",
        "map big QUEUE --select 1",
        "run big QUEUE -- cat {}",
    ] {
        assert_eq!(outcome(hosts.lead(line, "")), hosts.single(line), "{line}");
    }
}

#[test]
fn files_of_jobs_are_written_by_workers() {
    if !has_redis() {
        return;
    }
    let hosts = Hosts::new();
    hosts.place.file("out/x", b"", 100);
    let line = "map in QUEUE --out out/{/.}.txt";
    let worker = hosts.join(line);
    let (out, code, err) = outcome(hosts.lead(line, "-j0"));
    assert_eq!((out.len(), code), (0, 0), "{err}");
    assert!(err.contains("on the machine whose worker does the job"), "{err}");
    assert_eq!(outcome(worker).1, 0);
    let written = std::fs::read(hosts.place.path("out/07.txt")).expect("it was written");
    assert_eq!(written, hosts.place.whole("map in/07.gz"));
}
