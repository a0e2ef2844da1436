//! `--merge`: many outputs made one.

mod destination;
mod pipes;
mod tree;

use crate::support::Fan;
use std::fs::read_dir;
use std::path::Path;

/// Writes `count` sorted files of uneven length in `d`; some lines stand in several of them.
fn sorted(mut fan: Fan, count: usize) -> Fan {
    for at in 0..count {
        let mut lines: Vec<String> = (0..at * 7 % 90)
            .map(|n| (n * (at + 3) % 211).to_string())
            .collect();
        lines.sort();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fan = fan.file(format!("d/{at:03}"), text);
    }
    fan
}

/// Returns how many files are left in `tmp`, apart from the one that made the directory.
fn left(tmp: &Path) -> usize {
    read_dir(tmp).expect("a directory").count() - 1
}

/// Puts a `sort` first in the PATH, which runs `script`, so that tests see what merges are given. The real
/// one is `"$SORT" "$@"`.
fn sorting(fan: Fan, script: &str) -> Fan {
    let fan = fan.file("bin/sort", format!("#!/bin/sh\nSORT=/usr/bin/sort\n{script}\n"));
    let bin = fan.path("bin");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(bin.join("sort"), mode).expect("it was just made");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", bin.display());
    fan.env("PATH", &path).env("LC_ALL", "C")
}
