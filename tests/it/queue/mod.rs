//! The queue of a run on many machines, held against a real server.

mod acl;
mod interleaving;
mod losses;
mod server_state;
mod verbs;
