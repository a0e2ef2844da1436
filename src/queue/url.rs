//! Where a queue is: `redis[s]://[USER@]HOST[:PORT][/DB][#RUN]` or `redis+unix:///SOCKET[#RUN]`.
//!
//! It connects to nothing.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use url::{Host, Url};

/// The port that Redis listens on by default.
const PORT: u16 = 6379;

/// The longest name of a run.
const LONGEST_RUN: usize = 64;

/// Where a queue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrl {
    /// The server.
    pub address: ServerAddress,
    /// The user to log in as; `None` for the server's default user.
    pub user: Option<String>,
    /// The number of the database.
    pub database: i64,
    /// The run, where the URL names one.
    pub run: Option<RunName>,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAddress {
    /// A port of a host.
    Tcp {
        /// A name or an address, without brackets.
        host: String,
        /// The port.
        port: u16,
        /// Whether the connection is encrypted.
        transport: Transport,
    },
    /// A socket in the file system.
    Unix(PathBuf),
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `redis://`
    Plain,
    /// `rediss://`
    Tls,
}

/// The name of a run: 1 to 64 letters, digits, `.`, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunName(String);

/// Why a URL is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrlError(String);

impl RunName {
    /// Builds the name of a run.
    ///
    /// # Errors
    /// It is empty, too long, or has another character.
    pub fn new(name: &str) -> Result<RunName, QueueUrlError> {
        let is_fine = |c: char| c.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&c);
        match (1..=LONGEST_RUN).contains(&name.len()) && name.chars().all(is_fine) {
            true => Ok(RunName(name.into())),
            false => Err(QueueUrlError(format!(
                "a run's name, behind '#', is 1 to {LONGEST_RUN} of A-Z a-z 0-9 . _ -"
            ))),
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for QueueUrlError {}

impl fmt::Display for QueueUrl {
    /// Writes the address without the run, as messages name the server.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            ServerAddress::Unix(path) => write!(f, "{}", path.display()),
            ServerAddress::Tcp { host, port, .. } if host.contains(':') => write!(f, "[{host}]:{port}"),
            ServerAddress::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
        }
    }
}

