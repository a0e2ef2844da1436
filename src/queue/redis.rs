//! A connection to the server.
//!
//! It does not try again: whoever calls decides how long to wait, connects anew, and makes the same call again. Each call may be
//! made twice.

use super::error::{QueueError, UnfitServer};
use super::keys::QueueKeys;
use super::reply::Reply;
use super::url::{QueueUrl, RunName, ServerAddress, Transport};
use redis::{
    Client, ClientTlsConfig, Cmd, Connection, ConnectionAddr, IntoConnectionInfo as _, RedisConnectionInfo,
    TlsCertificates, Value,
};
use std::time::Duration;

/// The functions that the server runs.
const FUNCTIONS: &str = include_str!("functions.lua");

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A server, how to log in there, and a run.
#[derive(Debug, Clone)]
pub struct QueueServer {
    client: Client,
    keys: QueueKeys,
    /// How long an answer may take.
    timeout: Duration,
}

/// A connection to a server about one run.
pub struct QueueConnection {
    connection: Connection,
    pub(super) keys: QueueKeys,
}

/// The files of a TLS connection, as PEM.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// The authorities that are trusted; `None` for those of this machine.
    pub ca: Option<Vec<u8>>,
    /// Our certificate, for servers that want one.
    pub cert: Option<Vec<u8>>,
    /// Its private key.
    pub key: Option<Vec<u8>>,
}

impl QueueServer {
    /// Builds the description of a server. The password is not part of a URL. A `rediss://` server must have a certificate that
    /// this machine trusts.
    ///
    /// # Errors
    /// The URL has no meaning for the client library.
    pub fn new(url: &QueueUrl, run: &RunName, password: Option<&str>) -> Result<QueueServer, QueueError> {
        QueueServer::with_tls(url, run, password, &TlsFiles::default())
    }

    /// Builds the description of a server with these certificates, which are of use for `rediss://` only.
    ///
    /// # Errors
    /// The certificates are none.
    pub fn with_tls(
        url: &QueueUrl,
        run: &RunName,
        password: Option<&str>,
        files: &TlsFiles,
    ) -> Result<QueueServer, QueueError> {
        let address = match &url.address {
            ServerAddress::Unix(path) => ConnectionAddr::Unix(path.clone()),
            ServerAddress::Tcp {
                host,
                port,
                transport: Transport::Plain,
            } => ConnectionAddr::Tcp(host.clone(), *port),
            ServerAddress::Tcp {
                host,
                port,
                transport: Transport::Tls,
            } => ConnectionAddr::TcpTls {
                host: host.clone(),
                port: *port,
                insecure: false,
                tls_params: None,
            },
        };
        let mut login = RedisConnectionInfo::default()
            .set_db(url.database)
            .set_skip_set_lib_name();
        if let Some(user) = &url.user {
            login = login.set_username(user);
        }
        if let Some(password) = password {
            login = login.set_password(password);
        }
        let info = address.into_connection_info()?.set_redis_settings(login);
        let client = match url.is_tls() {
            false => Client::open(info)?,
            true => {
                // The client library chooses no implementation. That another one was installed before is as good.
                let _ = rustls::crypto::ring::default_provider().install_default();
                let certificates =
                    TlsCertificates {
                        client_tls: files.cert.clone().zip(files.key.clone()).map(
                            |(client_cert, client_key)| ClientTlsConfig {
                                client_cert,
                                client_key,
                            },
                        ),
                        root_cert: files.ca.clone(),
                    };
                Client::build_with_tls(info, certificates)?
            }
        };
        Ok(QueueServer {
            client,
            keys: QueueKeys::new(run),
            timeout: TIMEOUT,
        })
    }

    /// Connects and logs in. The time that an answer may take, 10 s, holds for each step.
    ///
    /// # Errors
    /// The server can't be reached, or refuses the login.
    pub fn connect(&self) -> Result<QueueConnection, QueueError> {
        let connection = self.client.get_connection_with_timeout(self.timeout)?;
        connection.set_read_timeout(Some(self.timeout))?;
        connection.set_write_timeout(Some(self.timeout))?;
        Ok(QueueConnection {
            connection,
            keys: self.keys.clone(),
        })
    }
}

impl QueueConnection {
    /// Calls a function. When the server has not loaded the library, it is loaded first, if that is allowed.
    pub(super) fn call(&mut self, function: &Cmd) -> Result<Reply, QueueError> {
        match function.query::<Value>(&mut self.connection) {
            Ok(value) => Ok(Reply(value)),
            Err(error) => match QueueError::from(error) {
                QueueError::Unfit(UnfitServer::NoLibrary, _) => {
                    self.load_functions()?;
                    Ok(Reply(function.query(&mut self.connection)?))
                }
                error => Err(error),
            },
        }
    }

    /// Sends a command that is no function.
    pub(super) fn command(&mut self, command: &Cmd) -> Result<Reply, QueueError> {
        Ok(Reply(command.query(&mut self.connection)?))
    }

    /// Loads the functions into the server, unless they are there.
    ///
    /// # Errors
    /// This user may not ([`UnfitServer::NoLibrary`]), or the server is too old.
    pub fn load_functions(&mut self) -> Result<(), QueueError> {
        let load = redis::cmd("FUNCTION").arg("LOAD").arg(FUNCTIONS).to_owned();
        match load.query::<Value>(&mut self.connection) {
            Ok(_) => Ok(()),
            Err(error) if error.to_string().contains("already exists") => Ok(()),
            Err(error) => match QueueError::from(error) {
                QueueError::Unfit(UnfitServer::Refused, text) => {
                    Err(QueueError::Unfit(UnfitServer::NoLibrary, text))
                }
                error => Err(error),
            },
        }
    }
}
