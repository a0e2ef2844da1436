//! The program as its users meet it: one file per capability, over one small harness.

mod batch;
mod codecs;
mod cut;
mod differential;
mod ending;
mod failing;
mod gzip;
mod harness;
mod inputs;
mod library;
mod memory;
mod merge;
mod out;
mod pages;
mod pool;
mod readme;
mod records;
mod run;
mod scarce;
mod state;
mod state_harm;
mod status;
mod tasks;
mod tidy;
mod whole;
mod xargs;
