//! A Redis server of a test's own, on a socket in the test's directory, and a proxy that loses replies.

use super::deadline::until;
use super::tools::has;
use fanfold::queue::{QueueConnection, QueueServer, QueueUrl, RunName};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A server in a directory of its own. It is ended with the test.
pub struct Redis {
    dir: tempfile::TempDir,
    child: Option<Child>,
    options: Vec<String>,
}

/// Whether a server can be started. The test is skipped otherwise.
#[track_caller]
pub fn has_redis() -> bool {
    has("redis-server")
}

impl Redis {
    /// Starts a server that keeps nothing on disk.
    pub fn start() -> Redis {
        Redis::with(&["--appendonly", "no"])
    }

    /// Starts a server that writes each change to its log, so that it forgets nothing when it is killed.
    pub fn start_with_log() -> Redis {
        Redis::with(&[
            "--appendonly",
            "yes",
            "--appendfsync",
            "everysec",
            "--auto-aof-rewrite-percentage",
            "0",
        ])
    }

    /// Starts a server with these options.
    pub fn with(options: &[&str]) -> Redis {
        let mut redis = Redis {
            dir: tempfile::tempdir().expect("a temporary directory"),
            child: None,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
        };
        redis.restart();
        redis
    }

    /// Returns a path in the server's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Returns the URL of a run.
    pub fn url(&self, run: &str) -> String {
        format!("redis+unix://{}#{run}", self.path("s").display())
    }

    /// Ends the server as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts the server again, and waits until it has read its data.
    pub fn restart(&mut self) {
        self.kill();
        let _ = fs::remove_file(self.path("s"));
        let log = fs::File::create(self.path("server.log")).expect("a file");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--maxmemory-policy", "noeviction"])
            .args(["--unixsocketperm", "700", "--dir"])
            .arg(self.dir.path())
            .arg("--unixsocket")
            .arg(self.path("s"))
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(log)
            .spawn();
        self.child = Some(child.expect("redis-server"));
        until("a server that answers", || self.ping());
    }

    fn ping(&self) -> bool {
        let Ok(mut stream) = UnixStream::connect(self.path("s")) else {
            return false;
        };
        let mut reply = [0; 5];
        let sent = stream.write_all(b"PING\r\n");
        // A server that asks for a password answers, too.
        sent.and_then(|()| stream.read_exact(&mut reply)).is_ok()
            && (&reply == b"+PONG" || &reply == b"-NOAU")
    }

    /// Returns the log to which the server appends now.
    pub fn log(&self) -> PathBuf {
        let entries = fs::read_dir(self.path("appendonlydir")).expect("a log is kept");
        let logs = entries.flatten().map(|entry| entry.path());
        let mut logs: Vec<_> = logs
            .filter(|path| path.to_string_lossy().ends_with(".incr.aof"))
            .collect();
        logs.sort_by_key(|path| fs::metadata(path).and_then(|meta| meta.modified()).ok());
        logs.pop().expect("a log is kept")
    }

    /// Cuts the last bytes off the log, as a crash may.
    pub fn tear_log(&self, bytes: u64) {
        let file = fs::File::options().write(true).open(self.log()).expect("a file");
        let length = file.metadata().expect("a file").len();
        file.set_len(length.saturating_sub(bytes)).expect("it is ours");
    }

    /// Describes the server for a run.
    pub fn server(&self, run: &str) -> QueueServer {
        server_at(&self.path("s"), run)
    }

    /// Connects to a run.
    pub fn connect(&self, run: &str) -> QueueConnection {
        self.server(run).connect().expect("the server answers")
    }

    /// Sends a command as the administrator, and returns the reply as it is shown.
    pub fn admin(&self, words: &[&str]) -> String {
        let client = ::redis::Client::open(url_of(&self.path("s"))).expect("a URL");
        let mut connection = client.get_connection().expect("the server answers");
        let mut command = ::redis::cmd(words[0]);
        command.arg(&words[1..]);
        match command.query::<::redis::Value>(&mut connection) {
            Ok(value) => format!("{value:?}"),
            Err(error) => format!("error: {error}"),
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn url_of(socket: &Path) -> String {
    format!("redis+unix://{}", socket.display())
}

fn server_at(socket: &Path, run: &str) -> QueueServer {
    let url = QueueUrl::parse(&url_of(socket)).expect("a URL");
    let run = RunName::new(run).expect("a name");
    QueueServer::new(&url, &run, None).expect("a server")
}

/// A proxy before a server. While it is told to, it passes a request on and ends the connection in place of the reply.
pub struct LossyProxy {
    socket: PathBuf,
    loses: Arc<AtomicBool>,
}

impl LossyProxy {
    /// Starts a proxy. Its threads end with the connections and the test.
    pub fn start(redis: &Redis) -> LossyProxy {
        let (socket, server) = (redis.path("proxy"), redis.path("s"));
        let listener = UnixListener::bind(&socket).expect("a socket");
        let loses = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&loses);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (server, told) = (server.clone(), Arc::clone(&told));
                std::thread::spawn(move || forward(client, &server, &told));
            }
        });
        LossyProxy { socket, loses }
    }

    /// Describes the server behind the proxy for a run.
    pub fn server(&self, run: &str) -> QueueServer {
        server_at(&self.socket, run)
    }

    /// Loses the next reply, or no more.
    pub fn lose_replies(&self, loses: bool) {
        self.loses.store(loses, Ordering::SeqCst);
    }
}

/// Carries requests and replies between both until one of them ends, or a reply is to be lost.
fn forward(mut client: UnixStream, server: &Path, loses: &AtomicBool) {
    let Ok(mut upstream) = UnixStream::connect(server) else {
        return;
    };
    let (Ok(mut requests), Ok(mut to)) = (client.try_clone(), upstream.try_clone()) else {
        return;
    };
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut requests, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
    let mut block = vec![0; 1 << 16];
    while let Ok(n @ 1..) = upstream.read(&mut block) {
        // The reply is here, so the request was carried out.
        if loses.load(Ordering::SeqCst) || client.write_all(&block[..n]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(std::net::Shutdown::Both);
    let _ = upstream.shutdown(std::net::Shutdown::Both);
}
