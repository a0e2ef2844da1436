//! Fields by name, whatever the name.

use crate::support::fan;

#[track_caller]
fn prints(file: &str, args: &[&str], want: &str) {
    fan("map f").args(args).file("f", file).stdout(want).ok();
}

const AWKWARD: &str = "cs(User-Agent),\"a,b\",c:d,time:hour,03,2019,@file,h i,e[1:2]\n1,2,3,4,5,6,7,8,9\n";

#[test]
fn backquotes_reach_a_column_of_any_name() {
    let names = "`cs(User-Agent)`, `a,b`,`c:d`,`time:hour`,`03`,`2019`,`@file`,`h i`,`e[1:2]`";
    prints(
        AWKWARD,
        &["-i", "csv", "-s", names],
        "1\t2\t3\t4\t5\t6\t7\t8\t9\n",
    );
    prints(
        AWKWARD,
        &["-i", "csv", "-s", "`a,b`,`c:d`:lower", "-o", "csv"],
        "\"a,b\",c:d:lower\n2,3\n",
    );
    prints(
        AWKWARD,
        &[
            "-i",
            "csv",
            "-w",
            "`a,b` == 2 and `e[1:2]` > 8 and not `03` == 3",
            "-s",
            "@file",
        ],
        "f\n",
    );
    prints(
        AWKWARD,
        &[
            "-i",
            "csv",
            "--by",
            "`a,b`",
            "--agg",
            "sum:`c:d`,max:`2019`",
            "--sort",
            "-`a,b`",
            "--having",
            "sum:`c:d` == 3 and `a,b` exists",
            "-o",
            "csv",
        ],
        "\"a,b\",sum:c:d,max:2019\n2,3,6\n",
    );
}

#[test]
fn a_column_is_found_by_what_was_typed_where_a_header_has_it() {
    prints(
        AWKWARD,
        &["-i", "csv", "-s", "2019,03,time:hour,c:d,3,-1,@file"],
        "6\t5\t4\t3\t3\t9\tf\n",
    );
    prints(
        "time,time:hour\n2012-01-02T03:04:05Z,x\n",
        &["-i", "csv", "-s", "time:hour,`time:hour`"],
        "2012-01-02T03\tx\n",
    );
}

#[test]
fn a_column_that_is_not_there_is_that_files_error() {
    let says = |args: &[&str], want: &str| {
        fan("map f g -i csv")
            .args(args)
            .file("f", "a,\"b,c\"\n1,2\n")
            .file("g", "x,y,z\n3,4,5\n")
            .stdout("5\n")
            .says(want)
            .code(3);
    };
    says(&["-s", "3"], "f: there is no column 3: the header has 2 (a, b,c)");
    says(&["-s", "-1", "-w", "-3 exists"], "f: there is no column -3");
    says(&["-s", "z"], "f: unknown column 'z' (known: a, b,c)");
    fan("map f -i csv -s b")
        .file("f", "a,\"b,c\"\n1,2\n")
        .says("stands in backquotes: `b,c`")
        .code(3);
}

#[test]
fn json_keys_are_reached_with_dots_and_signs_in_them() {
    let line = "{\"@timestamp\":\"t\",\"@file\":1,\"a.b\":{\"c\":2},\"d\":{\"e.f\":[3,{\"@g\":4}]},\"200\":5,\"03\":6}\n";
    prints(
        line,
        &[
            "-i",
            "json",
            "-s",
            "@timestamp,`@file`,`a.b`.c,a.b.c,d.`e.f`.0,d.`e.f`.1.@g,200,`03`,03",
        ],
        "t\t1\t2\t2\t3\t4\t5\t6\t6\n",
    );
    prints(
        "{\"a\":{\"b\":1}}\n{\"a.b\":2}\n",
        &["-i", "json", "-s", "`a.b`"],
        "\n2\n",
    );
}

#[test]
fn a_field_that_can_be_none_is_refused() {
    let refused = |args: &[&str], want: &str| {
        fan("map f").args(args).file("f", "a\n").says(want).code(2);
    };
    refused(&["-s", "`a"], "a closing backquote is missing");
    refused(&["-s", "`a`"], "has no field 'a'");
    refused(&["-s", "`a`b", "-i", "json"], "is no path");
    refused(&["-s", "`a`.b", "-i", "csv"], "has no paths");
    refused(&["-s", "a:hoor", "-i", "csv"], "did you mean 'hour'?");
    refused(&["-s", "c:d", "-i", "json"], "unknown modifier 'd'");
}

#[test]
fn a_name_that_no_record_has_is_told() {
    let notes = |args: &[&str], file: &str| {
        let done = fan("map f").args(args).file("f", file).code(0);
        done.err.clone()
    };
    let json = "{\"level\":\"error\",\"n\":1}\n{\"level\":\"info\"}\n";
    let note = |name: &str| format!("{name}: no record that was read has this field");
    assert!(notes(&["-i", "json", "-w", "levle == error"], json).contains(&note("levle")));
    assert!(notes(&["-i", "json", "-s", "user.id"], json).contains(&note("user.id")));
    assert!(notes(&["-i", "logfmt", "--by", "b"], "a=1\na=2\n").contains(&note("b")));
    assert!(!notes(&["-i", "json", "-s", "n,level"], json).contains("no record"));
    assert!(notes(&["-q", "-i", "json", "-s", "x"], json).is_empty());
}

#[test]
fn a_value_of_another_kind_than_its_test_is_counted() {
    let file = "n,t\n1,x\nx,2012-01-01\n7,\n,2013-01-01\n";
    let done = fan("map f -i csv")
        .args(["-w", "n > 5 or t > 2012-06-01"])
        .file("f", file);
    let done = done.stdout("7,\n,2013-01-01\n").code(0);
    assert!(
        done.err
            .contains("n: 2 of 4 compared values are empty or no number (first: f:3 'x')"),
        "{}",
        done.err
    );
    assert!(
        done.err
            .contains("t: 1 of 3 compared values is no time (first: f:2 'x')"),
        "{}",
        done.err
    );
    fan("map f -i clf --agg count")
        .args(["-w", "bytes > 5"])
        .file(
            "f",
            "h - - [01/Jan/2012:00:00:00 +0000] \"GET / HTTP/1.1\" 200 -\n",
        )
        .stdout("0\n")
        .stderr("")
        .ok();
}
