//! Tables of the help: which group an option stands in, and which options the short help explains.
//!
//! To add an option to a group is a word in [`GROUPS`]; to have the short help explain it, a row in [`EXPLAINED`].

use clap::Arg;

/// The longest line of a help text.
pub(crate) const WIDTH: usize = 100;

/// The groups as people think of a task, and the options of each by their long names, in the order of the help.
pub(super) const GROUPS: &[(&str, &[&str])] = &[
    (
        "Command",
        &[
            "command",
            "shell",
            "decompress",
            "stdin",
            "max-args",
            "batch",
            "pool",
            "reply",
            "dry-run",
            "trace",
        ],
    ),
    (
        "Input",
        &[
            "inputs",
            "input-format",
            "delimiter",
            "extract",
            "log-format",
            "null",
            "arg-file",
            "exclude",
            "hidden",
            "follow",
            "codec",
            "fn",
            "no-header",
            "json-after",
            "record-start",
            "allow-empty",
            "open",
            "shard",
        ],
    ),
    (
        "Filter",
        &[
            "where",
            "grep",
            "not-grep",
            "regex",
            "not-regex",
            "ignore-case",
            "since",
            "until",
            "tz",
            "time-format",
        ],
    ),
    (
        "Fold",
        &["count", "unique", "by", "agg", "having", "sort", "top", "save"],
    ),
    (
        "Output",
        &[
            "select",
            "output-format",
            "header",
            "first",
            "out",
            "err",
            "tag",
            "unordered",
            "line-buffer",
            "ungroup",
            "merge",
            "arity",
        ],
    ),
    ("Workers", &["jobs", "schedule", "memory", "tmpdir", "nice"]),
    (
        "Trouble",
        &[
            "retries",
            "retry-delay",
            "timeout",
            "kill-after",
            "ok-exit",
            "halt",
            "failed",
            "bad",
            "partial",
            "quiet",
            "color",
            "progress",
            "bar",
            "eta",
            "deadline",
            "summary",
            "joblog",
        ],
    ),
    (
        "Many machines",
        &[
            "queue",
            "join",
            "lease",
            "losses",
            "patience",
            "backlog",
            "root",
            "sign-key",
            "auth-file",
            "tls-ca",
            "tls-cert",
            "tls-key",
            "plaintext",
        ],
    ),
    (
        "State",
        &[
            "state",
            "by-content",
            "retry-failed",
            "fresh",
            "lock",
            "lock-fail",
        ],
    ),
];

/// What the short help says of an option, by command. The options of a group that are not here are named only.
pub(super) const EXPLAINED: &[(&str, &[(&str, &str)])] = &[
    (
        "map",
        &[
            (
                "inputs",
                "files, directories, 'quoted patterns*'; - is data on standard input",
            ),
            ("shard", "I/N: every N-th input; merge adds up the saved folds"),
            (
                "input-format",
                "ws (as in awk), clf (nginx, Apache), csv, json, syslog, auto, …",
            ),
            ("delimiter", "fields end with C, as with awk -F and cut -d"),
            (
                "where",
                "'status >= 500 and path ~ ^/api', 'n in 1,2', 'user exists'",
            ),
            ("grep", "lines with TEXT; --regex RE: lines that RE matches"),
            (
                "since",
                "TIME or later: a date, yesterday, -2h; --until TIME: before it",
            ),
            ("count", "how often each record occurs: sort | uniq -c | sort -rn"),
            ("unique", "each record once: sort -u"),
            ("by", "a row for each group; --agg count,sum:F,p95:F,distinct:F"),
            ("top", "the first N rows; --sort [-]COLUMN orders them"),
            ("save", "the fold into FILE, for fanfold merge"),
            (
                "select",
                "fields to print: 1, -1 (last), 0 (line), host, @file, time:hour",
            ),
            ("output-format", "tsv, csv, json, table, md"),
            ("jobs", "workers: N, 50%, +1, -1 [default: one a core]"),
            ("failed", "the inputs that failed, a list for the next run"),
            (
                "state",
                "the same command line again reads only what is new or changed",
            ),
        ],
    ),
    (
        "run",
        &[
            (
                "command",
                "run directly. In ARG: {} input, {/} base name, {//} folder, {.} no ending",
            ),
            (
                "shell",
                "for pipes and redirections: --shell 'zcat \"$1\" | wc -l'",
            ),
            ("decompress", "feed the command the decompressed file"),
            ("max-args", "N inputs a command; -X: as many as fit"),
            ("dry-run", "print the commands and run none"),
            (
                "inputs",
                "files, directories, 'quoted patterns*'; none: names on standard input",
            ),
            ("null", "names end with NUL, as from find -print0"),
            ("shard", "I/N: every N-th input, for one of N machines"),
            ("where", "of what commands print: lines for which EXPR holds"),
            (
                "count",
                "how often each printed line occurs; --by, --agg: sums by group",
            ),
            (
                "out",
                "each job's output to a file of its own: --out 'out/{/.}.txt'",
            ),
            ("tag", "begin each line with its input"),
            ("jobs", "workers: N, 50%, +1, -1 [default: one a core]"),
            (
                "retries",
                "try a failed job N more times; --timeout DUR ends what hangs",
            ),
            ("halt", "soon or now: end the run at the first failure"),
            ("failed", "the inputs that failed, a list for the next run"),
            (
                "state",
                "the same command line again runs only what is new, changed or failed",
            ),
        ],
    ),
];

/// Where to read on.
pub(super) const PAGES: &str =
    "--help (in full); fanfold help TOPIC: recipes, fields, expressions, times, from-awk, …";

/// Returns the heading of an option's group, and its place there.
pub(super) fn group(name: &str) -> Option<(&'static str, usize)> {
    GROUPS.iter().find_map(|(heading, names)| {
        let place = names.iter().position(|known| *known == name)?;
        Some((*heading, place))
    })
}

/// Returns the name by which the tables know an option: its long name, or the identifier of what has none.
pub(super) fn key(arg: &Arg) -> &str {
    arg.get_long().unwrap_or(arg.get_id().as_str())
}
