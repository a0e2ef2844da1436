//! How to get into the server of a queue: passwords, keys and certificates, which stand in files.

use super::usage_error::UsageError;
use crate::message;
use crate::queue::{QueueServer, QueueUrl, RunName, TlsFiles};
use clap::Args;
use std::path::{Path, PathBuf};

/// The variable in which the password may be, as for redis-cli.
const PASSWORD: &str = "REDISCLI_AUTH";

/// The most bytes of a file with a password or a certificate.
const LONGEST_FILE: u64 = 1 << 20;

/// How to get into the server of a queue.
#[derive(Debug, Args)]
pub(super) struct QueueLogin {
    /// Read the server's password from the first line of FILE [default: $REDISCLI_AUTH]
    #[arg(long, value_name = "FILE", requires = "queue")]
    auth_file: Option<PathBuf>,

    /// With rediss://: trust the certificate authorities in FILE (PEM), and not those of this machine
    #[arg(long, value_name = "FILE", requires = "queue")]
    tls_ca: Option<PathBuf>,

    /// With rediss://: show the server the certificate in FILE (PEM)
    #[arg(long, value_name = "FILE", requires_all = ["queue", "tls_key"])]
    tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert (PEM)
    #[arg(long, value_name = "FILE", requires_all = ["queue", "tls_cert"])]
    tls_key: Option<PathBuf>,

    /// Use redis:// to another machine although everyone on the way can read and change what is sent
    #[arg(long, requires = "queue")]
    plaintext: bool,
}

impl QueueLogin {
    /// Describes the server of a URL and a run.
    ///
    /// # Errors
    /// [`UsageError`]: a file can't be read, the URL is exposed, or the options do not fit it.
    pub(super) fn server(
        &self,
        url: &QueueUrl,
        run: &RunName,
        signed: bool,
    ) -> Result<QueueServer, UsageError> {
        url.check_exposure(signed, self.plaintext)
            .map_err(|error| UsageError(error.to_string()))?;
        let files = [&self.tls_ca, &self.tls_cert, &self.tls_key];
        let tls = TlsFiles {
            ca: contents(self.tls_ca.as_deref())?,
            cert: contents(self.tls_cert.as_deref())?,
            key: contents(self.tls_key.as_deref())?,
        };
        if !url.is_tls() && files.iter().any(|file| file.is_some()) {
            return Err(UsageError(format!(
                "{url}: certificates are for rediss:// only, and this is not encrypted"
            )));
        }
        let password = self.password()?;
        let server = match url.is_tls() {
            false => QueueServer::new(url, run, password.as_deref()),
            true => QueueServer::with_tls(url, run, password.as_deref(), &tls),
        };
        server.map_err(|error| UsageError(format!("{url}: {error}")))
    }

    fn password(&self) -> Result<Option<String>, UsageError> {
        let Some(path) = &self.auth_file else {
            return Ok(std::env::var(PASSWORD)
                .ok()
                .filter(|password| !password.is_empty()));
        };
        let wrong = |what: &str| UsageError(format!("{}: {what}", message::display_name(path.as_os_str())));
        let bytes = contents(Some(path))?.unwrap_or_default();
        let text = String::from_utf8(bytes).map_err(|_| wrong("the password is not valid UTF-8"))?;
        match text.lines().next() {
            None | Some("") => Err(wrong("its first line, the password, is empty")),
            Some(password) => Ok(Some(password.to_owned())),
        }
    }
}

fn unreadable(path: &Path, cause: &std::io::Error) -> UsageError {
    let name = message::display_name(path.as_os_str());
    UsageError(format!("{name}: {}", message::cause(cause)))
}

/// Reads a small file, if one is named.
fn contents(path: Option<&Path>) -> Result<Option<Vec<u8>>, UsageError> {
    use std::io::Read as _;
    let Some(path) = path else { return Ok(None) };
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST_FILE).read_to_end(&mut bytes));
    read.map_err(|cause| unreadable(path, &cause))?;
    Ok(Some(bytes))
}
