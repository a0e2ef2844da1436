//! `--pool`: commands that live from job to job.

mod out_of_step;
mod recipes;
mod replies;