impl QueueUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, and what to type instead. A password in it is never repeated.
    pub fn parse(text: &str) -> Result<QueueUrl, QueueUrlError> {
        let wrong = |what: &str| Err(QueueUrlError(what.into()));
        let Ok(url) = Url::parse(text) else {
            return wrong(
                "no URL: redis://HOST[:PORT][/DB][#RUN], rediss://… for TLS, or redis+unix:///SOCKET[#RUN]",
            );
        };
        if url.password().is_some() {
            return wrong(
                "a password in a URL can be seen by everyone on this host (ps): use --auth-file FILE, or set REDISCLI_AUTH",
            );
        }
        if url.query().is_some() {
            return wrong("'?' has no meaning in the URL of a queue");
        }
        let run = match url.fragment() {
            Some(name) => Some(RunName::new(name)?),
            None => None,
        };
        let user = match url.username() {
            "" => None,
            name => Some(decoded_text(name)?),
        };
        let transport = match url.scheme() {
            "redis" | "valkey" => Transport::Plain,
            "rediss" | "valkeys" => Transport::Tls,
            "redis+unix" | "valkey+unix" | "unix" => {
                if url.host().is_some() || url.path().len() < 2 {
                    return wrong("the path of a socket follows three slashes: redis+unix:///run/redis.sock");
                }
                let path = PathBuf::from(OsString::from_vec(decoded(url.path())));
                return Ok(QueueUrl {
                    address: ServerAddress::Unix(path),
                    user,
                    database: 0,
                    run,
                });
            }
            other => {
                return wrong(&format!(
                    "'{other}' is no kind of queue (known: redis, rediss, redis+unix)"
                ));
            }
        };
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => decoded_text(name)?,
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return wrong("the host is missing: redis://HOST[:PORT]"),
        };
        let database = match url.path().trim_start_matches('/') {
            "" => 0,
            digits => match digits.parse::<u16>() {
                Ok(number) => number.into(),
                Err(_) => return wrong("behind the host stands the number of a database, or nothing"),
            },
        };
        Ok(QueueUrl {
            address: ServerAddress::Tcp {
                host,
                port: url.port().unwrap_or(PORT),
                transport,
            },
            user,
            database,
            run,
        })
    }

    /// Returns whether what is sent can be read or changed on its way by other hosts.
    pub fn is_exposed(&self) -> bool {
        match &self.address {
            ServerAddress::Unix(_) => false,
            ServerAddress::Tcp { host, transport, .. } => {
                *transport == Transport::Plain && !is_loopback(host)
            }
        }
    }

    /// Returns whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        matches!(
            self.address,
            ServerAddress::Tcp {
                transport: Transport::Tls,
                ..
            }
        )
    }

    /// Checks that nobody on the way can forge jobs or results, or that the user accepts it.
    ///
    /// # Errors
    /// The connection is exposed and there is neither a key (`--sign-key`) nor consent (`--plaintext`).
    pub fn check_exposure(&self, signed: bool, accepted: bool) -> Result<(), QueueUrlError> {
        match self.is_exposed() && !signed && !accepted {
            false => Ok(()),
            true => Err(QueueUrlError(format!(
                "{self}: on the way to another host everyone can read and change what is sent: use rediss://, --sign-key FILE, or --plaintext to accept it"
            ))),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// Returns the bytes that percent-encoding stands for.
fn decoded(text: &str) -> Vec<u8> {
    percent_encoding::percent_decode_str(text).collect()
}

fn decoded_text(text: &str) -> Result<String, QueueUrlError> {
    String::from_utf8(decoded(text)).map_err(|_| QueueUrlError("a user or host is not valid UTF-8".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ServerAddress {
        QueueUrl::parse(text).expect("a URL").address
    }

    fn tcp(host: &str, port: u16, transport: Transport) -> ServerAddress {
        ServerAddress::Tcp {
            host: host.into(),
            port,
            transport,
        }
    }

    #[test]
    fn the_forms_are_read() {
        assert_eq!(address("redis://q.lan"), tcp("q.lan", 6379, Transport::Plain));
        assert_eq!(
            address("rediss://q.lan:7000/"),
            tcp("q.lan", 7000, Transport::Tls)
        );
        assert_eq!(
            address("redis://[::1]:7000/3#x"),
            tcp("::1", 7000, Transport::Plain)
        );
        assert_eq!(
            address("redis+unix:///run/my%20redis.sock#x"),
            ServerAddress::Unix("/run/my redis.sock".into())
        );
        let url = QueueUrl::parse("redis://ann%40lan@localhost/3#hits.2-a_b").expect("a URL");
        assert_eq!(url.user.as_deref(), Some("ann@lan"));
        assert_eq!(url.database, 3);
        assert_eq!(url.run.expect("a run").as_str(), "hits.2-a_b");
        assert_eq!(QueueUrl::parse("redis://q.lan").expect("a URL").run, None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, word) in [
            ("q.lan:6379", "kind of queue"),
            ("q.lan", "no URL"),
            ("http://q.lan", "'http'"),
            ("redis://", "host is missing"),
            ("redis+unix://run/redis.sock", "three slashes"),
            ("redis://q.lan/x", "database"),
            ("redis://q.lan/70000", "database"),
            ("redis://q.lan#", "run's name"),
            ("redis://q.lan#a b", "run's name"),
            ("redis://q.lan#a{b", "run's name"),
            ("redis://q.lan?timeout=3", "'?'"),
        ] {
            let error = QueueUrl::parse(text).expect_err(text).to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
        let long = format!("redis://q.lan#{}", "a".repeat(65));
        QueueUrl::parse(&long).expect_err("65 letters");
        QueueUrl::parse(&long[..long.len() - 1]).expect("64 letters");
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for text in ["redis://:hunter2@q.lan", "redis://ann:hunter2@q.lan"] {
            let error = QueueUrl::parse(text).expect_err(text).to_string();
            assert!(
                error.contains("--auth-file") && !error.contains("hunter2"),
                "{error}"
            );
        }
    }

    #[test]
    fn other_hosts_need_a_key_or_consent() {
        let check = |text: &str, signed, accepted| {
            let url = QueueUrl::parse(text).expect("a URL");
            url.check_exposure(signed, accepted).is_ok()
        };
        for near in [
            "redis://localhost",
            "redis://127.0.0.3",
            "redis://[::1]",
            "redis+unix:///s",
            "rediss://q.lan",
        ] {
            assert!(check(near, false, false), "{near}");
        }
        assert!(!check("redis://q.lan", false, false));
        assert!(!check("redis://localhost.evil.example", false, false));
        assert!(check("redis://q.lan", true, false));
        assert!(check("redis://q.lan", false, true));
    }
}
