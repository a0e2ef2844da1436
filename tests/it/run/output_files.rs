//! `--out`: a file for the output of each job.

use crate::support::{HOSTILE, entries, fan, fan_out, holds, oracle, script};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

#[test]
fn each_job_has_a_file_of_its_own_and_nothing_is_printed() {
    let fan = script(
        "out/{/.}.txt",
        "d -j2",
        "echo \"in $1\"; cat \"$1\"; echo err >&2",
    );
    let fan = fan.file("d/a.wav", "A").file("d/sub/b.wav", "B").file("d/c", "");
    let done = fan.stdout("").stderr("err\nerr\nerr\n").ok();
    holds(&done, "out/a.txt", "in d/a.wav\nA");
    holds(&done, "out/b.txt", "in d/sub/b.wav\nB");
    holds(&done, "out/c.txt", "in d/c\n");
    let all = entries(&done, "out");
    done.expect(all == ["a.txt", "b.txt", "c.txt"], "three files and no other");
}

#[test]
fn a_job_that_prints_nothing_has_an_empty_file() {
    let done = script("{}.out", "", "exit 0").stdin("a\n").ok();
    holds(&done, "a.out", "");
    done.expect(done.fan.path("a.out").exists(), "an empty file");
}

#[test]
fn large_output_is_whole() {
    let fan = script(
        "out/{}",
        "-j3",
        "i=0; while [ $i -lt 20 ]; do seq 1 10000; i=$((i+1)); done",
    );
    let done = fan.stdin("a\nb\nc\n").ok();
    let part: String = (1..=10_000).map(|n| format!("{n}\n")).collect();
    for name in ["out/a", "out/b", "out/c"] {
        holds(&done, name, part.repeat(20));
    }
}

