//! `--state`: command lines that can't be remembered, and options that make another command line.

use crate::support::Place;
use std::fs;

#[test]
fn what_cannot_be_remembered_is_refused() {
    let place = Place::new();
    place.file("in/a", b"a\n", 100);
    place
        .fan("map - --count --state st")
        .says("standard input")
        .code(2);
    place.fan("map in --first 1 --state st").says("--first").code(2);
    place.fan("map in --fresh").says("--state").code(2);
    for more in ["", "--dry-run", "--count", "-n2"] {
        let line = format!("run in --state st {more} -- echo {{#}} {{}}");
        place
            .fan(&line)
            .says("a command with {#} cannot be combined with --state")
            .code(2);
    }
    for line in [
        "map in -i json --bad file=bad --count --state st",
        "run in -i json --bad file=bad --state st -- cat",
    ] {
        place.fan(line).says("--bad file=F").code(2);
    }
    assert!(!place.path("st").exists() && !place.path("bad").exists());
    // In a script nothing is replaced, and lines that are only counted are remembered.
    place
        .fan("map in -i json --bad skip --count --state st")
        .says("no line could be read as json")
        .code(3);
    let script = place.fan("run in --state st2 --shell").arg("echo '{#}'");
    script.stdout("{#}\n").ok();
}

#[test]
fn the_separator_of_the_names_for_a_pool_is_part_of_the_command_line() {
    let place = Place::new();
    place.file("a", b"a\n", 100).file("list", b"a\0", 100);
    let script = r#"while read -r name; do echo "$name"; done"#;
    let pool = |more: &str| {
        let fan = place.fan(&format!("run --pool -j1 --state st {more} --shell"));
        fan.arg(script)
    };
    pool("a").stdout("a\n").ok();
    pool("a").stdout("").ok();
    let before = fs::read(place.path("st")).expect("a state");
    pool("-0 -a list")
        .says("pool: stored '--pool', now '--pool --null'")
        .code(2);
    assert!(fs::read(place.path("st")).expect("a state") == before);
    // Without a pool the option says how the list is read, and nothing about the jobs.
    place.fan("run a --state st2 -- cat").stdout("a\n").ok();
    place.fan("run -0 -a list --state st2 -- cat").stdout("").ok();
}

#[test]
fn the_local_zone_is_the_one_that_it_is_at_the_time() {
    let place = Place::new();
    place.file("a", b"2026-01-02 23:30:00\n", 9);
    let run = |tz: &str, local: &str| {
        let line = format!("map a --by 0:hod --agg count --state s --tz {tz}");
        place.fan(&line).env("TZ", local)
    };
    run("local", "Europe/Paris").stdout("23\t1\n").ok();
    run("Europe/Paris", "Asia/Tokyo").stdout("23\t1\n").ok();
    run("local", "Asia/Tokyo").says("--tz").stdout("").code(2);
}
