//! The programs of `examples/pool`.

use crate::support::{fan, has, repository};

/// Expects that a recipe of `examples/pool` counts the lines of three files.
fn counts(program: &[&str]) {
    if !has(program[0]) {
        return;
    }
    let (last, options) = program[1..].split_last().expect("a script");
    let script = repository().join("examples/pool").join(last);
    let fan = fan("run -j2 d/1 d/2 d/3 --pool --")
        .args(&program[..1])
        .args(options);
    fan.arg(script)
        .file("d/1", "x\n".repeat(100_000))
        .file("d/2", "")
        .file("d/3", "one\n")
        .stdout("100000\td/1\n0\td/2\n1\td/3\n")
        .ok();
}

#[test]
fn the_python_recipe_counts_lines() {
    counts(&["python3", "count.py"]);
}

#[test]
fn the_awk_recipe_counts_lines() {
    // Other awks than GNU's read ahead.
    counts(&["gawk", "-f", "count.awk"]);
}

#[test]
fn the_node_recipe_counts_lines() {
    counts(&["node", "count.js"]);
}

#[test]
fn the_shell_recipe_counts_lines() {
    counts(&["sh", "count.sh"]);
}

#[test]
fn the_recipe_of_a_service_answers_each_name_as_it_comes() {
    if !has("gawk") {
        return;
    }
    // As `tail -f names | fanfold run --pool -- python3 worker.py | consumer`: the list stays open.
    let script = repository().join("examples/pool/count.awk");
    let fan = fan("run -j2 --pool -- gawk -f").arg(script);
    let mut running = fan.file("a", "1\n2\n").file("b", "1\n").spawn();
    for (name, reply) in [("a", "2\ta"), ("b", "1\tb"), ("a", "2\ta")] {
        running.write(format!("{name}\n"));
        assert_eq!(running.line(), reply);
    }
    let done = running.wait();
    done.expect(done.status.success(), "a clean end");
}
