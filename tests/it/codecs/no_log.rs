//! Archives and foreign compressions: each is told with the command that unpacks it; text never is.

use crate::support::{fan, gzip, has, oracle};
use std::ffi::OsStr;
use std::path::Path;

/// Prints a file of a kind, with so many lines in it.
const MAKE: &str = r#"
import io, lzma, sys, tarfile, zipfile, zlib
kind, text = sys.argv[1], b"".join(b"line %d of many\n" % n for n in range(int(sys.argv[2])))
out = io.BytesIO()
if kind in ("ustar", "gnu", "pax", "v7"):
    form = dict(ustar=tarfile.USTAR_FORMAT, pax=tarfile.PAX_FORMAT).get(kind, tarfile.GNU_FORMAT)
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        entry = tarfile.TarInfo("logs/a.log")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    data = bytearray(out.getvalue())
    if kind == "v7":
        data[257:265], data[148:156] = bytes(8), b" " * 8
        data[148:156] = b"%06o\0 " % sum(data[:512])
elif kind == "zip":
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.log", text)
    data = out.getvalue()
elif kind == "zlib":
    data = zlib.compress(text)
elif kind == "lzma":
    data = lzma.compress(text, lzma.FORMAT_ALONE)
else:
    heads = dict(compress=b"\x1f\x9d\x90", rar=b"Rar!\x1a\x07\0", xar=b"xar!\0\x1c\0\1")
    data = heads.get(kind, b"7z\xbc\xaf\x27\x1c\0\4") + text
sys.stdout.buffer.write(data)
"#;