#[test]
fn hostile_names_come_through_exactly() {
    let long = "n".repeat(255);
    let names = [&HOSTILE[..], &[long.as_bytes()]].concat();
    let list: Vec<u8> = names
        .iter()
        .flat_map(|name| [name, &b"\0"[..]].concat())
        .collect();
    let fan = script("out/{}", "-0", r#"printf %s "$1""#);
    let done = fan.stdin(&list).ok();
    let mut expected: Vec<_> = names
        .iter()
        .map(|name| OsString::from_vec(name.to_vec()))
        .collect();
    expected.sort();
    done.expect(entries(&done, "out") == expected, "exactly these names");
    for name in names {
        let found = fs::read(done.fan.path("out").join(OsStr::from_bytes(name))).expect("it is there");
        let given = if name == b"-rf" { b"./-rf" } else { name };
        done.expect(found == given, &format!("{name:?} in its file"));
    }
    // A template that begins with the name makes no option of it.
    let done = fan_out("{}.out").stdin("-x\n").ok();
    done.expect(done.fan.path("-x.out").exists(), "a name with a dash");
}

#[test]
fn random_names_come_through_exactly() {
    let mut random = fastrand::Rng::with_seed(44);
    let mut names: Vec<Vec<u8>> = (0..200)
        .map(|_| {
            let length = random.usize(1..40);
            let bytes = std::iter::repeat_with(|| random.u8(1..)).filter(|&b| b != b'/');
            bytes.take(length).collect()
        })
        .filter(|name: &Vec<u8>| name != b"." && name != b"..")
        .collect();
    names.sort();
    names.dedup();
    let list: Vec<u8> = names
        .iter()
        .flat_map(|name| [name, &b"\0"[..]].concat())
        .collect();
    let done = script("o/{}", "-0 -j4", r#"printf %s "${1#./}""#)
        .stdin(list)
        .ok();
    for name in &names {
        let found = fs::read(done.fan.path("o").join(OsStr::from_bytes(name))).expect("it is there");
        let stripped = name.strip_prefix(b"./").unwrap_or(name);
        done.expect(found == stripped, &format!("{name:?} in its file"));
    }
    done.expect(entries(&done, "o").len() == names.len(), "no other name");
}

#[test]
fn two_jobs_with_one_output_are_refused_before_the_first() {
    for (template, names) in [
        ("out/{/.}.txt", "d/x.wav\nf/x.mp3\ne\n"),
        ("{/}", "d//x.wav\nd/x.wav\n"),
        ("out/../{//}/o", "d/x.wav\n./d/x.mp3\ne/y\n"),
    ] {
        let fan = script(template, "", "echo > ran");
        let done = fan.stdin(names).stdout("").says("the output of").code(2);
        let named = names
            .lines()
            .take(2)
            .filter(|name| done.err.contains(name))
            .count();
        done.expect(named == 2, "both inputs named");
        done.expect(!done.fan.path("ran").exists(), "no job");
    }
}

#[test]
fn an_output_that_is_an_input_is_refused_before_the_first_job() {
    // Named by its path, whether it exists or not; through a link to its directory; by a link to the file.
    for (template, list, said) in [
        (
            "{}",
            "d/a.x",
            "d/a.x: the output of d/a.x and the same file as this input",
        ),
        (
            "./d/../{}",
            "d/a.x",
            "./d/../d/a.x: the output of d/a.x and the same file as this input",
        ),
        (
            "d/{/.}",
            "e/a.x.txt d/a.x",
            "d/a.x: the output of e/a.x.txt and the same file as the input d/a.x",
        ),
        (
            "d/{/.}",
            "e/n.x.txt d/n.x",
            "d/n.x: the output of e/n.x.txt and the same file as the input d/n.x",
        ),
        (
            "l/{/.}",
            "e/a.x.txt d/a.x",
            "l/a.x: the output of e/a.x.txt and the same file as the input d/a.x",
        ),
        (
            "d/{/.}",
            "e/a.x.txt hard",
            "d/a.x: the output of e/a.x.txt and the same file as the input hard",
        ),
        (
            "d/{/.}",
            "e/a.x.txt soft",
            "d/a.x: the output of e/a.x.txt and the same file as the input soft",
        ),
    ] {
        let fan = script(template, "", "echo > ran").file("d/a.x", "kept");
        fs::hard_link(fan.path("d/a.x"), fan.path("hard")).expect("a link");
        let fan = fan.link("soft", "d/a.x").link("l", "d");
        let list = list.replace(' ', "\n");
        let done = fan.stdin(list).stdout("").says(said).code(2);
        done.expect(!done.fan.path("ran").exists(), "no job");
        holds(&done, "d/a.x", "kept");
    }
}

#[test]
fn an_impossible_file_name_is_refused_before_the_first_job() {
    fan_out("out/{/.}")
        .file("out/b/x", "")
        .stdin("a\nb.c\n")
        .says("out/b: cannot be the output of b.c: is a directory")
        .code(2);
    fan_out("{//}/").stdin("d/a\n").says("is a directory").code(2);
    let said = "out/a/b: cannot be the output of a/b: another output needs its directory as a file";
    fan_out("out/{}").stdin("a\na/b\n").says(said).code(2);
    let said = "out/a: cannot be the output of a: another output needs this path as a directory";
    let done = fan_out("out/{}").stdin("a/b\na\n").says(said).code(2);
    done.expect(entries(&done, "").is_empty(), "nothing was made");
}

#[test]
fn only_regular_files_are_replaced() {
    use std::os::unix::fs::FileTypeExt as _;
    for name in ["a\n", "b\n"] {
        let fan = script("{}.out", "-j1", "echo > ran")
            .fifo("a.out")
            .link("b.out", "a.out");
        let done = fan.stdin(name).says("is a device, a pipe or a socket").code(2);
        done.expect(!done.fan.path("ran").exists(), "no job");
        let kind = fs::symlink_metadata(done.fan.path("a.out"))
            .expect("there")
            .file_type();
        done.expect(kind.is_fifo(), "still a FIFO");
    }
}

#[test]
fn a_link_stays_and_its_file_is_replaced_with_its_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let fan = script("{}.out", "-j1", "echo $1")
        .file("real/a", "old")
        .link("a.out", "real/a");
    let private = fs::Permissions::from_mode(0o640);
    fs::set_permissions(fan.path("real/a"), private).expect("ours");
    let done = fan.link("b.out", "real/b").stdin("a\nb\n").ok();
    for name in ["a", "b"] {
        let link = fs::symlink_metadata(done.fan.path(&format!("{name}.out"))).expect("there");
        done.expect(link.is_symlink(), "the link");
        holds(&done, &format!("real/{name}"), format!("{name}\n"));
    }
    let mode = fs::metadata(done.fan.path("real/a"))
        .expect("there")
        .permissions()
        .mode();
    done.expect(mode & 0o777 == 0o640, "its permissions");
    let fan = script("{}.out", "", "echo $1")
        .link("a.out", "same")
        .link("b.out", "same");
    fan.stdin("a\nb\n")
        .stdout("")
        .says("b.out: the output of")
        .code(2);
}

#[test]
fn templates_that_name_no_file_for_each_job_are_refused() {
    for (template, said) in [
        ("out/{%}-{}", "{%}"),
        ("out.txt", "replacement string"),
        ("out/{{}", "replacement string"),
    ] {
        fan_out(template).stdin("a\n").stdout("").says(said).code(2);
    }
    let fan = fan("run --state s --out out/{#} -- echo").stdin("a\n");
    fan.says("--out with {#} cannot be combined with --state").code(2);
    let done = fan_out("out/{#}").stdin("a\nb\na\n").ok();
    done.expect(entries(&done, "out") == ["1", "2", "3"], "a file for each job");
}

#[test]
fn a_fold_and_a_file_for_each_job_exclude_each_other() {
    for words in ["--count", "--unique", "--first 3", "-u", "--tag"] {
        let fan = fan("run --out o/{}").args(words.split_whitespace());
        fan.args(["--", "echo"]).stdin("a\n").says("--out").code(2);
    }
    fan("map --out o/{} --partial keep a")
        .file("a", "x\n")
        .says("--out")
        .code(2);
}

#[test]
fn records_of_a_job_go_to_its_file() {
    let fan = script(
        "out/{}",
        "-j2 --select 2 --where 1!=2",
        "printf '1 a\\n2 b\\n3 c'",
    );
    let done = fan.stdin("a\nb\n").stdout("").ok();
    holds(&done, "out/a", "a\nc\n");
    holds(&done, "out/b", "a\nc\n");
}

#[test]
fn each_file_has_its_header() {
    let fan = fan("map -i csv -o csv --select name d --out o/{/}");
    let fan = fan.file("d/a", "id,name\n1,x\n").file("d/b", "name\ny\nz\n");
    let done = fan.stdout("").ok();
    holds(&done, "o/a", "name\nx\n");
    holds(&done, "o/b", "name\ny\nz\n");
}

#[test]
fn map_writes_what_it_decompressed() {
    let fan = fan("map in/*.gz --out out/{/.}")
        .gz("in/a.txt.gz", "A\n")
        .gz("in/b.gz", "B");
    let done = fan.stdout("").ok();
    holds(&done, "out/a.txt", "A\n");
    holds(&done, "out/b", "B");
}

#[test]
fn a_plain_file_is_not_split_for_out() {
    let line = format!("{}\n", "x".repeat(99));
    let bytes = line.repeat(400_000);
    let done = fan("map big --select 1 --out {}.out").file("big", &bytes).ok();
    holds(&done, "big.out", bytes);
}

#[test]
fn a_batch_is_named_by_its_first_input() {
    let fan = script("out/{}-{#}", "-n2", "echo $*");
    let done = fan.stdin("a\nb\nc\n").ok();
    holds(&done, "out/a-1", "a b\n");
    holds(&done, "out/c-2", "c\n");
}

#[test]
fn a_dry_run_shows_the_files_and_makes_none_and_checks_the_names() {
    let done = fan("run --dry-run --out out/{/.}.txt -- cat {} -")
        .stdin("a b.wav\nc\n")
        .stdout("cat 'a b.wav' - > 'out/a b.txt'\ncat c - > out/c.txt\n")
        .ok();
    done.expect(!done.fan.path("out").exists(), "no directory");
    fan("run --dry-run --out out/{/.} -- cat")
        .stdin("a.x\na.y\n")
        .stdout("")
        .says("out/a: the output of a.x and of a.y")
        .code(2);
}

#[test]
fn a_dry_run_prints_commands_and_not_their_output() {
    for words in [
        "--count",
        "--first 1",
        "-i json --select a --bad file=list",
        "--failed list",
    ] {
        let fan = fan("run --dry-run").args(words.split(' ')).args(["--", "echo"]);
        let fan = fan.file("list", "old\n").stdin("a\nb\n");
        let done = fan.stdout("echo a\necho b\n").ok();
        holds(&done, "list", "old\n");
    }
}

#[test]
fn a_missing_input_is_reported_and_the_others_are_written() {
    let done = fan("run gone a --out o/{} -- cat {}")
        .file("a", "A")
        .says("gone: no such file")
        .code(3);
    holds(&done, "o/a", "A");
}

#[test]
fn many_files_are_those_of_a_serial_loop() {
    let names: String = (0..300).map(|at| format!("f{at:03}\n")).collect();
    let fan = script("o/{}.out", "-j8", "echo $1; seq ${1#f}").stdin(&names);
    let expected = oracle(
        fan.dir(),
        r#"mkdir e; printf %s "$1" | while read n; do { echo $n; seq ${n#f}; } > e/$n.out; done; cat e/*"#,
        &[OsStr::new(&names)],
    );
    let done = fan.ok();
    let found = oracle(done.fan.dir(), "cat o/*", &[]);
    done.expect(
        found == expected && entries(&done, "o").len() == 300,
        "the same files",
    );
}
