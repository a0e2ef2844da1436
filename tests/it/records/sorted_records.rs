//! `--sort` and `--top` without a fold, compared with `sort -s`.

use crate::support::{fan, has, oracle};

/// Lines with numbers that tie, texts, and lines without the field.
fn lines(seed: u64, count: usize) -> String {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut text = String::new();
    for at in 0..count {
        let number = rng.i64(-50..50);
        text += &format!("{seed}.{at} {number} {}\n", "x".repeat(rng.usize(..40)));
    }
    text
}

#[test]
fn records_are_sorted_as_sort_does_with_any_memory_and_number_of_workers() {
    if !has("sort") {
        return;
    }
    for (option, sort) in [("2", "-k2,2n"), ("-2", "-k2,2nr")] {
        for (jobs, memory) in [("-j1", "1G"), ("-j2", "0"), ("-j7", "40K"), ("-j8", "1G")] {
            for (top, head) in [
                (None, "cat"),
                (Some("7"), "head -n 7"),
                (Some("4000"), "head -n 4000"),
            ] {
                let mut fan = fan("map --sort").args([option, jobs, "--memory", memory]);
                for file in 0..5 {
                    let lines = lines(file, 1000);
                    let name = format!("f{file}");
                    fan = if file % 2 == 0 {
                        fan.gz(&name, lines)
                    } else {
                        fan.file(&name, lines)
                    };
                }
                if let Some(top) = top {
                    fan = fan.args(["--top", top]);
                }
                let script = format!("zcat -f f? | sort -s {sort} | {head}");
                let expected = oracle(fan.dir(), &script, &[]);
                fan.args(["f0", "f1", "f2", "f3", "f4"]).stdout(expected).ok();
            }
        }
    }
}

#[test]
fn a_file_in_parts_is_sorted_as_a_whole() {
    if !has("sort") {
        return;
    }
    let big = lines(1, 200_000);
    let fan = fan("map -j8 --sort -2 --top 50 -s 1,2 big").file("big", big);
    let expected = oracle(
        fan.dir(),
        "sort -s -k2,2nr big | head -n 50 | awk '{print $1 \"\\t\" $2}'",
        &[],
    );
    fan.stdout(expected).ok();
}

#[test]
fn numbers_come_before_times_text_and_missing_values_and_ties_keep_their_order() {
    let text = "a x\nb 2012-01-02\nc\nd 10\ne 9.5\nf 2012-01-01T23:00:00-05:00\ng w\nh\ni 10.0\n";
    let fan = |sort| fan("map -q a --sort").arg(sort).file("a", text);
    let first = |letters: &str| letters.chars().map(|c| format!("{c}\n")).collect::<String>();
    fan("2").args(["-s", "1"]).stdout(first("edibfgach")).ok();
    fan("-2").args(["-s", "1"]).stdout(first("diefbagch")).ok();
    fan("2[:1]").args(["-s", "1"]).stdout(first("dibfegach")).ok();
}

#[test]
fn the_output_of_commands_is_sorted_too() {
    let fan = fan("run -j3 --sort -1 --top 3 a b c -- cat {}");
    let fan = fan.file("a", "1\n30\n").file("b", "2\n").file("c", "100\n30\n");
    fan.stdout("100\n30\n30\n").ok();
}

#[test]
fn formats_and_headers_apply_to_sorted_records() {
    let csv = "n,city\n2,Rome\n10,Oslo\n,Bern\n";
    let fan = |options: &str| {
        fan("map a.csv -i csv --sort -n")
            .args(options.split(' '))
            .file("a.csv", csv)
    };
    fan("-s city").stdout("Oslo\nRome\nBern\n").ok();
    fan("-s city --header yes")
        .stdout("city\nOslo\nRome\nBern\n")
        .ok();
    fan("-o csv --top 1").stdout("n,city\n10,Oslo\n").ok();
    fan("-o json").stdout("{\"n\":\"10\",\"city\":\"Oslo\"}\n{\"n\":\"2\",\"city\":\"Rome\"}\n{\"n\":\"\",\"city\":\"Bern\"}\n").ok();
    fan("-s n,city -o table")
        .stdout(" n  city\n10  Oslo\n 2  Rome\n    Bern\n")
        .ok();
}

#[test]
fn what_has_no_order_is_refused() {
    let refused = |words: &str, remedy: &str| {
        fan(words).file("a", "1\n").says(remedy).code(2);
    };
    refused("map a --top 3", "--sort FIELD");
    refused("map a --sort 1 --first 3", "--top N");
    refused("map a --sort 1 --state s", "--state");
    refused("map a --sort host", "format 'ws' has no field 'host'");
    refused("map a -i clf --sort hots", "did you mean 'host'?");
    refused("map a --count --sort cuont", "did you mean 'count'?");
    refused("map a --count --having cuont>1", "did you mean 'count'?");
    fan("map a.csv -i csv --sort citi")
        .file("a.csv", "city\nx\n")
        .says("did you mean 'city'?")
        .code(3);
}