fn made(kind: &str, lines: &str) -> Vec<u8> {
    let args = [MAKE, kind, lines].map(OsStr::new);
    oracle(Path::new("/"), r#"python3 -c "$@""#, &args)
}

#[test]
fn what_is_no_log_is_told_with_the_command_that_unpacks_it() {
    if !has("python3") {
        return;
    }
    let kinds = [
        ("ustar", "a tar archive", "tar -xOf a"),
        ("gnu", "a tar archive", "tar -xOf a"),
        ("pax", "a tar archive", "tar -xOf a"),
        ("v7", "a tar archive", "tar -xOf a"),
        ("zip", "a zip archive", "unzip -p a"),
        ("zlib", "zlib data", "pigz -dc < a"),
        ("lzma", "data of lzma", "xz -dc --format=lzma a"),
        ("compress", "data of compress", "gzip -dc a"),
        ("7z", "a 7z archive", "7z x -so a"),
        ("xar", "a xar archive", "bsdtar -xOf a"),
        ("rar", "a rar archive", "unrar p -inul a"),
    ];
    for (kind, what, unpack) in kinds {
        for lines in ["1", "3000"] {
            let bytes = made(kind, lines);
            let said = format!("fanfold: a: is {what}, no log; unpack it: {unpack} | fanfold map - …\n");
            for words in [
                "map a b",
                "map a b --select 1",
                "map a b --partial keep --select 1",
            ] {
                let given = fan(words).file("a", &bytes).file("b", "x\n");
                given.stdout("x\n").says(&said).code(3);
            }
            let given = fan("map a b").file("a", gzip(&bytes)).file("b", "x\n");
            given.stdout("x\n").code(3);
            fan("map - --select 1").stdin(&bytes).stdout("").code(3);
            // Its bytes can be had.
            let digest = fan("map a --fn digest --codec plain").file("a", &bytes);
            let expected = oracle(digest.dir(), "sha256sum a", &[]);
            digest.stdout(expected).ok();
        }
    }
}

#[test]
fn a_compressed_archive_is_whole_and_has_a_digest_and_a_command_may_read_it() {
    if !has("python3") {
        return;
    }
    let tar = made("gnu", "9");
    fan("map a.tar.gz")
        .gz("a.tar.gz", &tar)
        .stdout("")
        .says(
            "fanfold: a.tar.gz: is a tar archive, no log; unpack it: tar -xzOf a.tar.gz | fanfold map - …\n",
        )
        .code(3);
    fan("map a.tar.gz --fn check")
        .gz("a.tar.gz", &tar)
        .stdout("")
        .ok();
    let given = fan("map a.tar.gz --fn wc").gz("a.tar.gz", &tar);
    let count = "zcat a.tar.gz | wc | awk '{print $1 \"\\t\" $2 \"\\t\" $3 \"\\ta.tar.gz\"}'";
    let expected = oracle(given.dir(), count, &[]);
    given.stdout(expected).ok();
    let given = fan("run -z a.tar.gz -- tar -tf -").gz("a.tar.gz", &tar);
    given.stdout("logs/a.log\n").ok();
    // Of a zip archive there are no decompressed bytes to read.
    for words in ["run -z a.zip -- cat", "map a.zip --fn check", "map a.zip --fn wc"] {
        let given = fan(words).file("a.zip", made("zip", "9"));
        given.stdout("").says("unzip -p a.zip").code(3);
    }
}

#[test]
fn compressed_twice_is_told() {
    fan("map a.gz.gz")
        .gz("a.gz.gz", gzip(b"x\n"))
        .stdout("")
        .says("gzip -dc a.gz.gz | fanfold map - …")
        .code(3);
}

#[test]
fn text_is_no_archive() {
    let long = "x".repeat(700);
    let texts = [
        "x^2 + y^2\n",
        "x^2",
        "x^",
        "x",
        "x\x01",
        "PK",
        "7z\n",
        "Rar!",
        "Rar! it roars\n",
        "BZh9 is a magic number\n",
        "070701 is one of cpio\n",
        "xar! is no tar\n",
        "!<arch\n",
        "]\n",
        "LZIP is a program\n",
        "MSCF\n",
        "ustar\n",
        &long,
    ];
    for text in texts {
        let ended = format!("{}\n", text.trim_end_matches('\n'));
        fan("map a").file("a", text).stdout(&ended).ok();
        fan("map a").gz("a", text).stdout(&ended).ok();
    }
    // Latin-1, and a hole of zeros that a truncated log has in front.
    for bytes in [
        &b"x\xdabel, \xb5/s\n"[..],
        b"\0\0\0\0\0\0\0\0 10:00 a\n",
        b"\xb5/\xfd\n",
        b"(\xb5s\n",
    ] {
        fan("map a").file("a", bytes).stdout(bytes).ok();
    }
}

#[test]
fn a_plain_file_with_the_name_of_a_compressed_one_is_read_with_a_note() {
    for name in ["a.gz", "a.zst", "a.xz", "a.bz2", "a.lz4"] {
        fan("map --count")
            .arg(name)
            .file(name, "x\n")
            .stdout("1\tx\n")
            .stderr(&format!(
                "fanfold: 1 file is named as compressed and is plain: it was read as it is (first: {name})\n"
            ))
            .ok();
        // However it is read; and each kind of note is one line, for any number of files.
        for command in ["map --fn wc", "map --fn check", "run -z"] {
            let ending = name.trim_start_matches('a');
            let run = |words: &str| {
                fan(command)
                    .args(words.split_whitespace())
                    .arg(format!("[ab]{ending}"))
                    .args(if command == "run -z" {
                        &["--", "cat"][..]
                    } else {
                        &[]
                    })
                    .file(name, "x\n")
                    .file(format!("b{ending}"), "y\n")
            };
            run("")
                .stderr(&format!(
                    "fanfold: 2 files are named as compressed and are plain: they were read as they are (first: {name})\n"
                ))
                .ok();
            run("-q").stderr("").ok();
        }
        // What is no text was compressed, and its first bytes are lost.
        let given = fan("map").arg(name).file(name, b"\x14\x01\xff\x02\n").stdout("");
        given.says("begins here, and it is no text").code(3);
        // Cut in its magic number, it is not.
        let given = fan("map").arg(name).file(name, "");
        given.stdout("").says("truncated").code(3);
    }
    let given = fan("map a.gz").file("a.gz", "\x1f").stdout("");
    given.says("truncated gzip stream after 1 bytes").code(3);
}
