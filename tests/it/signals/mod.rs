//! Signals, and the processes that they end, stop and continue.

mod blocked_streams;
pub mod children;
mod orphans;
mod shutdown;
pub mod terminal;
