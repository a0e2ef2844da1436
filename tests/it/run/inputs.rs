//! Inputs: files, directories, patterns and lists, and hostile names among them.

use crate::support::{Fan, fan, fifo, gzip};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

/// Prepares `fanfold run … -- printf '%s\0' {}`, which prints the names exactly as a command gets them.
fn names(words: &str) -> Fan {
    fan("run").args(words.split_whitespace())
}

const PRINT: [&str; 4] = ["--", "printf", "%s\\0", "{}"];

fn tree(fan: Fan) -> Fan {
    let fan = [
        "b.log",
        "a.log",
        "sub/c.log",
        "sub/deep/d.log",
        "a/z.log",
        "a.txt",
    ]
    .into_iter()
    .fold(fan, |fan, name| fan.file(name, name));
    fan.file(".hidden.log", "").file(".dir/e.log", "")
}

#[test]
fn files_come_in_the_order_they_are_named() {
    tree(names("b.log a.log b.log"))
        .args(PRINT)
        .stdout("b.log\0a.log\0b.log\0")
        .ok();
}

#[test]
fn a_directory_is_every_file_below_in_byte_order_except_hidden_ones() {
    let all = "./a.log\0./a.txt\0./a/z.log\0./b.log\0./sub/c.log\0./sub/deep/d.log\0";
    let done = tree(names(".")).args(PRINT).ok();
    let got = String::from_utf8(done.out.clone()).expect("text");
    done.expect(
        got.replace("./", "") == all.replace("./", ""),
        "every file, in byte order",
    );
    let done = tree(names(". --hidden")).args(PRINT).ok();
    let got = String::from_utf8(done.out.clone())
        .expect("text")
        .replace("./", "");
    let expected = format!(".dir/e.log\0.hidden.log\0{}", all.replace("./", ""));
    done.expect(got == expected, &format!("{expected:?}"));
}

#[test]
fn exclude_leaves_out_base_names_and_paths() {
    tree(names("sub a --exclude c.* --exclude a/*"))
        .args(PRINT)
        .stdout("sub/deep/d.log\0")
        .ok();
}

#[test]
fn exclude_leaves_out_what_was_named_or_listed_too() {
    let named = names("a.log b.log a/z.log sub --exclude [ac].log --exclude a/*");
    tree(named).args(PRINT).stdout("b.log\0sub/deep/d.log\0").ok();
    let listed = tree(fan("run --exclude a.*")).stdin("a.log\nb.log\nsub/a.log\n");
    listed.args(["--", "echo"]).stdout("b.log\n").ok();
    let said = "--exclude: '[a' is not a pattern";
    fan("map a.log --exclude [a").says(said).code(2);
}

#[test]
fn links_to_directories_are_followed_when_asked_and_loops_are_reported() {
    let linked = |words| tree(names(words)).file("top/x", "").link("top/to", "../sub");
    linked("top").args(PRINT).stdout("top/x\0").ok();
    linked("top --follow")
        .args(PRINT)
        .stdout("top/to/c.log\0top/to/deep/d.log\0top/x\0")
        .ok();
    linked("top --follow")
        .link("sub/loop", "../top")
        .args(PRINT)
        .stdout("top/to/c.log\0top/to/deep/d.log\0top/x\0")
        .says("loop")
        .code(3);
}

#[test]
fn patterns_are_expanded_here_and_each_name_comes_once() {
    tree(names("*.log")).args(PRINT).stdout("a.log\0b.log\0").ok();
    tree(names("**/*.log"))
        .args(PRINT)
        .stdout("a.log\0a/z.log\0b.log\0sub/c.log\0sub/deep/d.log\0")
        .ok();
    tree(names("sub/[a-c].??g [ab].log sub"))
        .args(PRINT)
        .stdout("sub/c.log\0a.log\0b.log\0sub/deep/d.log\0")
        .ok();
}

#[test]
fn an_existing_name_is_taken_literally_before_it_is_a_pattern() {
    let both = names("[a].log").file("[a].log", "").file("a.log", "");
    both.args(PRINT).stdout("[a].log\0").ok();
    names("[a].log")
        .file("a.log", "")
        .args(PRINT)
        .stdout("a.log\0")
        .ok();
}

