//! Twenty tasks as they are first typed by those who know xargs, awk and GNU parallel: each wrong try is answered by what
//! leads on, and the task can be done.

use crate::support::{Place, repository};

/// What is typed first, and a part of the answer.
const WRONG: &[(&[&str], &str)] = &[
    // Count by a field.
    (&["map", "logs", "--select", "$9", "--count"], "did you mean '9'?"),
    (&["map", "logs", "-f9", "--count"], "--select 1,3 takes fields"),
    (&["map", "logs", "-s", "9", "-c"], "--count counts equal records"),
    (&["map", "logs", "--print", "9"], "--select FIELD"),
    (
        &["map", "logs", "{print $9}"],
        "awk program: --select 9 does this",
    ),
    (
        &["map", "$9 == 404 {print $7}", "logs"],
        "--where '9 == 404' --select 7 does this",
    ),
    (&["map", "logs", "{n[$9]++}"], "fanfold help from-awk"),
    // Lines for which something holds.
    (&["map", "logs", "--where", "$9 == 404"], "did you mean '9'?"),
    (
        &["map", "logs", "--where", "status == 404"],
        "names come with another format: -i clf",
    ),
    (&["map", "logs", "--filter", "9 == 404"], "--where EXPR"),
    // Lines that hold a text.
    (&["map", "logs", "-e", "Googlebot"], "--grep TEXT"),
    (&["map", "logs", "--search", "Googlebot"], "--grep TEXT"),
    (&["grep", "Googlebot", "logs"], "'fanfold map' filters"),
    // Lines of each file.
    (&["map", "logs", "-l"], "--fn wc counts lines"),
    (&["map", "logs", "--count-lines"], "--fn wc"),
    (&["wc", "-l", "logs"], "fanfold help from-awk"),
    // Sums and means.
    (&["map", "logs", "--sum", "10"], "--agg sum:F"),
    (&["map", "logs", "--agg", "sum(10)"], "did you mean 'sum:10'?"),
    (
        &["map", "logs", "-i", "clf", "--agg", "AVG(bytes)"],
        "did you mean 'avg:bytes'?",
    ),
    (&["map", "logs", "--agg", "avg:10"], "did you mean 'mean'?"),
    // Groups.
    (
        &["map", "logs", "-i", "clf", "--group-by", "host"],
        "--by FIELD --agg count",
    ),
    (
        &["map", "logs", "-i", "clf", "--by", "host", "--count"],
        "--by FIELD --agg count",
    ),
    // The first rows.
    (
        &["map", "logs", "--select", "1", "--count", "-n", "3"],
        "--first N",
    ),
    (
        &["map", "logs", "--select", "1", "--count", "--limit", "3"],
        "--top N takes the first N rows",
    ),
    (&["map", "logs", "--order-by", "1"], "--sort [-]FIELD"),
    // Different values, percentiles.
    (
        &["map", "logs", "-s", "1", "--distinct"],
        "--unique prints each record once",
    ),
    (
        &["map", "logs", "-s", "1", "-u"],
        "--unique prints each record once",
    ),
    (
        &["map", "logs", "-i", "clf", "--agg", "median:bytes"],
        "did you mean 'p50'?",
    ),
    // CSV and JSON.
    (&["map", "in/a.csv", "--csv", "--select", "city"], "-i csv"),
    (
        &["map", "in/a.csv", "-d,", "--select", "city"],
        "names come with another format: -i clf, csv",
    ),
    (
        &["map", "in/a.json", "-i", "json", "--select", ".u"],
        "did you mean 'u'?",
    ),
    (
        &["map", "in/a.json", "-i", "json", "--where", ".u == 1"],
        "did you mean 'u'?",
    ),
    (&["map", "in/a.json", "-i", "jsonl"], "did you mean 'json'?"),
    // Times.
    (
        &["map", "logs", "-i", "clf", "--by", "time:hours", "--agg", "count"],
        "did you mean 'hour'?",
    ),
    (
        &["map", "logs", "-i", "nginx", "--from", "2012-01-02"],
        "--since TIME",
    ),
    (&["map", "logs", "-i", "clf", "--since", "last week"], "'3d ago'"),
    // A command for each file.
    (
        &["run", "gzip", "-t", "logs"],
        "put '--' before it: fanfold run -- gzip -t logs",
    ),
    (
        &["run", "gzip -t {}", "logs"],
        "is one word: leave out its quotes, as in -- gzip -t {}",
    ),
    (
        &["run", "logs", "--", "zcat {} | wc -l"],
        "--shell 'zcat \"$1\" | wc -l'",
    ),
    (&["gzip", "-t", "logs"], "fanfold run INPUT -- gzip -t logs"),
    (&["run", "cat", ":::", "in/a.csv"], "fanfold run in/a.csv -- cat"),
    (&["run", "in/a.csv", "--", "cat", "{1}"], "the input is {}"),
    (&["run", "in/a.csv", "--exec", "cat"], "run INPUT -- COMMAND"),
    (
        &["map", "logs", "-iname", "*.gz"],
        "a quoted pattern takes the files",
    ),
    (
        &["run", "logs", "-size", "+1M", "--", "wc"],
        "find … -print0 | fanfold run -0",
    ),
    // How many at a time.
    (&["run", "in/a.csv", "--threads", "4", "--", "cat"], "-j N"),
    (
        &["run", "in/a.csv", "-j4x", "--", "cat"],
        "expected N, N%, +N or -N",
    ),
    // A file for each output.
    (
        &["run", "in/a.csv", "--output", "o/{/}", "--", "cat"],
        "--out 'dir/{/}'",
    ),
    (
        &["run", "in/a.csv", "--results", "o", "--", "cat"],
        "--out 'out/{/}.txt'",
    ),
    (&["map", "logs", "--output", "x.tsv"], "> FILE takes all output"),
    // Tries, timeouts, failures.
    (&["run", "in/a.csv", "--retry", "3", "--", "cat"], "--retries N"),
    (&["run", "in/a.csv", "--timeout", "10x", "--", "cat"], "30s or 2m"),
    (&["run", "in/a.csv", "--fail-fast", "--", "cat"], "--halt soon"),
    // Only what is new.
    (&["run", "in/a.csv", "--resume", "--", "cat"], "--state FILE"),
    (&["map", "logs", "--incremental", "--count"], "--state FILE"),
    // Whether files are whole.
    (&["check", "logs"], "fanfold map --fn check logs"),
    (&["map", "logs", "--verify"], "--fn check"),
    // To see what is done.
    (&["run", "in/a.csv", "-v", "--", "cat"], "-t prints each command"),
    (&["version"], "fanfold --version"),
    (&["help", "awk"], "did you mean 'from-awk'?"),
    (&["help", "grep-o"], "recipes"),
];

