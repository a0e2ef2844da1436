//! Why the server did not do what it was asked for, and whether asking again may help.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use std::fmt;

/// Why the server did not do what it was asked for. Refusals that belong to a queue's life are answers, not errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueError {
    /// The connection could not be made, or broke: whether the call was carried out is not known. Connect anew and call again.
    Unreachable(String),
    /// The server can't do it now, and did nothing: call again on the same connection.
    Busy(BusyServer, String),
    /// No call will succeed on this server as it is set up.
    Unfit(UnfitServer, String),
    /// The queue's data contradict themselves.
    Corrupt(String),
}

/// Why a server can't do it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusyServer {
    /// It reads its data after a start.
    Loading,
    /// Its memory is full.
    OutOfMemory,
    /// It can't write to its disk.
    DiskFull,
    /// It is a replica, which may be promoted later.
    ReadOnly,
    /// It runs a script of somebody else, or waits for its primary or replicas.
    Occupied,
}

/// Why a server is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnfitServer {
    /// It is a node of a cluster, and the run's keys lie on another one.
    Cluster,
    /// It has no functions: Redis before 7.0.
    NoFunctions,
    /// It has not loaded our functions, and this user may not load them.
    NoLibrary,
    /// The password is wrong or missing, or the user may not do this.
    Refused,
    /// It answered what it never should.
    Incomprehensible,
}

impl QueueError {
    /// Returns whether asking again later may help.
    pub fn is_retryable(&self) -> bool {
        matches!(self, QueueError::Unreachable(_) | QueueError::Busy(..))
    }

    /// Builds the error of an answer that no function gives.
    pub(super) fn incomprehensible(what: &str) -> QueueError {
        QueueError::Unfit(UnfitServer::Incomprehensible, what.into())
    }
}

impl From<RedisError> for QueueError {
    fn from(error: RedisError) -> QueueError {
        let code = error.code().unwrap_or_default().to_owned();
        let detail = error.detail().unwrap_or_default();
        let text = match detail {
            "" => error.to_string(),
            detail => detail.to_owned(),
        };
        let busy = |why| QueueError::Busy(why, format!("{code} {text}"));
        let unfit = |why| QueueError::Unfit(why, format!("{code} {text}").trim().to_owned());
        match error.kind() {
            // Whoever presents a wrong certificate is not the server, and will not become it.
            ErrorKind::Io if error.to_string().contains("certificate") => {
                return QueueError::Unfit(UnfitServer::Refused, error.to_string());
            }
            ErrorKind::Io => return QueueError::Unreachable(error.to_string()),
            ErrorKind::Server(ServerErrorKind::BusyLoading) => return busy(BusyServer::Loading),
            ErrorKind::Server(ServerErrorKind::ReadOnly) => return busy(BusyServer::ReadOnly),
            ErrorKind::Server(ServerErrorKind::MasterDown | ServerErrorKind::TryAgain) => {
                return busy(BusyServer::Occupied);
            }
            ErrorKind::Server(
                ServerErrorKind::Moved
                | ServerErrorKind::Ask
                | ServerErrorKind::CrossSlot
                | ServerErrorKind::ClusterDown,
            ) => return unfit(UnfitServer::Cluster),
            ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm) => {
                return unfit(UnfitServer::Refused);
            }
            _ => {}
        }
        match code.as_str() {
            "OOM" => busy(BusyServer::OutOfMemory),
            "MISCONF" => busy(BusyServer::DiskFull),
            "LOADING" => busy(BusyServer::Loading),
            "READONLY" => busy(BusyServer::ReadOnly),
            "BUSY" | "NOREPLICAS" | "MASTERDOWN" => busy(BusyServer::Occupied),
            "NOAUTH" | "WRONGPASS" | "NOPERM" => unfit(UnfitServer::Refused),
            "CORRUPT" => QueueError::Corrupt(text),
            "NOGROUP" | "WRONGTYPE" | "BUSYGROUP" => QueueError::Corrupt(format!("{code} {text}")),
            // So few words are read before a login that a function can't be called.
            "ERR" if text.contains("unauthenticated") => unfit(UnfitServer::Refused),
            "ERR" if text.contains("The user executing the script") => unfit(UnfitServer::Refused),
            // A function that fails in its midst found what no function leaves behind.
            "ERR" if text.contains("script: ff1_") => QueueError::Corrupt(text),
            "ERR" if text.contains("unknown command") => unfit(UnfitServer::NoFunctions),
            "ERR" if text.contains("Function not found") => unfit(UnfitServer::NoLibrary),
            _ if error.is_io_error() => QueueError::Unreachable(text),
            _ => unfit(UnfitServer::Incomprehensible),
        }
    }
}

impl fmt::Display for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueueError::Unreachable(text) => write!(f, "can't be reached: {text}"),
            QueueError::Busy(why, text) => write!(f, "{why} ({text})"),
            QueueError::Unfit(UnfitServer::Incomprehensible, text) => write!(f, "unexpected answer: {text}"),
            QueueError::Unfit(why, text) => write!(f, "{why} ({text})"),
            QueueError::Corrupt(text) => write!(f, "the queue's data are damaged: {text}"),
        }
    }
}

impl std::error::Error for QueueError {}

impl fmt::Display for BusyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BusyServer::Loading => "still loading its data",
            BusyServer::OutOfMemory => "its memory is full",
            BusyServer::DiskFull => "can't write to its disk",
            BusyServer::ReadOnly => "a replica, which takes no writes",
            BusyServer::Occupied => "occupied",
        })
    }
}

impl fmt::Display for UnfitServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UnfitServer::Cluster => "a Redis cluster, which can't hold a queue: use a single server",
            UnfitServer::NoFunctions => "too old: Redis 7.0 or Valkey is needed",
            UnfitServer::NoLibrary => {
                "fanfold's functions are not loaded, and this user may not load them: fanfold queue init URL"
            }
            UnfitServer::Refused => "access denied",
            UnfitServer::Incomprehensible => "no server of a queue",
        })
    }
}
