//! The frame that all charts share: 1000 units wide, with a scale of time or of numbers.
//!
//! It does not know what is drawn in it.

use super::html::Escaped;
use super::units;
use std::fmt::Write as _;

/// The left edge of what is drawn: before it stand labels.
pub(super) const LEFT: f64 = 56.0;
/// Its right edge.
pub(super) const RIGHT: f64 = 992.0;
pub(super) const WIDTH: f64 = RIGHT - LEFT;

/// A chart in the making.
pub(super) struct Chart {
    svg: String,
    height: f64,
}

impl Chart {
    /// Begins a chart of this height, whose `label` says what it shows to those who can't see it.
    pub(super) fn new(id: &str, height: f64, label: &str) -> Self {
        let svg = format!(
            "<svg id=\"{id}\" viewBox=\"0 0 1000 {:.0}\" role=\"img\" aria-label=\"{}\">\n",
            height + 22.0,
            Escaped(label)
        );
        Chart { svg, height }
    }

    /// Draws a rectangle, with a note that is shown where the pointer rests on it.
    pub(super) fn bar(&mut self, class: &str, [x, y, width, height]: [f64; 4], note: &str) {
        let _ = write!(
            self.svg,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\""
        );
        let _ = match note {
            "" => writeln!(self.svg, "/>"),
            note => writeln!(self.svg, "><title>{}</title></rect>", Escaped(note)),
        };
    }

    /// Draws a path.
    pub(super) fn path(&mut self, class: &str, path: &str) {
        if !path.is_empty() {
            let _ = writeln!(self.svg, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }

    /// Writes a label: `anchor` is start, middle or end.
    pub(super) fn text(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        let _ = writeln!(
            self.svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            Escaped(text)
        );
    }

    /// Draws the scale of a run that took so long, in round steps from its beginning.
    pub(super) fn time_scale(&mut self, wall: f64) {
        let step = round_step(wall / 8.0);
        let mut at = 0.0;
        while at <= wall * 1.0001 {
            let x = LEFT + WIDTH * at / wall;
            let path = format!("M{x:.1} 0v{:.0}", self.height + 4.0);
            self.path("grid", &path);
            let anchor = if x > RIGHT - 30.0 { "end" } else { "middle" };
            self.text(x, self.height + 17.0, anchor, &scale_label(at, step));
            at += step;
        }
    }

    /// Draws a line for a number on the left scale.
    pub(super) fn level(&mut self, y: f64, label: &str) {
        self.path("grid", &format!("M{LEFT} {y:.1}h{WIDTH}"));
        self.text(LEFT - 6.0, y + 4.0, "end", label);
    }

    pub(super) fn finish(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }
}

/// Returns a round duration that is at least this, in seconds.
pub(super) fn round_step(least: f64) -> f64 {
    const MINUTES: [f64; 15] = [
        60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0,
        172_800.0, 345_600.0, 604_800.0,
    ];
    let tens = 10_f64.powf(least.max(1e-6).log10().floor());
    let decimal = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * tens);
    let mut all = decimal.into_iter().filter(|step| *step < 60.0).chain(MINUTES);
    all.find(|step| *step >= least * 0.9999).unwrap_or(least)
}

fn scale_label(at: f64, step: f64) -> String {
    match step {
        _ if at == 0.0 => "0".into(),
        ..0.9 => units::duration(at),
        ..59.0 => format!("{at:.0} s"),
        ..3599.0 => format!("{:.0} min", at / 60.0),
        ..86_399.0 => format!("{:.0} h", at / 3600.0),
        _ => format!("{:.0} d", at / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        let steps = [0.0012, 0.3, 1.0, 7.0, 31.0, 61.0, 500.0, 5000.0, 1e5].map(round_step);
        assert_eq!(
            steps.map(|step| (step * 1000.0).round()),
            [2.0, 500.0, 1e3, 1e4, 5e4, 12e4, 6e5, 72e5, 1728e5]
        );
    }
}
