//! The program as its users meet it: one file per capability, over one small harness.

mod gzip;
mod harness;
mod inputs;
mod records;
mod tidy;
