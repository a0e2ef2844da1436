//! The page: its sections, from the sentence that says it all to the tables.

use super::facts::{DRAWN, JobFacts, Outcome, RunFacts};
use super::html::{Escaped, shortened};
use super::{histogram, lanes, timeline, units, verdict};
use std::cmp::Reverse;
use std::fmt::Write as _;

/// Nothing is fetched and nothing runs: the page is what it holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE: &str = include_str!("page.css");
/// How long a name or a cause may be, in characters.
const NAME: usize = 300;
/// How many causes are listed.
const CAUSES: usize = 20;
/// How many rows of a table are seen at first.
const SEEN: usize = 10;
/// How much of a command line is shown, in characters.
const COMMAND: usize = 2000;

/// Returns the page.
pub(super) fn render(facts: &RunFacts) -> String {
    let mut page = String::new();
    head(&mut page, facts);
    let is_drawn = !facts.spans.is_empty();
    if is_drawn {
        workers(&mut page, facts);
    }
    failures(&mut page, facts);
    slowest(&mut page, facts);
    if is_drawn {
        charts(&mut page, facts);
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn head(page: &mut String, facts: &RunFacts) {
    let title = format!("fanfold: {}", units::several(facts.spans.len() as u64, "job"));
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>fanfold report</h1>\n\
         <p class=\"verdict\">{}</p>\n",
        Escaped(&title),
        Escaped(&verdict::verdict(facts))
    );
    if let Some(failures) = verdict::failures(facts) {
        let _ = writeln!(page, "<p class=\"alarm\">{}</p>", Escaped(&failures));
    }
    tiles(page, facts);
    let label = |(label, value): &(String, String)| format!("{label}: {}", shortened(value, COMMAND));
    let command: Vec<_> = facts.command.iter().map(label).collect();
    let _ = writeln!(
        page,
        "<details><summary class=\"faint\">What was run</summary><pre>{}</pre></details>",
        Escaped(&command.join("\n"))
    );
}

fn tiles(page: &mut String, facts: &RunFacts) {
    let jobs = facts.spans.len() as u64;
    let failed = facts
        .spans
        .iter()
        .filter(|span| span.outcome == Outcome::Failed)
        .count() as u64;
    let bytes: f64 = facts.spans.iter().map(|span| span.bytes as f64).sum();
    let busy = units::percent(facts.busy(), facts.wall() * facts.lanes.max(1) as f64);
    let mut tiles = vec![
        ("jobs", units::count(jobs)),
        ("failed", units::count(failed)),
        (
            "took",
            units::duration(if jobs == 0 { 0.0 } else { facts.wall() }),
        ),
        ("workers", facts.lanes.to_string()),
        ("busy", format!("{busy}%")),
        ("gave", units::bytes(bytes)),
    ];
    if jobs > 0 {
        tiles.push(("began (UTC)", units::clock(facts.bounds().0, "%Y-%m-%d %H:%M:%S")));
    }
    if facts.earlier > 0 {
        tiles.push(("done by earlier runs", units::count(facts.earlier)));
    }
    match facts.left {
        Some(left) if left > 0 => tiles.push(("left", units::count(left))),
        _ => {}
    }
    if !facts.is_ended {
        tiles.push(("state", "not ended: still running, or killed".into()));
    }
    page.push_str("<dl class=\"facts\">\n");
    for (label, value) in tiles {
        let _ = writeln!(page, "<div><dt>{label}</dt><dd>{}</dd></div>", Escaped(&value));
    }
    page.push_str("</dl>\n");
}

fn workers(page: &mut String, facts: &RunFacts) {
    let lanes = lanes::lanes(facts);
    let mut about = match facts.has_slots {
        true => "a lane for each worker".to_owned(),
        false => "each job in the first lane that was free: the file does not say which worker ran it".into(),
    };
    if facts.spans.len() > DRAWN {
        about += "; darker where busier, red where jobs failed";
    }
    let _ = writeln!(page, "<h2>Workers <small>{about}</small></h2>\n{lanes}");
    let _ = writeln!(
        page,
        "<h2>Jobs that ran at a time</h2>\n{}",
        timeline::running(facts)
    );
}

fn charts(page: &mut String, facts: &RunFacts) {
    let (bytes, step) = timeline::bytes(facts);
    let _ = writeln!(
        page,
        "<h2>How long jobs took</h2>\n{}<h2>What jobs gave <small>bytes by {step}, UTC</small></h2>\n{bytes}",
        histogram::histogram(facts)
    );
}

/// Writes a table whose first rows are seen, and the others when they are asked for.
fn table(page: &mut String, heading: &str, rows: &[String]) {
    let (first, rest) = rows.split_at(rows.len().min(SEEN));
    let _ = writeln!(page, "<table>\n<tr>{heading}</tr>\n{}</table>", first.concat());
    if !rest.is_empty() {
        let _ = writeln!(
            page,
            "<details><summary class=\"faint\">{} more</summary><table>\n{}</table></details>",
            rest.len(),
            rest.concat()
        );
    }
}

fn failures(page: &mut String, facts: &RunFacts) {
    if facts.failed == 0 {
        return;
    }
    let _ = writeln!(
        page,
        "<h2>Failures <small>{}</small></h2>",
        units::several(facts.failed as u64, "job")
    );
    let mut causes: Vec<_> = facts.causes.iter().collect();
    causes.sort_by_key(|(cause, count)| (Reverse(**count), *cause));
    page.push_str("<table>\n<tr><th class=\"number\">jobs</th><th>cause</th></tr>\n");
    for (cause, count) in causes.iter().take(CAUSES) {
        let _ = writeln!(
            page,
            "<tr><td class=\"number\">{}</td><td>{}</td></tr>",
            units::count(**count as u64),
            Escaped(&shortened(cause, NAME))
        );
    }
    page.push_str("</table>\n");
    let shown = facts.failures.len();
    if shown < facts.failed {
        let _ = writeln!(page, "<p class=\"faint\">The first {shown} of them:</p>");
    }
    let heading = "<th>job</th><th>cause</th><th class=\"number\">tries</th><th class=\"number\">took</th>";
    let row = |job: &JobFacts| {
        format!(
            "<tr><td class=\"name\">{}</td><td>{}{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
            Escaped(&shortened(&job.name, NAME)),
            Escaped(&shortened(&job.cause, NAME)),
            stderr(job),
            job.tries,
            units::duration(job.seconds)
        )
    };
    table(page, heading, &facts.failures.iter().map(row).collect::<Vec<_>>());
}

/// Returns the end of what a job wrote to standard error.
fn stderr(job: &JobFacts) -> String {
    match job.stderr.trim_ascii() {
        b"" => String::new(),
        bytes => format!("<pre>{}</pre>", Escaped(&String::from_utf8_lossy(bytes))),
    }
}

fn slowest(page: &mut String, facts: &RunFacts) {
    let Some(most) = facts.slowest.first().map(|job| job.seconds.max(1e-6)) else {
        return;
    };
    page.push_str("<h2>Slowest jobs</h2>\n");
    let heading = "<th class=\"number\">took</th><th></th><th>job</th><th class=\"number\">began after</th>\
                   <th class=\"number\">tries</th><th class=\"number\">gave</th>";
    let row = |job: &JobFacts| {
        let (class, end) = match job.outcome {
            Outcome::Done => ("done", ""),
            Outcome::Failed => ("failed", " <span class=\"bad\">failed</span>"),
        };
        format!(
            "<tr><td class=\"number\">{}</td><td class=\"length\"><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" \
             aria-hidden=\"true\"><rect class=\"{class}\" width=\"{:.1}\" height=\"8\"/></svg></td>\
             <td class=\"name\">{}{end}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
            units::duration(job.seconds),
            100.0 * job.seconds / most,
            Escaped(&shortened(&job.name, NAME)),
            units::duration(job.started - facts.bounds().0),
            job.tries,
            units::bytes(job.bytes as f64)
        )
    };
    table(page, heading, &facts.slowest.iter().map(row).collect::<Vec<_>>());
}
