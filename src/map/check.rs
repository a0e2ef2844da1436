//! `--fn check`: whether each input is whole, as `gzip -t` tells: no output, and a failure if not.

use super::cat::read;
use super::{Emit, Function, Map, Unit};
use crate::codec::Decoder;
use crate::job::{Failure, Job};

/// The row of the table.
pub(super) const FUNCTION: Function = Function {
    name: "check",
    help: "whether the file is whole, as gzip -t: no output; a corrupt file is named, and exit 3",
    unit: Unit::File,
    start: |decoder| Box::new(Check { decoder }),
};

struct Check {
    decoder: Decoder,
}

impl Map for Check {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let mut wanted = true;
        for input in &job.inputs {
            read(&mut self.decoder, input, emit, &mut |emit, _, _| {
                super::go_on(emit, &mut wanted)
            })?;
            if !wanted {
                return Err(Failure::Stopped);
            }
        }
        Ok(())
    }
}
