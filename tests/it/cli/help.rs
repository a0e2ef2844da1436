//! The help: short texts that fit a screen, pages, and what is said of an unknown one.

use crate::support::{Place, fan, has, oracle, repository};
use std::fs;

/// The pages, as `fanfold help` lists them.
fn topics() -> Vec<String> {
    let text = String::from_utf8(fan("help").ok().out).expect("text");
    let list = text.split("Pages,").nth(1).expect("the list of pages");
    let names = list
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[test]
fn each_page_is_a_file_a_help_text_and_a_man_page() {
    let mut files: Vec<_> = fs::read_dir(repository().join("src/help"))
        .expect("it is there")
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".md")?.to_owned()))
        .collect();
    let mut topics = topics();
    files.sort();
    topics.sort();
    assert_eq!(files, topics);
    for topic in topics {
        let page = String::from_utf8(fan(&format!("help {topic}")).ok().out).expect("text");
        assert!(page.lines().count() > 8 && !page.contains("<!--"), "{page}");
        let roff = String::from_utf8(fan(&format!("man {topic}")).ok().out).expect("text");
        assert!(roff.contains(&format!(".TH fanfold-{topic} 7 ")), "{roff}");
        assert!(roff.contains(".SH \"SEE ALSO\""), "{roff}");
    }
}

#[test]
fn tables_of_pages_come_from_the_tables_of_the_program() {
    let text = |words: &str| String::from_utf8(fan(words).ok().out).expect("text");
    let formats = text("help formats");
    for name in ["logfmt", "syslog", "zstd", "md"] {
        assert!(
            formats.lines().any(|line| line.trim_start().starts_with(name)),
            "{name}: {formats}"
        );
    }
    assert!(text("help fields").contains("noquery"));
    assert!(text("help exit-codes").contains("\n  123 "));
}

#[test]
fn help_of_a_command_is_its_long_help() {
    let long = fan("run --help").ok().out;
    fan("help run").stdout(long).ok();
    fan("help runn")
        .says("no help on 'runn'")
        .says("did you mean 'run'?")
        .code(2);
    fan("help tmes").says("did you mean 'times'?").code(2);
    fan("help redis").says("did you mean 'many-machines'?").code(2);
}

/// Returns the commands that a short help names.
fn commands(text: &str) -> Vec<String> {
    let list = text.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| {
        line.strip_prefix("  ")?
            .split_whitespace()
            .next()
            .filter(|_| !line.starts_with("   "))
    });
    names.map(str::to_owned).collect()
}

#[test]
fn the_short_help_of_each_command_fits_a_screen() {
    let mut left = vec![String::new()];
    let mut seen = Vec::new();
    while let Some(command) = left.pop() {
        // xargs knows no -h, as GNU's does not.
        let done = match command.as_str() {
            "xargs" => fan("xargs -h").code(1),
            _ => fan(&format!("{command} -h")).ok(),
        };
        let text = String::from_utf8(done.out).expect("text") + &done.err;
        let (lines, columns) = (
            text.lines().count(),
            text.lines().map(|line| line.chars().count()).max(),
        );
        assert!(
            lines <= 50 && columns.is_some_and(|columns| columns <= 100),
            "{lines} lines, {columns:?} columns:\n{text}"
        );
        left.extend(
            commands(&text)
                .into_iter()
                .filter(|name| name != "help" || command.is_empty())
                .map(|name| format!("{command} {name}").trim().to_owned()),
        );
        seen.push(command);
    }
    for command in [
        "map", "run", "merge", "status", "xargs", "parallel", "report", "list",
    ] {
        assert!(seen.iter().any(|name| name == command), "{command}: {seen:?}");
    }
}

#[test]
fn man_reads_the_pages_without_a_warning() {
    if !has("groff") {
        return;
    }
    let pages = topics()
        .into_iter()
        .chain(["map", "run", "status"].map(str::to_owned));
    for page in pages {
        let place = Place::new();
        let roff = fan(&format!("man {page}")).ok().out;
        place.file("page", &roff, 0);
        let warnings = oracle(
            &place.path(""),
            "groff -man -Kutf8 -Tutf8 -ww page 2>&1 >/dev/null",
            &[],
        );
        assert_eq!(String::from_utf8_lossy(&warnings), "", "{page}");
    }
}

#[test]
fn a_man_page_has_what_a_reader_looks_for() {
    let page = String::from_utf8(fan("man map").ok().out).expect("text");
    assert!(page.contains(".TH fanfold-map 1 "), "{page}");
    for section in [
        "EXAMPLES",
        "\"EXIT STATUS\"",
        "ENVIRONMENT",
        "FILES",
        "SIGNALS",
        "\"SEE ALSO\"",
    ] {
        assert!(page.contains(&format!(".SH {section}\n")), "{section}");
    }
    assert!(
        page.contains("FANFOLD_SLOT") && page.contains("fanfold\\-times(7)"),
        "{page}"
    );
}

#[test]
fn the_examples_of_the_short_help_work() {
    if !has("zgrep") || !has("zcat") {
        return;
    }
    let place = Place::new();
    for entry in fs::read_dir(repository().join("examples/logs"))
        .expect("it is there")
        .flatten()
    {
        let bytes = fs::read(entry.path()).expect("a log");
        place.file(&format!("logs/{}", entry.file_name().display()), &bytes, 100);
    }
    let path = format!(
        "{}:{}",
        std::path::Path::new(env!("CARGO_BIN_EXE_fanfold"))
            .parent()
            .expect("a directory")
            .display(),
        std::env::var("PATH").expect("it is set")
    );
    for command in ["map", "run"] {
        let text = String::from_utf8(fan(&format!("{command} -h")).ok().out).expect("text");
        let examples = text.split("Examples:\n").nth(1).expect("examples");
        let lines: Vec<_> = examples.lines().take_while(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 4, "{text}");
        for line in lines {
            let script = format!("PATH={path}; export PATH; set -e; {line}");
            oracle(&place.path(""), &script, &[]);
        }
    }
}

#[test]
fn the_readme_has_the_table_of_exit_codes() {
    let readme = fs::read_to_string(repository().join("README.md")).expect("it is there");
    let shown = String::from_utf8(fan("help exit-codes").ok().out).expect("text");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let rows = readme
        .split("| Code | Meaning |")
        .nth(1)
        .expect("the table")
        .lines()
        .skip(2);
    let rows: Vec<_> = rows.take_while(|row| row.starts_with('|')).collect();
    assert!(rows.len() >= 10, "{rows:?}");
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(shown.contains(&cells.join(" ")), "{row} in {shown}");
    }
}
