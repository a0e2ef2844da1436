//! The program as its users meet it: one file per capability, over one small harness.

mod harness;
mod tidy;
