//! The examples of the help and the man pages.

/// Command lines of each command, as they are typed.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "map",
        &[
            "fanfold map 'logs/*.gz' --select 9 --count",
            "fanfold map logs/ -i clf --where 'status == 404' --select path --count --top 20",
            "fanfold map logs/ -i clf --by time:hour --agg count,sum:bytes,p95:bytes",
            "zcat logs/*.gz | fanfold map - --grep robots.txt --select 1 --unique",
        ],
    ),
    (
        "run",
        &[
            "fanfold run 'logs/*.gz' -- gzip -t",
            "fanfold run 'logs/*.gz' --out 'txt/{/.}.txt' -- zgrep -c GET {}",
            "find logs -name '*.gz' -print0 | fanfold run -0 --shell 'zcat \"$1\" | wc -l'",
            "fanfold run -z 'logs/*.gz' --count --top 3 -- awk '{print $9}'",
        ],
    ),
];

/// Returns the examples of a command.
pub(crate) fn examples(command: &str) -> &'static [&'static str] {
    let found = EXAMPLES.iter().find(|(name, _)| *name == command);
    found.map_or(&[], |(_, lines)| lines)
}
