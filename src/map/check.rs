//! `--fn check`: whether each input is whole, as `gzip -t` tells: no output, and a failure if not.

use super::read::read_all;
use super::{Emit, Map};
use crate::codec::Decoder;
use crate::job::{Failure, Job};

/// Decompresses each input and emits nothing.
pub(super) struct Check {
    decoder: Decoder,
}

impl Check {
    pub(super) fn new(decoder: Decoder) -> Self {
        Check { decoder }
    }
}

impl Map for Check {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        for input in &job.inputs {
            read_all(&mut self.decoder, input, emit, &mut |_| {})?;
        }
        Ok(())
    }
}
