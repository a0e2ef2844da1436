//! `fanfold queue`: how far a run with a queue is, an end to what is left of one, and a server made ready.

use super::exit_code::ExitCause;
use super::plain_text::print;
use super::queue_login::QueueLogin;
use super::usage_error::UsageError;
use crate::hosts::QueueFailure;
use crate::message;
use crate::queue::{
    QueueConnection, QueueUrl, QueuedJob, Role, RunName, RunStatus, ServerHealth, StatusAnswer, acl_rules,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::time::Duration;

/// The arguments of `fanfold queue`.
#[derive(Debug, Args)]
pub(super) struct QueueCommandArgs {
    #[command(subcommand)]
    action: Action,
}

/// What is done with a queue.
#[derive(Debug, Subcommand)]
enum Action {
    /// Show how far a run is: what is done, by whom, and what is left
    Status {
        #[command(flatten)]
        at: Place,
        /// Print one JSON object, for programs
        #[arg(long)]
        json: bool,
    },
    /// Forget a run, whoever works at it: its leader ends with exit code 5
    Drop(Place),
    /// Make a server ready: load fanfold's functions, and print the users that a leader and workers need
    Init(Place),
}

/// A server, and how to get in.
#[derive(Debug, Args)]
struct Place {
    /// The server, and the run behind #: rediss://USER@HOST:PORT/DB#RUN, redis:// without TLS, redis+unix:///SOCKET#RUN
    #[arg(id = "queue", value_name = "URL")]
    url: String,

    #[command(flatten)]
    login: QueueLogin,
}

/// What a message calls the server.
struct Server {
    shown: String,
    queue: QueueConnection,
}

impl Place {
    /// Connects. `run` stands in for the URL's, where none is needed.
    fn connect(&self, run: Option<&str>) -> anyhow::Result<Server> {
        let wrong = |error| UsageError(format!("{error}"));
        let url = QueueUrl::parse(&self.url).map_err(wrong)?;
        let name = match (&url.run, run) {
            (Some(name), _) => name.clone(),
            (None, Some(name)) => RunName::new(name).map_err(wrong)?,
            (None, None) => {
                let what = "the URL ends with #RUN: which run is meant, as its leader tells";
                return Err(UsageError(format!("{url}: {what}")).into());
            }
        };
        let server = self.login.server(&url, &name, false)?;
        let shown = url.to_string();
        let queue = server
            .connect()
            .map_err(|error| QueueFailure::from_error(&error, &shown))?;
        Ok(Server { shown, queue })
    }
}

pub(super) fn main(args: &QueueCommandArgs) -> anyhow::Result<ExitCause> {
    match &args.action {
        Action::Status { at, json } => status(at, *json),
        Action::Drop(at) => forget(at),
        Action::Init(at) => init(at),
    }
}

fn status(at: &Place, as_json: bool) -> anyhow::Result<ExitCause> {
    let mut server = at.connect(None)?;
    let answer = server.queue.status();
    let status = match answer.map_err(|error| QueueFailure::from_error(&error, &server.shown))? {
        StatusAnswer::Run(status) => status,
        StatusAnswer::Over => {
            message::say(format_args!("{}: this run is over", server.shown));
            return Ok(ExitCause::NoInput);
        }
        StatusAnswer::NoRun => {
            message::say(format_args!("{}: no such run", server.shown));
            return Ok(ExitCause::NoInput);
        }
    };
    let text = match as_json {
        true => format!("{}\n", object(&status)),
        false => text(&status),
    };
    print(text.as_bytes())
}

fn forget(at: &Place) -> anyhow::Result<ExitCause> {
    let mut server = at.connect(None)?;
    let dropped = server.queue.drop_run();
    match dropped.map_err(|error| QueueFailure::from_error(&error, &server.shown))? {
        true => Ok(ExitCause::Success),
        false => {
            message::say(format_args!("{}: no such run", server.shown));
            Ok(ExitCause::NoInput)
        }
    }
}

fn init(at: &Place) -> anyhow::Result<ExitCause> {
    let mut server = at.connect(Some("init"))?;
    let health = server.queue.load_functions().and_then(|()| server.queue.health());
    let health = health.map_err(|error| QueueFailure::from_error(&error, &server.shown))?;
    for concern in concerns(&health) {
        message::note(format_args!("{}: {concern}", server.shown));
    }
    let mut text = String::new();
    for (name, role) in [("fanfold-leader", Role::Leader), ("fanfold-worker", Role::Worker)] {
        let _ = writeln!(text, "ACL SETUSER {name} on >PASSWORD {}", acl_rules(role));
    }
    print(text.as_bytes())
}

/// Returns what whoever runs the server should know.
fn concerns(health: &ServerHealth) -> Vec<String> {
    let mut concerns = Vec::new();
    if let Some(policy) = health
        .eviction
        .as_deref()
        .filter(|policy| *policy != "noeviction")
    {
        concerns.push(format!(
            "with maxmemory-policy {policy} it may drop jobs when its memory is full: CONFIG SET maxmemory-policy noeviction"
        ));
    }
    if health.appends == Some(false) {
        concerns.push("it keeps no log, so runs are lost when it restarts: CONFIG SET appendonly yes".into());
    }
    concerns
}

/// How fast a run is, in jobs a second, and how long the rest will take at this rate.
fn pace(status: &RunStatus) -> (f64, Option<Duration>) {
    let counts = &status.counts;
    let ended = counts.done + counts.dead + counts.forged;
    let rate = ended as f64 / (status.age.max(1) as f64 / 1000.0);
    let left = (rate > 0.0).then(|| Duration::try_from_secs_f64(counts.backlog as f64 / rate).ok());
    (rate, left.flatten())
}

/// Adds up workers by their hosts: how many there are, how many jobs they hold, and how many are done.
fn hosts(status: &RunStatus) -> BTreeMap<&str, (u64, u64, u64)> {
    let mut hosts: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for worker in &status.live {
        let name = worker.name.rsplitn(3, ':').nth(2).unwrap_or(&worker.name);
        let host = hosts.entry(name).or_default();
        host.0 += 1;
        host.1 += worker.held;
    }
    for (name, done) in &status.hosts {
        hosts.entry(name).or_default().2 += done;
    }
    hosts
}

/// Returns what a job that was given up is about.
fn given_up_name(payload: &[u8]) -> Option<String> {
    let job = QueuedJob::parse_unverified(payload).ok()?;
    Some(crate::job::display_names(
        job.inputs.iter().map(|input| input.name()),
    ))
}

fn text(status: &RunStatus) -> String {
    let mut text = String::new();
    let mut line = |label: &str, rest: &dyn Display| {
        let _ = writeln!(text, "{label:11}{rest}");
    };
    let counts = &status.counts;
    let seconds = |ms: u64| humantime::format_duration(Duration::from_secs(ms / 1000));
    match u64::try_from(status.leader_lease) {
        Ok(left) => line(
            "leader",
            &format_args!("{}, for {} at least", status.leader, seconds(left)),
        ),
        Err(_) => line(
            "leader",
            &format_args!(
                "none for {} ({} was the last)",
                seconds(status.leader_lease.unsigned_abs()),
                status.leader
            ),
        ),
    }
    match counts.total {
        Some(total) => line("jobs", &total),
        None => line("jobs", &format_args!("{} so far", counts.enqueued)),
    }
    line("done", &counts.done);
    line("failed", &counts.failed);
    line("given up", &counts.dead);
    for (k, payload) in &status.given_up {
        let name = given_up_name(payload).unwrap_or_else(|| format!("number {k} of the queue"));
        line("", &name);
    }
    if counts.forged > 0 {
        line("forged", &counts.forged);
    }
    line("left", &counts.backlog);
    let (rate, left) = pace(status);
    let left = left.map_or_else(String::new, |left| {
        let left = Duration::from_secs(left.as_secs());
        format!(", {} to go", humantime::format_duration(left))
    });
    line("rate", &format_args!("{rate:.1} jobs/s{left}"));
    line("began", &format_args!("{} ago", seconds(status.age)));
    for (host, (workers, held, done)) in hosts(status) {
        line(
            "host",
            &format_args!("{host}: {done} done, {held} held by {workers} live"),
        );
    }
    text
}

/// Returns the JSON object. src/help/queue-server.md documents its members.
fn object(status: &RunStatus) -> Value {
    let counts = &status.counts;
    let (rate, left) = pace(status);
    let hosts: Vec<_> = hosts(status)
        .into_iter()
        .map(|(host, (workers, held, done))| {
            json!({"host": host, "workers": workers, "held": held, "done": done})
        })
        .collect();
    let given_up: Vec<_> = status
        .given_up
        .iter()
        .map(|(k, payload)| json!({"place": k, "input": given_up_name(payload)}))
        .collect();
    json!({
        "leader": status.leader,
        "led": status.leader_lease >= 0,
        "jobs": counts.enqueued,
        "complete": counts.total.is_some(),
        "done": counts.done,
        "failed": counts.failed,
        "given_up": counts.dead,
        "forged": counts.forged,
        "left": counts.backlog,
        "workers": counts.workers,
        "rate": rate,
        "seconds": status.age as f64 / 1000.0,
        "seconds_left": left.map(|left| left.as_secs_f64()),
        "hosts": hosts,
        "jobs_given_up": given_up,
    })
}
