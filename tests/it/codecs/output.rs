//! `map --out`: files that are compressed, as their names say.

use crate::support::{Place, has};
use std::fs::File;
use std::process::Command;

/// The endings, and the programs that read such files.
const ENDINGS: [(&str, &str); 5] = [
    ("gz", "gzip"),
    ("zst", "zstd"),
    ("xz", "xz"),
    ("bz2", "bzip2"),
    ("lz4", "lz4"),
];

fn decompressed(program: &str, place: &Place, name: &str) -> Vec<u8> {
    let file = File::open(place.path(name)).expect("the file");
    let done = Command::new(program)
        .arg("-dc")
        .stdin(file)
        .output()
        .expect("the program");
    assert!(
        done.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    done.stdout
}

#[test]
fn files_are_compressed_as_their_names_say() {
    let place = Place::new();
    let lines: String = (0..40_000).map(|n| format!("line {} {n}\n", n % 7)).collect();
    place
        .file("in/long", lines.as_bytes(), 0)
        .file("in/empty", b"", 0)
        .file("in/bytes", b"\xff\0no newline", 0);
    for (ending, program) in ENDINGS {
        if !has(program) {
            continue;
        }
        place
            .fan(&format!("map in --out {ending}/{{/}}.{ending}"))
            .stdout("")
            .ok();
        place
            .fan(&format!(
                "map in/long --grep 3 --select 2 --out {ending}/some.{ending}{{#}}.{ending}"
            ))
            .ok();
        let read = |name: &str| decompressed(program, &place, &format!("{ending}/{name}.{ending}"));
        assert_eq!(read("long"), lines.as_bytes(), "{ending}");
        assert_eq!(
            (read("empty"), read("bytes")),
            (vec![], b"\xff\0no newline".to_vec()),
            "{ending}"
        );
        let expected: String = lines
            .lines()
            .filter(|line| line.contains('3'))
            .map(|line| format!("{}\n", &line[5..6]))
            .collect();
        assert_eq!(read(&format!("some.{ending}1")), expected.as_bytes(), "{ending}");
        place
            .fan(&format!("map {ending}/long.{ending} --count --select 1"))
            .stdout("40000\tline\n")
            .ok();
    }
}

#[test]
fn other_names_and_commands_write_bytes_as_they_are() {
    let place = Place::new();
    place.file("a", b"x\n", 0);
    place.fan("map a --out {}.txt").ok();
    place.fan("run a --out {}.gz -- cat").ok();
    for name in ["a.txt", "a.gz"] {
        assert_eq!(
            std::fs::read(place.path(name)).expect("written"),
            b"x\n",
            "{name}"
        );
    }
}

#[test]
fn a_file_that_fails_leaves_no_part() {
    let place = Place::new();
    let mut damaged = crate::support::gzip(&[b'x'; 100_000]);
    damaged.truncate(damaged.len() - 9);
    place.file("in.gz", &damaged, 0);
    place
        .fan("map in.gz --out out/{/.}.zst")
        .says("truncated")
        .code(3);
    let left = std::fs::read_dir(place.path("out")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing is left");
    place
        .fan("map in.gz --merge cat --out all.gz")
        .says("--out: all.gz: the output of --merge is not compressed")
        .code(2);
}
