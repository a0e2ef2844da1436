//! Where jobs come from: names on the command line, directories, patterns, lists.
//!
//! A source is an iterator of inputs. It does not know workers or maps, and reads no contents but
//! the first bytes of files that it may cut.

mod batch;
mod error;
mod exclude;
mod glob;
mod job_list;
mod last_stat;
mod list;
mod lookahead;
mod named;
mod schedule;
mod split;
mod walk;
mod xargs;

pub use batch::Batched;
pub use error::{BatchResult, InputResult, JobResult, SourceError};
pub use exclude::Exclude;
pub use job_list::{JobList, JobListIter};
pub use last_stat::LastStat;
pub use list::{may_wait, read_names};
pub use lookahead::{AHEAD as LOOKAHEAD, Lookahead};
pub use named::{Named, NoMatch};
pub use schedule::Scheduled;
pub use split::Splitter;
pub use walk::Walk;
pub use xargs::error::XargsError;
pub use xargs::words::ListedWords;
