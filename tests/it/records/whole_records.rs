//! Whole records in each format of output, from each format of input.

use crate::support::{fan, has};
use std::process::Command;

const JSON: &str = r#"{"a":1,"b":"x|y","c":null,"d":{"e":[1, 2.50]},"big":12345678901234567890123456789.50}
{"b":"\u00e9\\","a":"2","t":true}
{"a":-3.5e2,"b":""}
{}
"#;

#[test]
fn json_keeps_what_it_is() {
    let same = r#"{"a":1,"b":"x|y","c":null,"d":{"e":[1, 2.50]},"big":12345678901234567890123456789.50}
{"b":"é\\","a":"2","t":true}
{"a":-3.5e2,"b":""}
{}
"#;
    let json = |options: &str| {
        fan("map a.json -i json")
            .args(options.split(' '))
            .file("a.json", JSON)
    };
    json("-o json").stdout(same).ok();
    json("-s * -o json").stdout(same).ok();
    let some = "{\"a\":1,\"c\":null,\"d.e\":[1, 2.50]}\n{\"a\":\"2\",\"t\":true}\n{\"a\":-3.5e2}\n{}\n";
    json("-s a,c,d.e,t -o json").stdout(some).ok();
    json("-s @line,* -o json -w c==null")
        .stdout(format!(
            "{{\"@line\":\"1\",{}\n",
            &same.lines().next().expect("a line")[1..]
        ))
        .ok();
    json("-s * -o json --first 1")
        .stdout(format!("{}\n", same.lines().next().expect("a line")))
        .ok();
}

#[test]
fn columns_are_those_of_all_records() {
    let csv = "a,b,c,d,big,t\n1,x|y,,\"{\"\"e\"\":[1, 2.50]}\",12345678901234567890123456789.50,\n2,é\\,,,,true\n-3.5e2,,,,,\n,,,,,\n";
    let json = |options: &str| {
        fan("map a.json -i json")
            .args(options.split(' '))
            .file("a.json", JSON)
    };
    json("-o csv").stdout(csv).ok();
    json("-o csv --header no").stdout(&csv[14..]).ok();
    json("-o md -s b,t")
        .stdout("| b | t |\n| --- | --- |\n| x\\|y |  |\n| é\\\\ | true |\n|  |  |\n|  |  |\n")
        .ok();
    let two = fan("map a.csv b.csv -i csv -j4 -o csv").file("a.csv", "city,n\nParis,3\nOslo,20,more\nRome\n");
    two.file("b.csv", "n,city\n7,Bern\n")
        .stdout("city,n,3\nParis,3,\nOslo,20,more\nRome,,\nBern,7,\n")
        .ok();
}

#[test]
fn each_format_gives_its_fields() {
    let case = |input: &str, text: &[u8], output: &str, want: &str| {
        let fan = fan("map a -i").args([input, "-o", output]).file("a", text);
        fan.stdout(want).ok();
    };
    case(
        "ws",
        b"a  b\n\xff\n",
        "json",
        "{\"1\":\"a\",\"2\":\"b\"}\n{\"1\":\"\u{fffd}\"}\n",
    );
    case("ws", b"a  b\nc\n", "csv", "1,2\na,b\nc,\n");
    case("lines", b"a, b\n", "csv", "line\n\"a, b\"\n");
    case(
        "logfmt",
        b"a=1 b=\"x \\\"y\" a=2 c\n",
        "json",
        "{\"a\":\"1\",\"b\":\"x \\\"y\",\"c\":\"\"}\n",
    );
    case("tsv", b"a\ta\n1\t2\n", "csv", "a,a_2\n1,2\n");
    let clf = b"h - - [01/Jan/2012:00:00:09 -0500] \"GET /a HTTP/1.1\" 200 -\n";
    let names = "host,ident,user,time,request,method,path,protocol,status,bytes,referer,agent\n";
    let row = "h,-,-,01/Jan/2012:00:00:09 -0500,GET /a HTTP/1.1,GET,/a,HTTP/1.1,200,-,,\n";
    case("clf", clf, "csv", &format!("{names}{row}"));
    let fan = fan("map a -o json -x (?<k>[a-z])=(.)").file("a", "a=1 b\n");
    fan.stdout("{\"k\":\"a\",\"2\":\"1\"}\n").ok();
}

