//! Every console block of README.md, typed as it stands: the output is what the README shows.

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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
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
    let path = format!("{bin}:{}", std::env::var("PATH").expect("PATH is set"));
    let home = tempfile::tempdir().expect("a directory");
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
