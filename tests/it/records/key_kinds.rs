//! Keys of folds from JSON to JSON: they keep their kinds, and a missing key is told from null.

use crate::support::{Place, fan};

const RECORDS: &str = r#"{"code":404,"h":"a"}
{"code":"404","h":"a"}
{"code":404,"h":null}
{"code":null}
{"h":"b\tc"}
{"code":""}
{"code":true,"h":[1, 2]}
{"code":{"a":1},"h":"\u0001"}
{"code":404.0,"h":"a\\"}
{"code":30}
"#;

#[test]
fn each_kind_is_a_key_of_its_own() {
    let keys = [
        "",
        "\"code\":null",
        "\"code\":\"\"",
        "\"code\":30",
        "\"code\":404",
        "\"code\":\"404\"",
        "\"code\":404.0",
        "\"code\":true",
        "\"code\":{\"a\":1}",
    ];
    let unique: String = keys.iter().map(|key| format!("{{{key}}}\n")).collect();
    let row = |key: &str| {
        let count = if key == "\"code\":404" { 2 } else { 1 };
        let comma = if key.is_empty() { "" } else { "," };
        (
            format!("{{{key}{comma}\"count\":{count}}}\n"),
            format!("{{\"count\":{count}{comma}{key}}}\n"),
        )
    };
    let (by, mut count): (Vec<_>, Vec<_>) = keys.map(row).into_iter().unzip();
    let most = count.remove(4);
    let prefixed: String = RECORDS.lines().map(|line| format!("x {line}\n")).collect();
    for (options, text) in [
        ("-i json", RECORDS),
        ("-q -i auto", RECORDS),
        ("--json-after ^x.", &prefixed),
    ] {
        for jobs in ["-j1", "-j9"] {
            let map = |words: &str| {
                let line = fan(&format!("map a.json a.json -o json {jobs} {options} {words}"));
                line.file("a.json", text)
            };
            map("--select code --unique").stdout(&unique).ok();
            let twice = |row: &String| {
                row.replace("\"count\":2", "\"count\":4")
                    .replace("\"count\":1", "\"count\":2")
            };
            map("--by code --agg count")
                .stdout(by.iter().map(twice).collect::<String>())
                .ok();
            let counted: String = [&most].into_iter().chain(&count).map(twice).collect();
            map("--select code --count").stdout(counted).ok();
            map("--by code --agg count --top 2 --sort=-code")
                .stdout("{\"code\":404,\"count\":4}\n{\"code\":\"404\",\"count\":2}\n")
                .ok();
            map("--select code --unique --having")
                .arg("code == 404")
                .stdout("{\"code\":404}\n{\"code\":\"404\"}\n{\"code\":404.0}\n")
                .ok();
        }
    }
    let json = |words: &str| fan(&format!("map a.json -i json {words}")).file("a.json", RECORDS);
    json("--by h,code --agg distinct:code -o json --having")
        .arg("h ~ '^[ab]'")
        .stdout(
            "{\"h\":\"a\",\"code\":404,\"distinct:code\":1}\n{\"h\":\"a\",\"code\":\"404\",\"distinct:code\":1}\n\
             {\"h\":\"a\\\\\",\"code\":404.0,\"distinct:code\":1}\n{\"h\":\"b\\tc\",\"distinct:code\":1}\n",
        )
        .ok();
    json("--by code --agg count")
        .stdout("\t3\n30\t1\n404\t3\n404.0\t1\ntrue\t1\n{\"a\":1}\t1\n")
        .ok();
}

#[test]
fn a_part_of_a_value_is_text_and_a_json_field_keeps_its_kind() {
    let map = |words: &str, text: &str| fan(&format!("map a {words} -o json --unique")).file("a", text);
    map("-i json --select code[:2],h[:]", RECORDS)
        .stdout(concat!(
            r#"{"h[:]":"b\tc"}"#,
            "\n",
            r#"{"code[:2]":null}"#,
            "\n",
            r#"{"code[:2]":""}"#,
            "\n",
            r#"{"code[:2]":"30"}"#,
            "\n",
            r#"{"code[:2]":"40","h[:]":null}"#,
            "\n",
            r#"{"code[:2]":"40","h[:]":"a"}"#,
            "\n",
            r#"{"code[:2]":"40","h[:]":"a\\"}"#,
            "\n",
            r#"{"code[:2]":"tr","h[:]":"[1, 2]"}"#,
            "\n",
            r#"{"code[:2]":"{\"","h[:]":"\u0001"}"#,
            "\n",
        ))
        .ok();
    map(
        "-i logfmt --select log:json.n,k",
        "k=1 log=\"{\\\"n\\\":1}\"\nlog=\"{\\\"n\\\":\\\"1\\\"}\"\nlog={}\n",
    )
    .stdout("{\"k\":\"\"}\n{\"log:json.n\":1,\"k\":\"1\"}\n{\"log:json.n\":\"1\",\"k\":\"\"}\n")
    .ok();
    // What a file of another format lacks is as if the format were named.
    let pairs = "time=1 level=info k=1 j=2\ntime=2 level=info k=3\ntime=3 level=warn k=4 j=x\n";
    let named = map("-i logfmt --select k,j", pairs).ok().out;
    map("-q -i auto --select k,j", pairs).stdout(named).ok();
}

