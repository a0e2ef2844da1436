//! Notes: one line for each kind and field at the end of a run, with how many and the first place.

use crate::support::{Place, fan, gzip};

const SUM: &str = "map a b c --by 1 --agg sum:2,mean:2";

#[test]
fn values_that_are_no_numbers_are_one_note_with_the_first_place() {
    let want = "fanfold: 2: 3 of 6 values are '-', empty or no number (first: b:2 'x\\t')\n";
    for jobs in ["-j1", "-j8"] {
        fan(SUM)
            .args([jobs, "-d", ";"])
            .file("a", "k;1\nk;2\n")
            .file("b", "k;3\nk;x\t\n")
            .file("c", gzip(b"k;-\nk"))
            .stdout("k\t6\t2\n")
            .stderr(want)
            .ok();
        fan(SUM)
            .args([jobs, "-q", "-d", ";"])
            .file("a", "k;1\n")
            .file("b", "k;x\n")
            .file("c", "")
            .stdout("k\t1\t1\n")
            .stderr("")
            .ok();
    }
}

#[test]
fn the_place_counts_the_lines_of_the_file() {
    // A csv header is line 1, a quoted newline is a line, and lines that filters drop are lines too.
    fan("map a.csv -i csv --grep , --agg sum:b")
        .file("a.csv", "a,b\n\"x\ny\",1\n\nz,no\n")
        .stdout("1\n")
        .stderr("fanfold: b: 1 of 2 values is no number (first: a.csv:5 'no')\n")
        .ok();
    for select in ["--agg sum:2", "--by 1 --agg sum:2"] {
        fan("map a --grep q")
            .args(select.split(' '))
            .file("a", "q 1\nr 2\n\nq x\n")
            .says("2: 1 of 2 values is no number (first: a:4 'x')")
            .ok();
    }
    // One field, nothing else: records go to the fold in batches.
    fan("map a --agg p50:1")
        .file("a", "1\n".repeat(1000) + "x\ny\n")
        .stdout("1\n")
        .stderr("fanfold: 1: 2 of 1002 values are no number (first: a:1001 'x')\n")
        .ok();
}

#[test]
fn a_missing_value_is_no_note_where_records_need_not_have_it() {
    let clf = "h - - [01/Jan/2012:00:00:09 -0500] \"GET / HTTP/1.1\" 200 ";
    fan("map a -i clf --agg sum:bytes,count")
        .file("a", format!("{clf}-\n{clf}10\n"))
        .stdout("10\t2\n")
        .stderr("")
        .ok();
    for agg in ["sum:n", "sum:n,count"] {
        fan("map a -i json --agg")
            .arg(agg)
            .file("a", "{\"n\": 1}\n{\"m\": 1}\n{\"n\": \"\"}\n{\"n\": \"x\"}\n")
            .says("n: 2 of 3 values are empty or no number (first: a:3 '')")
            .ok();
        fan("map a -i logfmt --agg")
            .arg(agg)
            .file("a", "n=1\nm=1\n")
            .stderr("")
            .ok();
    }
}

#[test]
fn lines_that_cannot_be_read_are_a_note() {
    for jobs in ["-j1", "-j8"] {
        fan("map a b -i json -s n")
            .arg(jobs)
            .file("a", "{\"n\": 1}\n")
            .file("b", "{\"n\": 2}\nno\n\n{\n")
            .stdout("1\n2\n")
            .stderr("fanfold: 2 of 5 lines could not be read as json (first: b:2 'no')\n")
            .ok();
    }
}

#[test]
fn only_the_try_that_succeeds_counts() {
    fan("run a --retries 1 --agg sum:1 -- sh -c")
        .arg("echo x; echo 1; [ $FANFOLD_TRY = 2 ]")
        .file("a", "")
        .says("1: 1 of 2 values is no number (first: a:1 'x')")
        .ok();
    fan("map a b --agg sum:1")
        .file("a", "x\n1\n")
        .file("b", &gzip(b"x\ny\n")[..20])
        .says("1: 1 of 2 values is no number (first: a:1 'x')")
        .code(3);
}

#[test]
fn a_line_in_a_split_file_has_its_number_in_the_file() {
    let place = Place::new();
    let line = format!("1 {}\n", "x".repeat(97));
    let lines = line.repeat(180_000);
    place.file("big", format!("{lines}no\n{lines}").as_bytes(), 100);
    for jobs in ["-j1", "-j4"] {
        place
            .fan("map big --agg sum:1")
            .arg(jobs)
            .stdout("360000\n")
            .stderr("fanfold: 1: 1 of 360001 values is no number (first: big:180001 'no')\n")
            .ok();
    }
}

