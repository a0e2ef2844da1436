//! A run on many machines: the leader, which finds jobs and prints the answer, and the workers, which do the jobs. A queue
//! is between them.
//!
//! It does not know how jobs are found or run, nor what the queue's server does.

mod beat;
mod caller;
mod collected_jobs;
mod commit;
mod enqueued_jobs;
mod failure;
mod input_bounds;
mod job_frames;
mod joiner;
mod joiner_plan;
mod leader;
mod leader_plan;
mod leader_threads;
mod membership;
mod own_worker;
mod pace;
mod place_set;
mod process_name;
mod signing;
mod taken_jobs;

pub(crate) use commit::PackParts;
pub(crate) use failure::QueueFailure;
pub(crate) use input_bounds::{InputBounds, RootDirectory};
pub(crate) use joiner::{JoinEnd, Joiner};
pub(crate) use joiner_plan::JoinerPlan;
pub(crate) use leader::{LeadEnd, Leader};
pub(crate) use leader_plan::LeaderPlan;
pub(crate) use signing::Signing;
