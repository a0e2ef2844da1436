//! `--pool`: commands that live from job to job.

mod failures;
mod out_of_step;
mod python;
mod recipes;
mod replies;