/// What does the tasks.
const RIGHT: &[(&[&str], &str)] = &[
    (
        &["map", "logs", "--select", "9", "--count", "--top", "1"],
        "3263\t200",
    ),
    (&["map", "logs", "--where", "9 == 404", "--agg", "count"], "224"),
    (
        &[
            "map", "logs", "-i", "clf", "--by", "host", "--agg", "count", "--sort", "-count", "--top", "1",
        ],
        "201.144.63.74\t91",
    ),
    (&["map", "in/a.csv", "-i", "csv", "--select", "city"], "Oslo"),
    (&["map", "in/a.json", "-i", "json", "--select", "u"], "1"),
    (&["map", "logs", "-i", "clf", "--agg", "p50:bytes"], "562"),
    (&["map", "--fn", "check", "logs"], ""),
    (
        &["run", "in/a.csv", "-j4", "-t", "--bar", "--", "cat", "{}"],
        "n,city",
    ),
    (&["run", "in/a.csv", "--shell", "wc -l < \"$1\""], "2"),
    (&["help", "where"], "fanfold map: --where"),
    (&["help", "retries"], "fanfold run: --retries"),
    (&["help", "from-awk"], "fanfold map"),
];

fn place() -> Place {
    let place = Place::new();
    let logs = repository().join("examples/logs");
    std::os::unix::fs::symlink(logs, place.path("logs")).expect("a link");
    place
        .file("in/a.csv", b"n,city\n3,Oslo\n", 0)
        .file("in/a.json", b"{\"u\":1}\n", 0);
    place
}

#[test]
fn a_wrong_try_is_answered_by_what_leads_on() {
    let place = place();
    for (words, answer) in WRONG {
        let done = place.fan("").args(*words).spawn().wait();
        assert!(
            done.err.contains(answer) && done.status.code() != Some(0) && done.out.is_empty(),
            "{words:?}: {}\n{:?}",
            done.err,
            done.status
        );
    }
}

#[test]
fn the_tasks_can_be_done() {
    let place = place();
    for (words, answer) in RIGHT {
        let done = place.fan("").args(*words).code(0);
        let out = String::from_utf8_lossy(&done.out);
        assert!(out.contains(answer), "{words:?}: {out}");
    }
}
