//! A map written by a user: it finds the hosts that fetched /robots.txt, and the library folds them.
//!
//! ```sh
//! cargo run --release --example custom_map -- 'examples/logs/*.gz'
//! ```

use fanfold::codec::Decoder;
use fanfold::fold::{self, Fold, GroupPlan, Shape};
use fanfold::job::{Failure, Job, Trust};
use fanfold::map::{Emit, Map, read};
use fanfold::memory::Budget;
use fanfold::plan::{Inputs, Plan, WalkPlan};
use fanfold::record::{Format, FormatChoice, RecordPlan};
use fanfold::run::{Destination, Work, run};
use std::process::ExitCode;

/// Emits the first field of every line that asks for /robots.txt.
struct RobotsHosts {
    decoder: Decoder,
}

impl Map for RobotsHosts {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        for input in &job.inputs {
            // A block may end within a line: the beginning of the line waits for the next block.
            let mut rest = Vec::new();
            read(&mut self.decoder, input, emit, &mut |emit, block, trust| {
                rest.extend_from_slice(block);
                let end = rest.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
                let hosts = hosts(&rest[..end]);
                rest.drain(..end);
                emit.out(&hosts, trust)
            })?;
            let _ = emit.out(&hosts(&rest), Trust::Final);
        }
        Ok(())
    }
}

/// Returns the hosts of the lines that ask for /robots.txt, one a line.
fn hosts(lines: &[u8]) -> Vec<u8> {
    let mut hosts = Vec::new();
    for line in lines.split(|&b| b == b'\n') {
        let mut fields = line.split(|&b| b == b' ');
        if let (Some(host), Some(b"/robots.txt")) = (fields.next(), fields.nth(5)) {
            hosts.extend_from_slice(host);
            hosts.push(b'\n');
        }
    }
    hosts
}

fn main() -> anyhow::Result<ExitCode> {
    let names = std::env::args_os().skip(1).collect();
    let plan = Plan::new(Inputs::Named(names, WalkPlan::default()));
    let budget = Budget::new(plan.memory);
    let unique = GroupPlan::new(Shape::Keys, Vec::new());
    let summary = run(
        &plan,
        &Work {
            map: &|_slot| {
                let decoder = Decoder::new(budget.clone(), None);
                Box::new(RobotsHosts { decoder })
            },
            records: Some(&RecordPlan::new(Format::choose(&FormatChoice::default())?)),
            fold: Some(&|| -> Box<dyn Fold> { fold::start(&unique, &budget, &plan.tmpdir) }),
            to: Destination::Printed,
            err: Destination::Printed,
            merge: None,
            give_up: |_| std::process::exit(1),
        },
    )?;
    Ok(
        if summary.bad_inputs + summary.failed + summary.own_failures == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        },
    )
}
