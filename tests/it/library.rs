//! The library as a user's own program uses it: `examples/custom_map.rs`.

use crate::harness::{has, oracle, repository};
use fanfold::job::{Failure, Job};
use fanfold::map::{Emit, Map};
use fanfold::plan::{Inputs, Plan, WalkPlan};
use fanfold::run::{To, Work, run};
use std::path::Path;
use std::process::Command;

#[test]
fn a_map_written_by_a_user_finds_what_awk_finds() {
    if !has("zcat") || !has("awk") {
        return;
    }
    // cargo test builds the examples beside the program.
    let program = Path::new(env!("CARGO_BIN_EXE_fanfold"));
    let example = program.with_file_name("examples").join("custom_map");
    if !example.exists() {
        assert!(std::env::var_os("CI").is_none(), "the examples are not built");
        return;
    }
    let mut example = Command::new(example);
    let done = example.arg("examples/logs").current_dir(repository()).output();
    let script = r#"zcat examples/logs/*.gz | awk '$7 == "/robots.txt" {print $1}' | sort -u"#;
    let hosts = oracle(repository(), script, &[]);
    assert_eq!(done.expect("it starts").stdout, hosts);
    assert!(!hosts.is_empty());
}

/// A map with a defect.
struct Panicking;

impl Map for Panicking {
    fn run(&mut self, _: &Job, _: &mut dyn Emit) -> Result<(), Failure> {
        panic!("a defect");
    }
}

#[test]
fn the_panic_of_a_map_is_said_once() {
    // What is said is read from a process of its own: this test, called again.
    const INSIDE: &str = "FANFOLD_TEST_INSIDE";
    if std::env::var_os(INSIDE).is_none() {
        let name = "library::the_panic_of_a_map_is_said_once";
        let mut again = Command::new(std::env::current_exe().expect("it has a name"));
        let done = again
            .args(["--exact", name, "--nocapture"])
            .env(INSIDE, "1")
            .output();
        let done = done.expect("it starts");
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(said.matches("a defect").count(), 1, "{said}");
        assert!(
            said.contains("job 1 (Cargo.toml): the map panicked: a defect"),
            "{said}"
        );
        assert!(done.status.success(), "{said}");
        return;
    }
    let plan = Plan::new(Inputs::Named(vec!["Cargo.toml".into()], WalkPlan::default()));
    let summary = run(
        &plan,
        &Work {
            map: &|_slot| Box::new(Panicking),
            records: None,
            fold: None,
            to: To::Stdout,
            merge: None,
            give_up: |_| std::process::exit(1),
        },
    );
    assert_eq!(summary.expect("it begins").failed, 1);
}
