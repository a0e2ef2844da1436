//! The queue of a run on many machines, held against a real server.

mod acl;
mod command;
mod encrypted;
mod failover;
mod interleaving;
mod leading;
mod losses;
mod server_state;
mod verbs;
