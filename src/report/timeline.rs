//! What happened when: how many jobs ran, and how many bytes they gave, in equal steps of time.
//!
//! It does not know workers.

use super::chart::{Chart, LEFT, RIGHT, WIDTH, round_step};
use super::facts::{RunFacts, Span};
use super::units;
use std::fmt::Write as _;

/// How many steps the number of running jobs is drawn in.
const STEPS: usize = 234;
/// How many bars the bytes are drawn in at most.
const BARS: f64 = 60.0;
const HEIGHT: f64 = 110.0;

/// Adds `amount` to the steps that a span covers, in proportion. Times count from the first step; `step` is its length.
fn spread(steps: &mut [f64], [start, end]: [f64; 2], step: f64, amount: f64) {
    let last = steps.len() - 1;
    let place = |at: f64| ((at / step).max(0.0) as usize).min(last);
    let (from, to) = (place(start), place(end));
    if from == to || end - start < 1e-9 {
        steps[from] += amount;
        return;
    }
    for (at, value) in (from..).zip(&mut steps[from..=to]) {
        let (begin, until) = (at as f64 * step, (at + 1) as f64 * step);
        let covered = end.min(until) - start.max(begin);
        *value += amount * covered.max(0.0) / (end - start);
    }
}

/// Returns the chart of how many jobs ran at a time.
pub(super) fn running(facts: &RunFacts) -> String {
    let ((start, _), wall) = (facts.bounds(), facts.wall());
    let step = wall / STEPS as f64;
    let mut steps = vec![0.0; STEPS];
    for span in &facts.spans {
        spread(
            &mut steps,
            [span.start - start, span.end - start],
            step,
            span.seconds() / step,
        );
    }
    let most = facts.lanes.max(1) as f64;
    let mut chart = Chart::new("running", HEIGHT, "How many jobs ran at a time");
    chart.time_scale(wall);
    for share in [0.5, 1.0] {
        let number = most * share;
        if number.fract() == 0.0 {
            chart.level(HEIGHT - (HEIGHT - 8.0) * share, &format!("{number:.0}"));
        }
    }
    let width = WIDTH / STEPS as f64;
    let mut path = format!("M{LEFT} {HEIGHT}");
    for value in steps {
        let y = HEIGHT - (HEIGHT - 8.0) * (value / most).min(1.0);
        let _ = write!(path, "V{y:.1}h{width:.2}");
    }
    let _ = write!(path, "V{HEIGHT}z");
    chart.path("done", &path);
    chart.finish()
}

/// Returns the chart of the bytes that jobs gave, and what its bars are: `an hour`.
pub(super) fn bytes(facts: &RunFacts) -> (String, String) {
    let ((first, _), wall) = (facts.bounds(), facts.wall());
    let step = round_step((wall / BARS).max(0.001));
    // Runs of hours have bars of whole hours or days where that is not too fine to be seen.
    let step = if (7200.0..=BARS * 3600.0).contains(&wall) {
        3600.0
    } else {
        step
    };
    let start = (first / step).floor() * step;
    let count = ((first + wall - start) / step).ceil().max(1.0) as usize;
    let mut steps = vec![0.0; count];
    let give = |steps: &mut [f64], span: &Span| {
        spread(
            steps,
            [span.start - start, span.end - start],
            step,
            span.bytes as f64,
        );
    };
    facts.spans.iter().for_each(|span| give(&mut steps, span));
    let most = steps.iter().copied().fold(1.0, f64::max);
    let name = match step {
        3600.0 => "hour".into(),
        60.0 => "minute".into(),
        1.0 => "second".into(),
        step => units::duration(step),
    };
    let mut chart = Chart::new("bytes", HEIGHT, "How many bytes jobs gave, by time");
    chart.level(8.0, &units::bytes(most));
    let width = WIDTH / count as f64;
    let pattern = match step {
        86_400.0.. => "%m-%d",
        60.0.. => "%H:%M",
        1.0.. => "%H:%M:%S",
        _ => "%M:%S%.3f",
    };
    let labelled = count.div_ceil(8);
    for (at, value) in steps.iter().enumerate() {
        let (x, height) = (LEFT + width * at as f64, (HEIGHT - 8.0) * value / most);
        let clock = units::clock(start + step * at as f64, pattern);
        let note = format!("{clock}: {}", units::bytes(*value));
        chart.bar(
            "done",
            [x, HEIGHT - height, (width - 1.0).max(0.5), height],
            &note,
        );
        if at % labelled == 0 {
            chart.text(
                x,
                HEIGHT + 17.0,
                if x > RIGHT - 60.0 { "end" } else { "start" },
                &clock,
            );
        }
    }
    (chart.finish(), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_spread_over_the_steps_that_it_covers() {
        let mut steps = [0.0; 4];
        spread(&mut steps, [5.0, 25.0], 10.0, 20.0);
        assert_eq!(steps, [5.0, 10.0, 5.0, 0.0]);
        spread(&mut steps, [39.0, 40.0], 10.0, 1.0);
        spread(&mut steps, [30.0, 30.0], 10.0, 7.0);
        assert_eq!(steps, [5.0, 10.0, 5.0, 8.0]);
    }
}
