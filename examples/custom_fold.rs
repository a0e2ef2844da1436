//! A fold written by a user: how many responses have which size, counted by powers of two. The library finds
//! the files, decodes them, splits the records and runs the workers.
//!
//! ```sh
//! cargo run --release --example custom_fold -- 'examples/logs/*.gz'
//! ```
//!
//! Each worker has a fold of its own, so `record` needs no lock. When the input ends, the main thread merges
//! the folds and prints the result of the last one. The result must not depend on which worker took which
//! record, nor on the order of the merges: an empty fold changes nothing when it is merged, and `merge` is
//! associative and commutative. Sums, minima, maxima and sets are like that; "the first record" is not.

use fanfold::codec::Decoder;
use fanfold::fold::Fold;
use fanfold::map::Cat;
use fanfold::memory::Budget;
use fanfold::plan::{Inputs, Plan, Unit, WalkPlan};
use fanfold::record::{Bits, Field, Format, FormatChoice, NoteKind, RecordPlan, RecordSink};
use fanfold::run::{Destination, Work, run};
use std::any::Any;
use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

/// Counts numbers by their length in bits: `counts[0]` is for 0, and `counts[n]` for 2^(n-1) up to 2^n - 1.
struct SizeCounts {
    counts: [u64; 65],
    /// Which fields of the last record were no number.
    misfits: Bits,
}

impl SizeCounts {
    fn new() -> Self {
        SizeCounts {
            counts: [0; 65],
            misfits: Bits::new(),
        }
    }
}

impl RecordSink for SizeCounts {
    /// Takes the fields of the [`RecordPlan`]'s projection, which is a single one here.
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        let size = str::from_utf8(fields[0])
            .ok()
            .and_then(|text| text.parse::<u64>().ok());
        self.misfits.clear();
        match size {
            Some(size) => self.counts[(u64::BITS - size.leading_zeros()) as usize] += 1,
            None => self.misfits.insert(0),
        }
        // Break would say that no further record can change the result.
        Ok(ControlFlow::Continue(()))
    }

    /// Says that field 0 of the last record was no number: a log has `-` for a response without a body. The
    /// summary has a note about such values: how many there are, and where the first is.
    fn misfits(&self) -> &Bits {
        &self.misfits
    }
}

impl Fold for SizeCounts {
    /// Moves the counts of `other` here. What has been moved must not stay: `other` may take records again.
    fn merge(&mut self, other: &mut dyn Fold) -> io::Result<()> {
        let other = (other as &mut dyn Any).downcast_mut::<SizeCounts>();
        let other = other.expect("all folds of a run come from one function");
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        other.clear();
        Ok(())
    }

    fn clear(&mut self) {
        *self = SizeCounts::new();
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        for (bits, count) in self.counts.iter().enumerate().filter(|&(_, count)| *count > 0) {
            let least = if bits == 0 { 0 } else { 1u64 << (bits - 1) };
            writeln!(out, "{least}\t{count}")?;
        }
        self.clear();
        Ok(())
    }

    /// Writes the fold's partial result for a state file, which keeps it from run to run.
    fn save(&mut self, out: &mut dyn Write) -> io::Result<()> {
        for number in &self.counts {
            out.write_all(&number.to_le_bytes())?;
        }
        Ok(())
    }

    /// Adds what another fold saved.
    fn load(&mut self, saved: &mut dyn BufRead) -> io::Result<()> {
        for number in &mut self.counts {
            let mut bytes = [0; 8];
            saved.read_exact(&mut bytes)?;
            *number += u64::from_le_bytes(bytes);
        }
        Ok(())
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let names = std::env::args_os().skip(1).collect();
    let plan = Plan {
        // Counting lines of a part is as good as counting lines of the file, so big files are split.
        unit: Unit::Lines,
        ..Plan::new(Inputs::Named(names, WalkPlan::default()))
    };
    let budget = Budget::new(plan.memory);
    let mut records = RecordPlan::new(Format::choose(&FormatChoice::default())?);
    records.projection = vec![Field::parse("10")?];
    records.expect(0, NoteKind::NoNumber);
    let summary = run(
        &plan,
        &Work {
            map: &|_slot| Box::new(Cat::new(Decoder::new(budget.clone(), None))),
            records: Some(&records),
            fold: Some(&|| -> Box<dyn Fold> { Box::new(SizeCounts::new()) }),
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
