//! The console blocks of README.md: each command, typed as it stands, prints what the README shows.

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
    if !has("gawk") {
        return;
    }
    let root = repository();
    let readme = std::fs::read_to_string(root.join("README.md")).expect("README.md can be read");
    let recipes = recipes(&readme);
    assert!(
        recipes.len() > 10,
        "only {} console blocks were found",
        recipes.len()
    );
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
    for (command, shown) in recipes {
        let done = Command::new("sh")
            .args(["-c", &command])
            .env("PATH", &path)
            .env("HOME", home.path())
            .current_dir(root)
            .stdin(Stdio::null())
            .output()
            .expect("sh can be started");
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert_eq!(
            String::from_utf8_lossy(&done.stdout),
            shown,
            "$ {command}\n{stderr}"
        );
        assert!(done.status.success(), "$ {command}\n{}: {stderr}", done.status);
    }
}