#[test]
fn aggregates_are_those_of_python() {
    if !has("python3") {
        return;
    }
    let script = r#"
import sys, statistics as s
from fractions import Fraction as F
groups = {}
for line in open("a"):
    k, v = line.split()
    groups.setdefault(k, []).append(int(v))
for k in sorted(groups):
    v = groups[k]
    mean = F(sum(v), len(v))
    mean = int(mean) if mean.denominator == 1 else float(mean)
    print(k, sum(v), mean, min(v), max(v), sorted(v)[-(-len(v) // 2) - 1], sum(x > 0 for x in v), sep="\t")
"#;
    let mut rng = fastrand::Rng::with_seed(5);
    let mut text = String::new();
    for _ in 0..3000 {
        let digits: String = (0..rng.usize(1..60)).map(|_| rng.digit(10)).collect();
        let sign = if rng.bool() { "-" } else { "" };
        text += &format!("{} {sign}1{digits}0000\n", rng.u8(..20));
    }
    for memory in ["0", "1G"] {
        let fan = fan("map a -j4 --by 1 --agg").file("a", &text);
        let python = Command::new("python3")
            .args(["-c", script])
            .current_dir(fan.dir())
            .output();
        let expected = python.expect("python3 runs").stdout;
        assert!(expected.len() > 1000);
        let rows = fan.args(["sum:2,mean:2,min:2,max:2,p50:2,count:(2 > 0)", "--memory", memory]);
        let done = rows.code(0);
        let cell = |text: &[u8]| -> Vec<Vec<String>> {
            let text = String::from_utf8_lossy(text).into_owned();
            text.lines()
                .map(|line| line.split('\t').map(str::to_owned).collect())
                .collect()
        };
        for (ours, theirs) in cell(&done.out).iter().zip(cell(&expected)) {
            for (at, (a, b)) in ours.iter().zip(&theirs).enumerate() {
                let equal = a == b || (at == 2 && a.parse::<f64>() == b.parse::<f64>());
                assert!(equal, "column {at}: {a}, not {b}");
            }
        }
        assert_eq!(cell(&done.out).len(), cell(&expected).len());
    }
}

#[test]
fn the_earliest_and_the_latest_times_are_printed_as_they_were() {
    let log = "a 2012-01-02T00:00:00+02:00\na 2012-01-01T23:00:00Z\nb 01/Feb/2012:00:00:00\na x\n";
    let fan = fan("map a --by 1 --agg min:2,max:2,count:(2>2012-01-02) -o json").file("a", log);
    let want = "{\"1\":\"a\",\"min:2\":\"2012-01-02T00:00:00+02:00\",\"max:2\":\"2012-01-01T23:00:00Z\",\"count:(2>2012-01-02)\":0}\n\
                {\"1\":\"b\",\"min:2\":\"01/Feb/2012:00:00:00\",\"max:2\":\"01/Feb/2012:00:00:00\",\"count:(2>2012-01-02)\":1}\n";
    fan.stdout(want).says("1 of 4 values").code(0);
}

#[test]
fn each_format_that_names_its_fields_gives_them_all() {
    let w3c = "#Date: 2024-01-02\n#Fields: time c-ip\n10:00:00 a\n#Fields: c-ip\nb\n";
    fan("map w -i w3c -o json")
        .file("w", w3c)
        .stdout("{\"time\":\"2024-01-02 10:00:00\",\"c-ip\":\"a\"}\n{\"c-ip\":\"b\"}\n")
        .ok();
    fan("map w -i auto -o json")
        .file("w", w3c)
        .stdout("{\"time\":\"2024-01-02 10:00:00\",\"c-ip\":\"a\"}\n{\"c-ip\":\"b\"}\n")
        .stderr("fanfold: 1 file was read as w3c (first: w)\n")
        .ok();
    fan("map a -o json --sort=-n --json-after")
        .arg("F ")
        .file("a", "x F {\"n\":2}\ny F {\"n\":10}\n")
        .stdout("{\"n\":10}\n{\"n\":2}\n")
        .ok();
    fan("map a -i auto -o csv --select *")
        .file("a", "{\"n\":1}\n{\"m\":2}\n")
        .stdout("n,m\n1,\n,2\n")
        .stderr("fanfold: 1 file was read as json (first: a)\n")
        .ok();
    let clf = "h - - [01/Jan/2024:00:00:00 +0000] \"GET /a HTTP/1.1\" 200 5\n";
    let named = fan("map a -i clf -o json").file("a", clf).ok().out;
    assert!(String::from_utf8_lossy(&named).contains("\"status\":"));
    fan("map a -i auto -o json")
        .file("a", clf)
        .stdout(named)
        .stderr("fanfold: 1 file was read as clf (first: a)\n")
        .ok();
    fan("map a -s * -o csv --log-format")
        .arg("$remote_addr [$time_local] $status")
        .file("a", "h [01/Jan/2024:00:00:00 +0000] 200\n")
        .stdout("host,time,status\nh,01/Jan/2024:00:00:00 +0000,200\n")
        .ok();
}