#[test]
fn a_pattern_that_matches_nothing_stops_before_the_first_job() {
    tree(names("a.log *.gz"))
        .args(PRINT)
        .stdout("")
        .stderr("fanfold: *.gz: no file matches (--allow-empty makes this no error)\n")
        .code(4);
    tree(names("a.log *.gz --allow-empty"))
        .args(PRINT)
        .stdout("a.log\0")
        .ok();
    names("*.gz --allow-empty").args(PRINT).stdout("").ok();
}

#[test]
fn no_name_at_all_is_no_input() {
    fan("map")
        .stdout("")
        .stderr("fanfold: no input (--allow-empty makes this no error)\n")
        .code(4);
    fan("map --allow-empty --count").stdout("").ok();
    fan("map empty").file("empty/.keep", "").says("no input").code(4);
}

#[test]
fn a_file_that_is_gone_is_named_and_the_others_go_on() {
    fan("map --count a.txt gone b.txt")
        .file("a.txt", "x\n")
        .file("b.txt", "x\n")
        .stdout("2\tx\n")
        .stderr("fanfold: gone: no such file or directory\nfanfold: 1 of 3 jobs failed (exit 3)\n")
        .code(3);
    fan("map")
        .stdin("a.txt\ngone\nb.txt\n")
        .file("a.txt", "1\n")
        .file("b.txt", "2\n")
        .stdout("1\n2\n")
        .stderr("fanfold: gone: no such file or directory\nfanfold: 1 of 3 jobs failed (exit 3)\n")
        .code(3);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_go_on() {
    let closed = fan("map a.txt b.txt").file("a.txt", "1\n").file("b.txt", "2\n");
    let nobody = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(closed.path("a.txt"), nobody).expect("it is ours");
    if std::fs::File::open(closed.path("a.txt")).is_err() {
        closed
            .stdout("2\n")
            .stderr("fanfold: a.txt: permission denied\nfanfold: 1 of 2 jobs failed (exit 3)\n")
            .code(3);
    }
    // Root may open everything, but nobody may read the unmapped page 0.
    fan("map /proc/self/mem b.txt --unique")
        .file("b.txt", "2\n")
        .stdout("2\n")
        .stderr("fanfold: /proc/self/mem: input/output error\nfanfold: 1 of 2 jobs failed (exit 3)\n")
        .code(3);
}

#[test]
fn a_directory_in_a_list_is_an_error_of_that_name_for_map() {
    fan("map")
        .file("dir/x", "")
        .file("b.txt", "2\n")
        .stdin("dir\nb.txt\n")
        .stdout("2\n")
        .stderr("fanfold: dir: is a directory\nfanfold: 1 of 2 jobs failed (exit 3)\n")
        .code(3);
}

#[test]
fn lists_are_raw_names_one_a_line_or_nul_terminated() {
    names("")
        .args(PRINT)
        .stdin(b"a b\n\n'c\" \\d\r\n\xff$(x)\nlast")
        .stdout(b"a b\0'c\" \\d\r\0\xff$(x)\0last\0")
        .ok();
    names("-0")
        .args(PRINT)
        .stdin("a\nb\0\0c d\0")
        .stdout("a\nb\0c d\0")
        .ok();
    names("-a one --arg-file two")
        .args(PRINT)
        .file("one", "1\n2\n")
        .file("two", "3")
        .stdin("not read\n")
        .stdout("1\x002\x003\0")
        .ok();
    names("-a one -a none")
        .args(PRINT)
        .file("one", "1\n")
        .stdout("1\0")
        .says("none: no such file")
        .code(3);
}

#[test]
fn dash_is_standard_input_as_data_for_map_only() {
    fan("map - a.txt")
        .file("a.txt", "2\n")
        .stdin("1\n")
        .stdout("1\n2\n")
        .ok();
    fan("map --count -").stdin(gzip(b"x\nx\n")).stdout("2\tx\n").ok();
    fan("map - --grep x --select @file,1")
        .stdin("x\n")
        .stdout("-\tx\n")
        .ok();
    names("-")
        .args(PRINT)
        .file("-", "")
        .says("")
        .stdout("./-\0")
        .code(0);
}

#[test]
fn a_fifo_is_skipped_in_a_directory_and_read_when_named() {
    let dir = fan("map d").file("d/a", "1\n").fifo("d/pipe");
    dir.stdout("1\n").ok();
    let named = fan("map pipe --count").fifo("pipe").stdout("1\tx\n");
    let path = named.path("pipe");
    let writer = std::thread::spawn(move || fifo::write(&path, "x\n"));
    named.ok();
    writer.join().expect("no panic");
}

#[test]
fn hostile_names_reach_the_command_byte_for_byte() {
    let hostile: [&[u8]; 6] = [
        b"new\nline",
        b"\xff\xfe",
        b"-rf",
        b"\x1b[31mred",
        b"'$(touch x)`\"; *",
        b" ",
    ];
    let mut by_pattern = hostile.to_vec();
    by_pattern.sort_unstable();
    let make = |fan: Fan| {
        let files = hostile.iter().map(|name| OsStr::from_bytes(name));
        files.fold(fan, |fan, name| fan.file(name, ""))
    };
    let exact = |names: &[&[u8]]| -> Vec<u8> {
        let guard = |name: &[u8]| {
            if name[0] == b'-' {
                b"./".to_vec()
            } else {
                Vec::new()
            }
        };
        names
            .iter()
            .flat_map(|n| [guard(n), n.to_vec(), vec![0]].concat())
            .collect()
    };
    make(names("*")).args(PRINT).stdout(exact(&by_pattern)).ok();
    let list: Vec<u8> = hostile.iter().flat_map(|n| [n, &b"\0"[..]].concat()).collect();
    make(names("-0"))
        .args(PRINT)
        .stdin(&list)
        .stdout(exact(&hostile))
        .ok();
    make(names("-j3 -0"))
        .args(["--", "printf", "%s\\0"])
        .stdin(&list)
        .stdout(exact(&hostile))
        .ok();
}

#[test]
fn hostile_names_are_escaped_in_messages() {
    fan("map -0")
        .stdin(b"\x1b[31mred\0new\nline\0\xff\0")
        .stdout("")
        .stderr(concat!(
            "fanfold: \\x1b[31mred: no such file or directory\n",
            "fanfold: new\\nline: no such file or directory\n",
            "fanfold: \\xff: no such file or directory\n",
            "fanfold: 3 of 3 jobs failed (exit 3)\n",
        ))
        .code(3);
}

#[test]
fn data_on_standard_input_is_told_from_names() {
    let hint = "fanfold: standard input: its first lines name no files, so no more are read; for data: fanfold map - …\n";
    let gone = |name| format!("fanfold: {name}: no such file or directory\n");
    let said = ["a b", "c d", "e f"].map(gone).concat();
    fan("map -j1 --select 1")
        .stdin("a b\nc d\ne f\ng h\n".repeat(1000))
        .says(&said)
        .says(hint)
        .code(3);
    // One name among the first is enough.
    fan("map --agg count")
        .file("f", "1\n")
        .stdin("x\nf\ny\nz\nf\n")
        .stdout("2\n")
        .code(3);
    fan("map --agg count").stdin("x\ny\nz\n").says(hint).code(3);
}

#[test]
fn a_list_with_the_line_ends_of_windows_is_told() {
    let hint = "a\\r: no such file or directory (the name ends with a carriage return: tr -d '\\\\r'";
    for command in ["map --count", "map --count -a list"] {
        let fan = fan(command).file("a", "x\n").file("b", "y\n").file("c", "z\n");
        let names = "a\r\nb\r\nc\r\n";
        let fan = fan.file("list", names).stdin(names);
        fan.stdout("").says(&hint.replace("\\\\r", "\\r")).code(3);
    }
    // A file may have such a name.
    fan("map --count")
        .file("a\r", "x\n")
        .stdin("a\r\n")
        .stdout("1\tx\n")
        .ok();
}

#[test]
fn a_file_that_shrinks_while_a_command_is_fed_is_an_error() {
    let script = "head -c 1 >/dev/null; truncate -s 500 f; cat >/dev/null; echo over";
    for option in ["--stdin", "-z"] {
        let fan = fan("run f").arg(option).args(["--shell", script]);
        fan.file("f", "x\n".repeat(1 << 20))
            .says("f: shrank while it was read: 500 of 2097152 bytes are left")
            .code(3);
    }
}
