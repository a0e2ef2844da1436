//! Which worker was at what, when: a lane for each worker, or for several next to one another where there are many.
//!
//! A few thousand jobs are drawn one by one; more are shown by how busy a lane was, so that the page stays small.

use super::chart::{Chart, LEFT, WIDTH};
use super::facts::{Outcome, RunFacts, Span};
use super::html::shortened;
use super::units;
use std::fmt::Write as _;

/// How many lanes are drawn at most.
const MOST: usize = 48;
/// How many steps of time a lane has when jobs are not drawn one by one.
const STEPS: usize = 468;
/// The shades of how busy a lane is.
const SHADES: [&str; 4] = ["busy1", "busy2", "busy3", "busy4"];
/// How long a name may be in a note, in characters.
const NAME: usize = 80;

/// Returns the chart.
pub(super) fn lanes(facts: &RunFacts) -> String {
    let lanes = facts.lanes.clamp(1, MOST);
    let height = match lanes {
        ..=16 => 18.0,
        17..=32 => 12.0,
        _ => 8.0,
    };
    let mut chart = Chart::new("lanes", height * lanes as f64, "What each worker did when");
    for lane in 0..lanes {
        let y = height * lane as f64;
        chart.bar("lane", [LEFT, y, WIDTH, height - 2.0], "");
        if lane == 0 || (lane + 1) % lanes.div_ceil(16) == 0 {
            chart.text(
                LEFT - 6.0,
                y + height * 0.75,
                "end",
                &(lane * facts.lanes / lanes + 1).to_string(),
            );
        }
    }
    chart.time_scale(facts.wall());
    let of = |span: &Span| span.lane * lanes / facts.lanes.max(1);
    if facts.names.is_empty() {
        draw_shades(&mut chart, facts, lanes, height, of);
    } else {
        draw_jobs(&mut chart, facts, height, of);
    }
    chart.finish()
}

fn draw_jobs(chart: &mut Chart, facts: &RunFacts, height: f64, lane: impl Fn(&Span) -> usize) {
    let ((start, _), scale) = (facts.bounds(), WIDTH / facts.wall());
    for span in &facts.spans {
        let name = facts.names.get(span.index).map_or("", String::as_str);
        let note = format!("{}: {}", shortened(name, NAME), units::duration(span.seconds()));
        let x = LEFT + (span.start - start) * scale;
        let width = (span.seconds() * scale).max(0.4);
        let class = match span.outcome {
            Outcome::Done => "job done",
            Outcome::Failed => "job failed",
        };
        chart.bar(class, [x, height * lane(span) as f64, width, height - 2.0], &note);
    }
}

fn draw_shades(
    chart: &mut Chart,
    facts: &RunFacts,
    lanes: usize,
    height: f64,
    lane: impl Fn(&Span) -> usize,
) {
    let ((start, _), wall) = (facts.bounds(), facts.wall());
    let step = wall / STEPS as f64;
    let mut busy = vec![[0_f32; STEPS]; lanes];
    let mut failed = vec![[false; STEPS]; lanes];
    let place = |at: f64| (((at - start) / step).max(0.0) as usize).min(STEPS - 1);
    for span in &facts.spans {
        let (from, to, row) = (place(span.start), place(span.end), lane(span));
        for at in from..=to {
            let begin = start + at as f64 * step;
            let covered = span.end.min(begin + step) - span.start.max(begin);
            busy[row][at] += (covered.max(0.0) / step) as f32;
            failed[row][at] |= span.outcome == Outcome::Failed;
        }
    }
    // A drawn lane may stand for several workers.
    let full = (facts.lanes as f32 / lanes as f32).max(1.0);
    let shade = |share: f32| match share / full {
        ..0.02 => None,
        share => Some(((share * 4.0).ceil() as usize).clamp(1, 4) - 1),
    };
    let mut paths = [const { String::new() }; 4];
    let mut red = String::new();
    for (row, (busy, failed)) in busy.iter().zip(&failed).enumerate() {
        let y = height * row as f64;
        runs(busy.iter().map(|share| shade(*share)), |shade, from, to| {
            rectangle(&mut paths[shade], from, to, y, height - 2.0);
        });
        runs(
            failed.iter().map(|failed| failed.then_some(())),
            |(), from, to| {
                rectangle(&mut red, from, to, y + height * 0.55, height * 0.45 - 2.0);
            },
        );
    }
    for (class, path) in SHADES.iter().zip(&paths) {
        chart.path(class, path);
    }
    chart.path("failed", &red);
}

/// Calls `each` with every run of equal values, and where it begins and ends.
fn runs<T: PartialEq + Copy>(values: impl Iterator<Item = Option<T>>, mut each: impl FnMut(T, usize, usize)) {
    let mut current: Option<(T, usize)> = None;
    for (at, value) in values.chain([None]).enumerate() {
        if let Some((before, from)) = current
            && value != Some(before)
        {
            each(before, from, at);
            current = None;
        }
        if let (Some(value), None) = (value, &current) {
            current = Some((value, at));
        }
    }
}

fn rectangle(path: &mut String, from: usize, to: usize, y: f64, height: f64) {
    let scale = WIDTH / STEPS as f64;
    let (x, width) = (LEFT + from as f64 * scale, (to - from) as f64 * scale);
    let _ = write!(path, "M{x:.0} {y:.1}h{width:.0}v{height:.1}h-{width:.0}z");
}
