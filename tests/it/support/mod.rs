//! What the tests share: the harness that runs fanfold, and what orders, kills and starves processes.

mod deadline;
pub mod fifo;
mod harness;
mod outputs;
mod place;
mod process;
#[cfg(feature = "queue")]
mod redis;
mod running;
mod stateful_run;
pub mod strace;
mod tools;

pub use deadline::until;
pub use harness::{Fan, HOSTILE, fan};
pub use outputs::{entries, fan_out, holds, script};
pub use place::{Place, set_age};
pub use process::{Watch, assert_gone, lives, send, state};
#[cfg(feature = "queue")]
pub use redis::{LossyProxy, Redis, has_redis};
pub use running::{Done, Running};
pub use stateful_run::{StatefulRun, finished_files};
pub use tools::{can, gzip, has, oracle, repository, setting, skip};