#[test]
fn what_is_noted_of_bad_lines_does_not_depend_on_parts() {
    let line = |n: usize| {
        format!(
            "h - - [31/Jan/2012:00:00:09 +0000] \"GET /{n} HTTP/1.1\" 200 1\n",
            n = n % 2
        )
    };
    let place = Place::new();
    let (good, bad) = (line(0).repeat(10), format!("{}\n/1\n", "x".repeat(97)));
    // The second part has bad lines only, of which every other may hold what is asked for.
    let bytes = [good + &line(1), bad.repeat(340_000)].concat();
    place.file("big", bytes.as_bytes(), 100);
    let noted = |command: &str| {
        let done = place.fan(command).stdin(&bytes).spawn().wait();
        done.expect(done.out == b"1\n", "one record");
        done.err.replace("(first: -:", "(first: big:")
    };
    let condition = "-i clf --agg count --where path==/1";
    let want = "fanfold: 340000 of 680011 lines could not be read as clf (first: big:13 '/1')\n";
    for command in ["map big -j1", "map big -j4", "map - -j1"] {
        assert_eq!(noted(&format!("{command} {condition}")), want, "{command}");
    }
}

#[test]
fn what_a_state_remembers_is_noted_again() {
    let place = Place::new();
    place.file("a", b"1\nx\n", 100);
    place.file("b", b"y\n", 100);
    let run = || place.fan("map a b --agg sum:1 --state st").stdout("1\n");
    let want = "fanfold: 1: 2 of 3 values are no number (first: a:2 'x')\n";
    run().stderr(want).ok();
    run().stderr(want).ok();
    place.file("b", b"y\nz\n", 50);
    // The first place is that of a run over all, although it was read by an earlier one.
    run()
        .stderr("fanfold: 1: 3 of 4 values are no number (first: a:2 'x')\n")
        .ok();
}

#[test]
fn a_run_that_ends_early_has_no_notes() {
    fan("map a -i json -s n --first 1")
        .file("a", "no\n{\"n\": 1}\nno\n")
        .stdout("1\n")
        .stderr("")
        .ok();
}

#[test]
fn what_a_sort_key_is_not_is_told_only_when_others_are() {
    let run = |words: &str, text: &str| fan("map a").args(words.split(' ')).file("a", text);
    for sort in ["--sort 2", "--sort -2", "--sort 2 --top 9", "-s 1 --sort -2"] {
        for jobs in ["-j1", "-j8"] {
            run(sort, "a 3\nb x\nc 1\nd\n")
                .arg(jobs)
                .stderr("fanfold: 2: 1 of 3 values sorted by is neither number nor time, and stand after the others (first: a:2 'x')\n")
                .ok();
        }
        run(sort, "a y\nb x\n").stderr("").ok();
        run(sort, "a 2012-01-01\nb 5\n").stderr("").ok();
        run(sort, "a\nb\n")
            .stderr("fanfold: 2: no record that was read has this field\n")
            .ok();
        run(sort, "a\nb 1\n").stderr("").ok();
    }
    let clf = "h - - [01/Jan/2012:00:00:09 -0500] \"GET / HTTP/1.1\" 200 ";
    let clf = format!("{clf}-\n{clf}7\n");
    run("-i clf --sort bytes", &clf).stderr("").ok();
    run(
        "-i json --sort -n",
        "{\"n\": 1}\n{\"n\": true}\n{\"n\": null}\n{}\n",
    )
    .says("n: 1 of 2 values sorted by is neither number nor time")
    .ok();
    run("-i json --sort n", "{\"m\": 1}\n")
        .stderr("fanfold: n: no record that was read has this field\n")
        .ok();
}

#[test]
fn fields_inside_of_counts_are_noted_as_those_of_filters() {
    let text = "{\"n\": \"x\", \"t\": \"then\"}\n{\"n\": 7, \"t\": \"2012-01-01\"}\n";
    for by in ["--agg", "--by @file --agg", "--by n --agg"] {
        fan("map a -i json")
            .args(by.split(' '))
            .arg("count,count:(n > 5 and m > 1),count:(t < 2013-01-01)")
            .file("a", text)
            .stderr(
                "fanfold: m: no record that was read has this field\n\
                 fanfold: n: 1 of 2 compared values is no number (first: a:1 'x')\n\
                 fanfold: t: 1 of 2 compared values is no time (first: a:1 'then')\n",
            )
            .ok();
    }
}

#[test]
fn a_field_that_several_aggregates_take_is_noted_once() {
    for list in ["sum:n,min:n", "min:n,sum:n", "max:n,mean:n,min:n"] {
        fan("map a -i json --agg")
            .arg(list)
            .file("a", "{\"n\": \"x\"}\n{\"n\": 1}\n")
            .stderr("fanfold: n: 1 of 2 values is no number (first: a:1 'x')\n")
            .ok();
    }
}

#[test]
fn fields_beyond_the_64th_are_noted_as_well() {
    let columns = 1..=130;
    let line: Vec<_> = columns.clone().map(|n| n.to_string()).collect();
    let sums: Vec<_> = columns.clone().map(|n| format!("sum:{n}")).collect();
    let tests: Vec<_> = columns.map(|n| format!("count:({n} > 5)")).collect();
    let text = format!("{}\n", line.join(" ")).repeat(2).replace("100", "x");
    for (list, what) in [(sums, "2 of 2 values"), (tests, "2 of 2 compared values")] {
        fan("map a --agg")
            .arg(list.join(","))
            .file("a", &text)
            .stderr(&format!("fanfold: 100: {what} are no number (first: a:1 'x')\n"))
            .ok();
    }
}
