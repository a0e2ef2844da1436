//! The exit status of a run of parallel.

use super::options::Options;
use crate::plan::{Counted, HaltAt, HaltShare};
use crate::run::Summary;

/// What GNU parallel exits with when something is wrong with its own work.
pub(super) const OWN_FAILURE: u8 = 255;

/// The most failures that an exit status tells.
const MOST: u64 = 101;

/// Returns the status of a run that no signal ended: how many jobs failed, unless `--halt` ended it.
pub(super) fn status(summary: &Summary, options: &Options) -> u8 {
    if summary.own_failures > 0 || summary.damaged || summary.bad_inputs > 0 {
        return OWN_FAILURE;
    }
    let (HaltAt::Soon(limit) | HaltAt::Now(limit)) = options.running.halt else {
        return failures(summary);
    };
    let all = summary.all.unwrap_or(0).max(1);
    let is_one = match limit.share {
        HaltShare::Jobs(count) => count == 1,
        HaltShare::OfAll(percent) => percent * all == 100,
        HaltShare::OfEnded(_) => false,
    };
    match (limit.counted, limit.share) {
        (Counted::Succeeded, _) if summary.halted => 0,
        (_, _) if summary.halted && is_one => {
            u8::try_from(summary.halt_status.unwrap_or(0)).unwrap_or(OWN_FAILURE)
        }
        // Where a percentage is asked for, one is told, whether it was reached or not.
        (_, HaltShare::OfAll(_)) => (summary.failed * 100).div_ceil(all).min(100) as u8,
        _ => failures(summary),
    }
}

/// Returns how many jobs failed, as far as a status tells.
pub(super) fn failures(summary: &Summary) -> u8 {
    match summary.own_failures {
        0 => summary.failed.min(MOST) as u8,
        _ => OWN_FAILURE,
    }
}
