//! How long jobs took: how many of each duration, on a logarithmic scale.

use super::chart::{Chart, LEFT, WIDTH};
use super::facts::{Outcome, RunFacts};
use super::units;

const HEIGHT: f64 = 110.0;
/// How many bars a power of ten has.
const PARTS: f64 = 5.0;

/// Returns the chart.
pub(super) fn histogram(facts: &RunFacts) -> String {
    // Shorter than a millisecond is one millisecond.
    let place = |seconds: f64| (seconds.max(0.001).log10() * PARTS).floor() as i64;
    let places = || facts.spans.iter().map(|span| place(span.seconds()));
    let (low, high) = (places().min().unwrap_or(0) - 1, places().max().unwrap_or(0) + 1);
    let bars = usize::try_from(high - low + 1).unwrap_or(1);
    let mut counts = vec![[0_u64; 2]; bars];
    for span in &facts.spans {
        let at = usize::try_from(place(span.seconds()) - low).unwrap_or(0);
        counts[at][usize::from(span.outcome == Outcome::Failed)] += 1;
    }
    let most = counts
        .iter()
        .map(|[done, failed]| done + failed)
        .max()
        .unwrap_or(0)
        .max(1);
    let mut chart = Chart::new("durations", HEIGHT, "How many jobs took how long");
    chart.level(8.0, &units::count(most));
    let width = WIDTH / bars as f64;
    let labelled = bars.div_ceil(9);
    for (at, &[done, failed]) in counts.iter().enumerate() {
        let x = LEFT + width * at as f64;
        // Where there are any, they are seen.
        let height = |count: u64| match count {
            0 => 0.0,
            count => ((HEIGHT - 8.0) * count as f64 / most as f64).max(1.5),
        };
        let exponent = |at: usize| 10_f64.powf((at as i64 + low) as f64 / PARTS);
        let (from, to) = (units::duration(exponent(at)), units::duration(exponent(at + 1)));
        let (upper, lower) = (height(done), height(failed));
        let bar = (width - 1.0).max(0.5);
        if done > 0 {
            let note = format!("{from} to {to}: {} done", units::count(done));
            chart.bar("done", [x, HEIGHT - lower - upper, bar, upper], &note);
        }
        if failed > 0 {
            let note = format!("{from} to {to}: {} failed", units::count(failed));
            chart.bar("failed", [x, HEIGHT - lower, bar, lower], &note);
        }
        if at % labelled == 0 {
            chart.text(x, HEIGHT + 17.0, "start", &from);
        }
    }
    chart.finish()
}