/// Files in which each kind of each number is a key.
fn many(place: &Place) {
    for file in 0..3 {
        let lines: String = (0..6000)
            .map(|n| match n % 4 {
                0 => format!("{{\"k\":{n},\"v\":{file}}}\n"),
                1 => format!("{{\"k\":\"{}\",\"v\":\"{n}\"}}\n", n - 1),
                2 => format!("{{\"k\":null,\"v\":{n}}}\n"),
                _ => format!("{{\"v\":{n}}}\n"),
            })
            .collect();
        place.file(&format!("in/{file}.json"), lines.as_bytes(), 100);
    }
}

#[test]
fn memory_and_workers_do_not_change_the_answer() {
    let place = Place::new();
    many(&place);
    for words in [
        "--by k --agg count,distinct:v,p50:v",
        "--select k,v --count",
        "--select k --unique --sort=-k",
    ] {
        let map = |more: &str| place.fan(&format!("map in -q -i json -o json {words} {more}"));
        let one = map("-j1 --memory 1G").ok().out;
        map("-j3 --memory 100K").stdout(&one).ok();
        map("-j9 --memory 0").stdout(&one).ok();
    }
}

#[test]
fn a_state_keeps_kinds() {
    let place = Place::new();
    place.file("in/a.json", RECORDS.as_bytes(), 100);
    let words = "map in -i json --by code,h --agg count -o json";
    let fresh = || place.fan(words).ok().out;
    let state = |more: &str| place.fan(&format!("{words} --state s {more}"));
    state("").stdout(fresh()).ok();
    state("").stdout(fresh()).ok();
    place.file("in/b.json", RECORDS.as_bytes(), 100);
    state("").stdout(fresh()).ok();
    // The same state gives rows as text, and kinds again.
    let text = |format: &str, more: &str| {
        let words = words.replace("-o json", &format!("-o {format}"));
        place.fan(&format!("{words} {more}"))
    };
    for format in ["tsv", "csv", "table"] {
        text(format, "--state s --memory 0")
            .stdout(text(format, "").ok().out)
            .ok();
    }
    place.file("in/c.json", RECORDS.as_bytes(), 100);
    text("tsv", "--state s").stdout(text("tsv", "").ok().out).ok();
    state("").stdout(fresh()).ok();
}

#[test]
fn saved_folds_keep_kinds_until_rows_are_printed_as_text() {
    let place = Place::new();
    many(&place);
    place.file(
        "in/x.json",
        RECORDS.replace("code", "k").replace("\"h\"", "\"v\"").as_bytes(),
        100,
    );
    for words in [
        "--by k --agg count,distinct:v,p50:v,max:v",
        "--by v,k --agg count,distinct:k",
        "--select k --count",
        "--select k,v --unique",
    ] {
        let map = |more: &str| place.fan(&format!("map in -q -i json {words} {more}"));
        for shard in [1, 2] {
            map(&format!("--shard {shard}/2 --save {shard}.fold -o json"))
                .stdout("")
                .ok();
            map(&format!("--shard {shard}/2 --save {shard}.text"))
                .stdout("")
                .ok();
        }
        let merge = |files: &str, more: &str| place.fan(&format!("merge -q {files} {more}"));
        let both = "1.fold 2.fold";
        merge(both, "").stdout(map("-o json").ok().out).ok();
        for format in ["tsv", "csv", "table", "md"] {
            let output = format!("-o {format}");
            merge(both, &output).stdout(map(&output).ok().out).ok();
        }
        merge(both, "--save all.fold").ok();
        merge("all.fold", "-j9").stdout(map("-o json").ok().out).ok();
        // What is typed for the output is no part of what is saved.
        merge("1.fold 2.text", "-o csv --memory 0 --save mixed.fold").ok();
        merge("mixed.fold", "-o json")
            .stdout(map("-o json").ok().out)
            .ok();
        merge("1.text 2.text", "").stdout(map("").ok().out).ok();
    }
}
