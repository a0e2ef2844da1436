//! Files that are none of their format: no line could be read, or a quote swallows the rest.

use crate::support::{Place, fan, gzip};

const ARRAY: &str =
    "no line could be read as json: begins with '[': one JSON array; jq -c '.[]' makes lines of it";

#[test]
fn a_file_without_a_line_of_its_format_is_an_error_and_the_others_count() {
    let array = "[{\"n\": 1},\n{\"n\": 2}\n";
    let array = array.replace("},\n", "},").replace("2}", "2}]");
    for words in [
        "--agg count",
        "-w 'n == 2' --agg count",
        "--grep zzz --agg count",
        "--unique -s n",
    ] {
        for jobs in ["-j1", "-j8"] {
            let words = shlex::split(words).expect("closed");
            let run = fan("map a b -i json").args(&words).arg(jobs);
            run.file("a", "{\"n\": 1}\n")
                .file("b", &array)
                .says(&format!("b: {ARRAY}"))
                .code(3);
        }
    }
    fan("map a -i clf -s host")
        .file("a", gzip(b"<!DOCTYPE html>\n<p>\n"))
        .says("a: no line could be read as clf: it is an HTML page")
        .code(3);
    fan("map a -i json -s n")
        .file("a", "{\n  \"n\": 1\n}\n")
        .says("a JSON document over several lines; jq -c .")
        .code(3);
}

#[test]
fn empty_files_blank_lines_and_one_good_line_are_no_error() {
    fan("map a b c -i json -s n")
        .file("a", "")
        .file("b", "\n\n")
        .file("c", "no\n{\"n\": 1}\n")
        .stdout("1\n")
        .stderr("fanfold: 1 of 4 lines could not be read as json (first: c:1 'no')\n")
        .ok();
}

#[test]
fn a_split_file_is_of_its_format_when_any_part_has_a_line_of_it() {
    let bad = format!("{}\n", "x".repeat(99)).repeat(400_000);
    for file in ["big", "big.gz"] {
        let place = Place::new();
        let write = |bytes: &[u8]| {
            let members = bytes.chunks(1 << 20).flat_map(gzip);
            let bytes = if file == "big" {
                bytes.to_vec()
            } else {
                members.collect()
            };
            place.file(file, &bytes, 100);
        };
        write(bad.as_bytes());
        for words in ["--agg count", "-w 'n == 2' --agg count", "--agg count --state st"] {
            let words = shlex::split(words).expect("closed");
            let run = || place.fan(&format!("map {file} -i json -j2")).args(&words);
            let said = format!("{file}: no line could be read as json: the first begins 'xxxx");
            run().stdout("0\n").says(&said).says("1 of 1 job failed").code(3);
            run().stdout("0\n").says(&said).code(3);
        }
        write(format!("{bad}{{\"n\": 1}}\n").as_bytes());
        let run = place.fan(&format!("map {file} -i json -j2 --agg count"));
        run.stdout("1\n")
            .stderr(&format!(
                "fanfold: 400000 of 400001 lines could not be read as json (first: {file}:1 '{}…')\n",
                "x".repeat(40)
            ))
            .ok();
    }
}

#[test]
fn a_quote_that_is_never_closed_is_an_error_that_says_where_it_opens() {
    let rows = "id,note\n1,ok\n2,\"12 inch\n".to_owned() + &"3,ok\n".repeat(998);
    let said =
        "a: the quote that opens at a:3 is never closed, and takes all 999 lines from there to the end";
    for bad in ["skip", "fail", "file=bad"] {
        fan("map a b -i csv --agg count --bad")
            .arg(bad)
            .file("a", &rows)
            .file("b", "id,note\n1,ok\n")
            .stdout("1\n")
            .says(said)
            .code(3);
    }
    fan("map a -i csv --agg count --partial keep")
        .file("a", &rows)
        .stdout("1\n")
        .says(said)
        .code(3);
    // An earlier quote of the same record is closed.
    fan("map a -i csv -d \\t --no-header -s 1")
        .file("a", "x\n\"a\n\"\"b\"\ty\t\"z\n")
        .says("the quote that opens at a:3 is never closed, and takes the rest of the last line")
        .code(3);
}

#[test]
fn the_lines_of_a_file_of_which_none_can_be_read_are_kept_where_bad_lines_go() {
    for (jobs, lines) in [("-j1", 3), ("-j8", 3), ("-j2", 400_000)] {
        let place = Place::new();
        let text = format!("no {}\n", "x".repeat(90)).repeat(lines);
        place.file("a", text.as_bytes(), 100);
        place.file("b", b"{\"n\": 1}\nbad\n", 100);
        for fold in [&["-s", "n"][..], &["--agg", "sum:n"]] {
            place
                .fan("map a b -i json --bad file=kept")
                .arg(jobs)
                .args(fold)
                .stdout("1\n")
                .says("a: no line could be read as json")
                .code(3);
            let kept = std::fs::read(place.path("kept")).expect("the file was made");
            assert!(
                kept == [text.as_bytes(), b"bad\n"].concat(),
                "{} bytes",
                kept.len()
            );
        }
    }
}
