//! The library, as programs of its users call it: those of `examples`, and maps with defects.

use crate::support::{has, oracle, repository, skip};
use fanfold::job::{Failure, Job};
use fanfold::map::{Emit, Map};
use fanfold::plan::{Inputs, Plan, WalkPlan};
use fanfold::run::{Destination, Work, run};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Returns the example of this name, which `cargo test` builds beside the program.
fn example(name: &str) -> Option<Command> {
    let program = Path::new(env!("CARGO_BIN_EXE_fanfold"));
    let example = program.with_file_name("examples").join(name);
    example.exists().then(|| Command::new(example))
}

#[test]
fn a_map_written_by_a_user_finds_what_awk_finds() {
    if !has("zcat") || !has("awk") {
        return;
    }
    let Some(mut example) = example("custom_map") else {
        return skip("the examples are not built");
    };
    let done = example.arg("examples/logs").current_dir(repository()).output();
    let script = r#"zcat examples/logs/*.gz | awk '$7 == "/robots.txt" {print $1}' | sort -u"#;
    let hosts = oracle(repository(), script, &[]);
    assert_eq!(done.expect("it starts").stdout, hosts);
    assert!(!hosts.is_empty());
}

#[test]
fn a_fold_written_by_a_user_counts_what_awk_counts() {
    if !has("zcat") || !has("awk") {
        return;
    }
    let Some(mut example) = example("custom_fold") else {
        return skip("the examples are not built");
    };
    let done = example.arg("examples/logs").current_dir(repository()).output();
    let script = r#"zcat examples/logs/*.gz | awk '
        $10 ~ /^[0-9]+$/ { least = $10 > 0; while (least && least * 2 <= $10) least *= 2; count[least]++ }
        END { for (least in count) print least "\t" count[least] }' | sort -n"#;
    let counts = oracle(repository(), script, &[]);
    assert_eq!(done.expect("it starts").stdout, counts);
    assert!(counts.iter().filter(|&&byte| byte == b'\n').count() > 5);
}

/// A map with a defect.
struct Panicking;

impl Map for Panicking {
    fn run(&mut self, _: &Job, _: &mut dyn Emit) -> Result<(), Failure> {
        panic!("a defect");
    }
}

/// Runs a test again in a process of its own, and returns its output; None in that process. A run changes how its
/// process and so all later children treat signals.
fn in_own_process(test: &str) -> Option<Output> {
    const INSIDE: &str = "FANFOLD_TEST_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        return None;
    }
    let mut again = Command::new(std::env::current_exe().expect("it has a name"));
    again.args(["--exact", test, "--nocapture"]).env(INSIDE, "1");
    let done = again.output().expect("it starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(done)
}

#[test]
fn a_panic_in_a_map_is_reported_once() {
    if let Some(done) = in_own_process("library::a_panic_in_a_map_is_reported_once") {
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(said.matches("a defect").count(), 1, "{said}");
        assert!(
            said.contains("job 1 (Cargo.toml): the map panicked: a defect"),
            "{said}"
        );
        return;
    }
    let plan = Plan::new(Inputs::Named(vec!["Cargo.toml".into()], WalkPlan::default()));
    let summary = run(
        &plan,
        &Work {
            map: &|_slot| Box::new(Panicking),
            records: None,
            fold: None,
            to: Destination::Printed,
            err: Destination::Printed,
            merge: None,
            give_up: |_| std::process::exit(1),
        },
    );
    assert_eq!(summary.expect("it begins").failed, 1);
}

/// Returns what the server answers to these lines on a new connection.
fn asked(address: &str, lines: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(lines.as_bytes()).expect("it reads");
    stream.shutdown(Shutdown::Write).expect("it is connected");
    std::io::read_to_string(stream).expect("text")
}

#[test]
fn a_server_hands_its_requests_to_a_pool() {
    let Some(mut server) = example("coprocessor") else {
        return skip("the examples are not built");
    };
    let server = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut server = server.expect("it starts");
    let mut address = String::new();
    let mut said = BufReader::new(server.stdout.take().expect("it is piped"));
    said.read_line(&mut address).expect("a line");
    let address = address.trim();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let replies = asked(address, "10\n100000\nmany\n2\n");
                let error = "error: expected a number up to 100000000";
                assert_eq!(replies, format!("4\n9592\n{error}\n0\n"));
            });
        }
    });
    // The server ends at the end of its input.
    drop(server.stdin.take());
    assert!(server.wait().expect("it is our child").success());
}

#[test]
fn a_panic_at_the_start_of_a_worker_ends_the_run() {
    if in_own_process("library::a_panic_at_the_start_of_a_worker_ends_the_run").is_some() {
        return;
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    let plan = Plan::new(Inputs::Named(vec![file.path().into()], WalkPlan::default()));
    let broken = std::panic::catch_unwind(|| {
        run(
            &plan,
            &Work {
                map: &|_slot| panic!("no map today"),
                records: None,
                fold: None,
                to: Destination::Printed,
                err: Destination::Printed,
                merge: None,
                give_up: |_| std::process::exit(1),
            },
        )
    });
    let panic = broken.expect_err("the panic goes on");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"no map today"));
}
