//! Signals, and the processes that they end, stop and continue.

mod blocked_streams;
mod children;
mod ignored;
mod orphans;
mod shutdown;
mod terminal;
