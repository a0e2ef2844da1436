//! The queue of a run on many machines: what a Redis or Valkey server holds, and how to talk to it.
//!
//! A *leader* enqueues jobs and reads results; *workers* take jobs and commit what they gave. The server decides who holds a
//! job. This room knows no command line, no thread and no fold. It tries nothing again and never waits: that is for who calls.
//!
//! # The interface
//! [`QueueUrl::parse`] reads an address, [`QueueServer::connect`] gives a [`QueueConnection`], and each verb is a method of it:
//!
//! | who | verbs |
//! |---|---|
//! | leader | [`begin`](QueueConnection::begin), [`put`](QueueConnection::put), [`close`](QueueConnection::close), [`lead`](QueueConnection::lead) (its beat), [`stop`](QueueConnection::stop), [`results`](QueueConnection::results), [`piece_of`](QueueConnection::piece_of), [`given_up`](QueueConnection::given_up), [`finish`](QueueConnection::finish) |
//! | worker | [`enter`](QueueConnection::enter), [`take`](QueueConnection::take), [`piece`](QueueConnection::piece), [`commit`](QueueConnection::commit), [`beat`](QueueConnection::beat), [`mine`](QueueConnection::mine), [`leave`](QueueConnection::leave) |
//! | whoever asks | [`status`](QueueConnection::status), [`drop_run`](QueueConnection::drop_run), [`health`](QueueConnection::health), [`rewrite_log`](QueueConnection::rewrite_log), [`load_functions`](QueueConnection::load_functions) |
//!
//! Each verb has an answer type of its own, with a variant for each state; [`QueueError`] is for everything else.
//! [`QueueError::is_retryable`]: connect anew after [`QueueError::Unreachable`], call again after [`QueueError::Busy`].
//! A call whose reply was lost is made again as it was; the second answer tells (`Already`, or the same jobs by `mine`).
//!
//! What is queued and committed is made by [`QueuedJob`] and [`encode_frames`]. With a [`SignKey`], both are bound to the run's
//! epoch, and to the job's or the commit's number.
//!
//! # The keys
//! They are `{ff:RUN}:m` and so on.
//!
//! | key | type | holds |
//! |---|---|---|
//! | m | hash | the run: meaning, parts, epoch, leader and its lease, counts, chain, stop request; when over: a mark only |
//! | j | stream, group w | jobs as `0-K`, K from 1 in the order of enqueuing; deleted once done |
//! | l | sorted set | live workers, by when their lease ends |
//! | z | hash | condemned workers that still hold jobs: `lost`, `reported` (lost, and it had said what it had started) or `left` |
//! | c | hash | worker → number of its last commit |
//! | r | stream | results |
//! | x | hash | K → payload of jobs that were given up |
//! | s | hash | worker → the jobs it said it has started |
//! | n | hash | K → host that could not do the job |
//! | b | hash | lists with large results → how many pieces they have |
//! | h | hash | host → how many jobs it has done |
//! | b:WORKER:C | list | pieces of a large result |
//!
//! A worker's lease is renewed by `take`, `commit` and `beat`. When it ends, others inherit what the worker held. A job is handed
//! over with one delivery more when its worker died while it ran; from the third on it runs alone, and after `--losses` it is given
//! up. Deaths count only against jobs that had started, if the worker had said which.

mod acl;
mod answer;
mod chain;
mod error;
mod frame;
mod keys;
mod leader_verbs;
mod payload;
mod redis;
mod reply;
mod signature;
mod url;
mod worker_verbs;

pub use acl::{Role, acl_rules};
pub use answer::{
    BeatAnswer, BeginAnswer, BegunRun, CloseAnswer, CommitAnswer, EnterAnswer, HandedJob, HandedJobs,
    LeadAnswer, LeaderAnswer, LeaveAnswer, LiveWorker, MineAnswer, NotLeading, Outside, PieceAnswer,
    PutAnswer, QueuedResult, ResultEntry, RunCounts, RunStatus, ServerHealth, StatusAnswer, StopMode,
    TakeAnswer,
};
pub use chain::ResultChain;
pub use error::{BusyServer, QueueError, UnfitServer};
pub use frame::{CommitFrame, CommitStream, DoneJob, FailedJob, encode_frames, parse_frames};
pub use leader_verbs::Begin;
pub use payload::{LONGEST_JOB, PayloadError, QueuedInput, QueuedJob};
pub use redis::{QueueConnection, QueueServer, TlsFiles};
pub use signature::{SignKey, Subject};
pub use url::{QueueUrl, QueueUrlError, RunName, ServerAddress, Transport};
pub use worker_verbs::{Commit, CommitKind, PIECE};
