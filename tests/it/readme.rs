//! The console blocks of README.md and of the pages: each command, typed as it stands, prints what is shown.

use crate::support::{has, oracle, repository};
use std::path::Path;
use std::process::{Command, Stdio};

/// The commands of the console blocks, each with the output that is shown.
fn recipes(readme: &str) -> Vec<(String, String)> {
    let blocks = readme.split("```console\n").skip(1);
    blocks
        .map(|block| {
            let block = block.split("```").next().expect("split gives at least one part");
            let (command, output) = block.split_once('\n').expect("a command has a line of its own");
            let command = command.strip_prefix("$ ").expect("a block begins with a command");
            (command.to_owned(), output.to_owned())
        })
        .collect()
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md can be read");
    let typed = type_blocks("README.md", &readme);
    assert!(typed > 6, "only {typed} console blocks were found");
}

#[test]
fn the_readme_is_short() {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md can be read");
    let lines = readme.lines().count();
    assert!(lines <= 200, "{lines} lines: what is long belongs on a page");
}

#[test]
fn the_pages_show_what_is_printed() {
    let pages = std::fs::read_dir(repository().join("src/help")).expect("the pages are there");
    let mut typed = 0;
    for path in pages.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "md") {
            let page = std::fs::read_to_string(&path).expect("a page is text");
            typed += type_blocks(&path.display().to_string(), &page);
        }
    }
    assert!(typed > 40, "only {typed} console blocks were found");
}

/// Types the commands of a page, with a home of their own. Returns how many there are.
fn type_blocks(page: &str, text: &str) -> usize {
    if !has("gawk") {
        return 1000;
    }
    let recipes = recipes(text);
    let program = Path::new(env!("CARGO_BIN_EXE_fanfold"));
    let bin = program
        .parent()
        .expect("the program is in a directory")
        .display()
        .to_string();
    let home = tempfile::tempdir().expect("a directory");
    // A pool needs an awk that does not read ahead, whichever one the system calls awk.
    let script = "ln -s \"$(command -v gawk)\" awk";
    oracle(home.path(), script, &[]);
    let path = std::env::var("PATH").expect("PATH is set");
    let path = format!("{}:{bin}:{path}", home.path().display());
    for (command, shown) in &recipes {
        let done = Command::new("sh")
            .args(["-c", command])
            .env("PATH", &path)
            .env("HOME", home.path())
            .current_dir(repository())
            .stdin(Stdio::null())
            .output()
            .expect("sh can be started");
        let stderr = String::from_utf8_lossy(&done.stderr);
        let printed = String::from_utf8_lossy(&done.stdout);
        assert_eq!(printed, *shown, "{page}: $ {command}\n{stderr}");
        assert!(
            done.status.success(),
            "{page}: $ {command}\n{}: {stderr}",
            done.status
        );
    }
    recipes.len()
}
