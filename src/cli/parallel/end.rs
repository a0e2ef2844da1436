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
    let limit = match options.running.halt {
        HaltAt::Soon(limit) | HaltAt::Now(limit) if summary.halted => limit,
        _ => return failures(summary),
    };
    match (limit.counted, limit.share) {
        (Counted::Succeeded, _) => 0,
        (Counted::Failed, HaltShare::Jobs(1)) => {
            let status = summary.halt_status.unwrap_or(0);
            u8::try_from(status).unwrap_or(OWN_FAILURE)
        }
        (Counted::Failed, HaltShare::OfAll(_)) => {
            let all = summary.all.unwrap_or(0).max(1);
            (summary.failed * 100).div_ceil(all).min(100) as u8
        }
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
