//! What is held when a run ends although jobs have not.

use super::{Closed, Sink};

impl Sink<'_> {
    /// Prints what is held of every job that has ended, in their order: those before it that have not
    /// never will.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub fn print_finished(&mut self) -> Result<(), Closed> {
        let ended = self.jobs.iter().filter(|(_, held)| held.verdict.is_some());
        let ended: Vec<u64> = ended.map(|(&seq, _)| seq).collect();
        for seq in ended {
            self.print_held(seq)?;
            self.first.end_job();
            self.lowest = seq + 1;
        }
        Ok(())
    }
}
