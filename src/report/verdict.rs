//! What limited the run, in a sentence, with what to do about it.

use super::facts::{Outcome, RunFacts, Span};
use super::html::shortened;
use super::units;

/// The longest name in a sentence, in characters.
const NAME: usize = 90;

/// Returns the sentence.
pub(super) fn verdict(facts: &RunFacts) -> String {
    let Some(longest) = facts
        .spans
        .iter()
        .max_by(|a, b| a.seconds().total_cmp(&b.seconds()))
    else {
        return "No job of this run has ended: what earlier runs did was still right.".into();
    };
    let (wall, lanes) = (facts.wall(), facts.lanes as f64);
    let jobs = facts.spans.len() as u64;
    if jobs == 1 {
        return format!("There was one job. It took {}.", units::duration(wall));
    }
    if longest.seconds() >= wall * 0.5 && lanes > 1.0 {
        return long_job(facts, longest);
    }
    let tail = tail(facts);
    if lanes > 1.0 && tail >= wall * 0.2 {
        return format!(
            "In the last {}, fewer than half of the {} workers had a job: start the largest first (--schedule largest), or cut \
             jobs smaller.",
            units::of(tail, wall),
            facts.lanes
        );
    }
    let busy = units::percent(facts.busy(), wall * lanes);
    let median = median(facts);
    match busy {
        _ if facts.lanes == 1 => format!(
            "One worker did one job after the other for {}: more workers (-j) would do them side by side.",
            units::duration(wall)
        ),
        80.. => format!(
            "The {} workers were busy {busy}% of the time: only more cores or faster jobs would make it shorter.",
            facts.lanes
        ),
        _ if median < 0.02 => format!(
            "The workers were busy {busy}% of the time, and half of the jobs took {} or less: much of the rest is starting them. \
             Give each several inputs (-n, -X), or keep the command running (--pool).",
            units::duration(median)
        ),
        _ => format!(
            "The {} workers were busy {busy}% of the time, and waited for inputs, for output or for memory in the rest.",
            facts.lanes
        ),
    }
}

/// Returns the sentence about a job that took half of the run or more.
fn long_job(facts: &RunFacts, longest: &Span) -> String {
    let wall = facts.wall();
    let name = facts
        .slowest
        .first()
        .map_or(String::new(), |job| format!(" ({})", shortened(&job.name, NAME)));
    let took = units::of(longest.seconds(), wall);
    let begun = longest.start - facts.bounds().0;
    match begun / wall {
        ..0.05 => format!("One job took {took}{name}, though it was among the first: cut it into parts."),
        _ => format!(
            "One job took {took}{name}, and began after {}: start it first (--schedule largest) or cut it.",
            units::duration(begun)
        ),
    }
}

/// Returns for how long, up to the end, fewer than half of the workers had a job.
fn tail(facts: &RunFacts) -> f64 {
    let mut ends: Vec<f64> = vec![f64::NEG_INFINITY; facts.lanes];
    for span in &facts.spans {
        ends[span.lane] = ends[span.lane].max(span.end);
    }
    ends.sort_by(f64::total_cmp);
    // From then on, more than half of them have ended.
    let half = ends.get(facts.lanes / 2).copied().unwrap_or_default();
    facts.bounds().1 - half.max(facts.bounds().0)
}

fn median(facts: &RunFacts) -> f64 {
    let mut seconds: Vec<f64> = facts.spans.iter().map(Span::seconds).collect();
    let middle = seconds.len() / 2;
    *seconds.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Returns the sentence about what failed, if anything did.
pub(super) fn failures(facts: &RunFacts) -> Option<String> {
    if facts.failed == 0 {
        return None;
    }
    let (cause, count) = facts.causes.iter().rev().max_by_key(|(_, count)| **count)?;
    let cause = shortened(cause, NAME);
    let all = units::several(facts.failed as u64, "job");
    let lost: f64 = facts
        .spans
        .iter()
        .filter(|span| span.outcome == Outcome::Failed)
        .map(Span::seconds)
        .sum();
    let share = units::percent(lost, facts.busy());
    let what = match (facts.causes.len(), facts.failed) {
        (_, 1) => format!("1 job failed: {cause}"),
        (1, _) => format!("{all} failed, all for one cause: {cause}"),
        _ => format!(
            "{all} failed, {} of them for one cause: {cause}",
            units::count(*count as u64)
        ),
    };
    Some(match share {
        10.. => format!("{what}. {share}% of the time went there."),
        _ => format!("{what}."),
    })
}

#[cfg(test)]
mod tests {
    use super::super::facts::{Gathering, JobFacts};
    use super::*;

    fn said(jobs: &[(f64, f64)]) -> String {
        let mut gathering = Gathering::default();
        for (at, &(started, seconds)) in jobs.iter().enumerate() {
            gathering.add(JobFacts {
                name: format!("f{at}"),
                outcome: Outcome::Done,
                cause: String::new(),
                started,
                seconds,
                bytes: 0,
                tries: 1,
                slot: None,
                stderr: Vec::new(),
                is_of_run: true,
            });
        }
        verdict(&gathering.finish(|_| {}))
    }

    #[test]
    fn a_long_job_is_to_be_started_first_or_cut() {
        let late = said(&[(0.0, 1020.0), (0.0, 900.0), (1020.0, 2460.0)]);
        assert_eq!(
            late,
            "One job took 41 of 58 minutes (f2), and began after 17 min: start it first (--schedule largest) or cut it."
        );
        let early = said(&[(0.0, 3480.0), (1.0, 60.0), (61.0, 60.0)]);
        assert!(
            early.ends_with("though it was among the first: cut it into parts."),
            "{early}"
        );
    }

    #[test]
    fn a_tail_busy_workers_and_short_jobs_are_told_apart() {
        let mut jobs: Vec<_> = (0..40).map(|at| (f64::from(at / 4), 1.0)).collect();
        assert!(
            said(&jobs).starts_with("The 4 workers were busy 100%"),
            "{}",
            said(&jobs)
        );
        jobs.push((10.0, 4.0));
        assert!(
            said(&jobs).starts_with("In the last 4 of 14 seconds"),
            "{}",
            said(&jobs)
        );
        let short: Vec<_> = (0..40).map(|at| (f64::from(at / 2) * 0.01, 0.003)).collect();
        assert!(said(&short).contains("--pool"), "{}", said(&short));
        let one: Vec<_> = (0..4).map(|at| (f64::from(at), 0.9)).collect();
        assert!(said(&one).contains("-j"), "{}", said(&one));
        assert!(said(&[]).starts_with("No job"));
    }
}
